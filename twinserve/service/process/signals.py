"""What each signal means to a server: alike at both doors, with one worker or several.

TERM, INT and QUIT stop it: what was accepted is answered, and the exit code is 0. A second INT or QUIT, as of somebody
who presses Ctrl-C twice, ends it at once. HUP, USR1, USR2, TTIN and TTOU, by which other servers load anew, reopen
files or change the number of workers, change nothing here, and say so: one of them by mistake must lose no request.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

from twinserve.service.telemetry.logs import log

STOP: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
URGENT: Final = (signal.SIGINT, signal.SIGQUIT)
"""Those whose second one ends a server at once."""
IGNORED: Final = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU)
Handler = Callable[[int, FrameType | None], object]


def meet(stop: Handler) -> None:
    """Have this called for each signal that stops, and ignore those that mean nothing."""
    for number in STOP:
        signal.signal(number, stop)
    ignore_others()


def ignore_others() -> None:
    """Ignore what means nothing here, aloud."""
    for number in IGNORED:
        signal.signal(number, lambda number, _: ignored(number))


def ignored(number: int) -> None:
    """One line for a signal that changes nothing."""
    reason = "A retrained model is followed without it; settings are read at a start."
    log.warning("signal ignored", signal=signal.Signals(number).name, reason=reason)


class Urgency:
    """Knows how often somebody wanted an end at once."""

    def __init__(self) -> None:
        self._asked = 0

    def is_final(self, number: int) -> bool:
        """Is this the second of those signals that say so?"""
        self._asked += number in URGENT
        return self._asked > 1 and number in URGENT


def leave_at_once(number: int) -> NoReturn:
    """End as a process does that a signal ends."""
    leave(128 + number)


def leave(code: int) -> NoReturn:
    """End this process with this code, after what was registered for its end. The interpreter's own end stops every
    thread at its next step: one that is opening a version, in a library's own code, would take the process along with
    SIGABRT."""
    atexit._run_exitfuncs()  # The only way to run them and not the rest.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

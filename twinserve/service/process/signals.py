"""What each signal does to a server: the same at both doors, with one worker or several.

TERM, INT and QUIT stop it: accepted requests are answered, and the exit code is 0. A second INT or QUIT, as from
pressing Ctrl-C twice, ends it at once. HUP, USR1, USR2, TTIN and TTOU, by which other servers reload, reopen files or
change the number of workers, are ignored and logged, so that sending one by mistake loses no request.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final, NoReturn

from twinserve.service.telemetry.logs import log

STOP: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
URGENT: Final = (signal.SIGINT, signal.SIGQUIT)
"""Signals that end a server at once when they come a second time."""
IGNORED: Final = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU)
Handler = Callable[[int, FrameType | None], object]


def install(stop: Handler) -> None:
    """Install `stop` as the handler of each signal that stops a server, and ignore the others."""
    for number in STOP:
        signal.signal(number, stop)
    ignore_others()


def ignore_others() -> None:
    """Ignore the signals of `IGNORED`, and log each of them."""
    for number in IGNORED:
        signal.signal(number, lambda number, _: ignored(number))


def ignored(number: int) -> None:
    """Log a signal that was ignored."""
    reason = "Servers follow a retrained model without a signal; settings are read at start."
    log.warning("signal ignored", signal=signal.Signals(number).name, reason=reason)


class Urgency:
    """Counts the signals of `URGENT`."""

    def __init__(self) -> None:
        self._count = 0

    def is_final(self, number: int) -> bool:
        """Count a signal: is it the second urgent one?"""
        self._count += number in URGENT
        return self._count > 1 and number in URGENT


def leave_at_once(number: int) -> NoReturn:
    """End this process with the exit code of a process that this signal ended."""
    leave(128 + number)


def leave(code: int) -> NoReturn:
    """End this process with this exit code, after the handlers that `atexit` has. A normal exit of the interpreter
    would stop every thread at its next step in Python, and one that opens a version inside a library's own code would
    crash the process (SIGABRT)."""
    atexit._run_exitfuncs()  # There is no public function that runs only these.
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # It was closed, or nobody reads it, or its disk is full.
            stream.flush()
    os._exit(code)

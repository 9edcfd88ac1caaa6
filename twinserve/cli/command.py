"""`Command`: a verb's parser and its function. `guarded`: exit codes and sentences for whatever a verb raises."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

from twinserve.service.process.streams import open_closed

FAILURE: Final = 1
USAGE: Final = 2
HELD_BACK: Final = 3


@dataclass(frozen=True)
class Command:
    """A verb of the command line."""

    parser: argparse.ArgumentParser
    run: Callable[[argparse.Namespace], int]
    """Does it, with the options that the parser read; returns the exit code."""

    def main(self, arguments: Sequence[str]) -> int:
        """Parse and run; returns the exit code, after one sentence on standard error where it is not 0."""
        prepare_streams()
        options = self.parser.parse_args(arguments)
        program = self.parser.prog.partition(" ")[0]  # Without the verb.
        return guarded(program, lambda: self.run(options))


def prepare_streams() -> None:
    """Open closed standard streams on /dev/null, and escape what the encoding of standard output cannot hold."""
    open_closed()
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


class ReportLost(Exception):
    """The work is done, and its report could not be written to standard output."""


def guarded(program: str, work: Callable[[], int], changed: Callable[[], str] = lambda: "nothing was changed") -> int:
    """The exit code of `work`, or of what it raised: 2 for `AskedWrongly`, 1 for every other error and for a signal.

    `changed` says what has been changed so far, for the sentence of an interruption."""
    from twinserve.errors import AskedWrongly, ModelError

    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # Not where a shell has it ignored.
        signal.signal(signal.SIGINT, _interrupt)
    try:
        return work()
    except AskedWrongly as error:
        return fail(program, str(error), USAGE)
    except (ModelError, ReportLost) as error:
        return fail(program, str(error))
    except OSError as error:
        return fail(program, f"{error.strerror or error}: {error.filename or 'the store'}; {changed()}.")
    except KeyboardInterrupt:
        _arrived.clear()
        return fail(program, f"Interrupted; {changed()}.")


@contextmanager
def reporting(done: str) -> Iterator[None]:
    """Print in here: a full disk or a closed pipe raises `ReportLost` with `done`, which describes what was done."""
    try:
        yield
        print(end="", flush=True)  # noqa: T201  # Now, not when Python ends.
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # What is left must not fail once more.
        raise ReportLost(f"Standard output cannot be written to ({error.strerror}); {done}.") from None


def fail(program: str, sentence: str, code: int = FAILURE) -> int:
    """Say why on standard error, with the control characters of names in it escaped; returns the code."""
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in sentence)
    sys.stderr.write(f"{program}: {shown}\n")
    return code


_arrived: Final[list[int]] = []
"""The signals that asked for an end."""


def end_if_asked() -> None:
    """End here after a signal whose exception Python dropped, as it does in a weak reference's callback."""
    if _arrived:
        raise KeyboardInterrupt


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _arrived.append(number)
    raise KeyboardInterrupt

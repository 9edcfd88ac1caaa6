"""The steps of a training that takes long, on standard error: one line that changes, or a line for each step."""

from __future__ import annotations

import sys
from threading import Lock, Timer
from typing import Final, Self, TextIO

PATIENCE: Final = 2.0
"""Seconds in which nothing is shown."""
WIDTH: Final = 78


class ShownSteps:
    """Called with the name of each step as it begins; a context, at whose end the line is cleared."""

    def __init__(self, stream: TextIO | None = None, patience: float = PATIENCE) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._changes = "ipykernel" in sys.modules or (self._stream is not None and self._stream.isatty())
        self._timer = Timer(patience, self._begin)
        self._timer.daemon = True
        self._lock = Lock()
        self._step, self._shown, self._ended = "starting", False, False

    def __enter__(self) -> Self:
        """Start to wait."""
        self._timer.start()
        return self

    def __call__(self, step: str) -> None:
        """Show the step, if the training takes long already."""
        with self._lock:
            self._step = " ".join(step.split())
            if self._shown:
                self._write()

    def __exit__(self, *_: object) -> None:
        """Clear the line."""
        self._timer.cancel()
        with self._lock:
            self._ended = True
            if self._shown and self._changes:
                self._print(f"\r{' ' * WIDTH}\r")

    def _begin(self) -> None:
        with self._lock:
            if not self._ended:
                self._shown = True
                self._write()

    def _write(self) -> None:
        line = f"twinserve: {self._step}"
        if len(line) > WIDTH:
            line = f"{line[: WIDTH - 3]}..."
        self._print(f"\r{line:<{WIDTH}}" if self._changes else f"{line}\n")

    def _print(self, text: str) -> None:
        """A stream that is closed, or cannot write a letter, must not end a training."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except (AttributeError, OSError, ValueError):
            self._shown = False

"""The standard streams of a program that was started with some of them closed."""

from __future__ import annotations

import os
import sys


def open_closed() -> None:
    """Open closed standard streams on /dev/null. Else the next file or connection that is opened would get the number
    of one, and be sent what a library writes to it."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(_on_nothing(number), mode))


def was_closed(name: str) -> bool:
    """Was this stream closed until `open_closed`? Python names those that it opened itself by a text."""
    return isinstance(getattr(getattr(sys, name), "name", None), int)


def _on_nothing(number: int) -> int:
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
    return number

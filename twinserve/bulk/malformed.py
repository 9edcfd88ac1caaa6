"""What is raised for bytes that are no table, or too much of one."""

from __future__ import annotations

from typing import Final

from twinserve.errors import AskedWrongly, ModelError

NAMES: Final = "The names of columns and of time zones must be in UTF-8."


class MalformedTable(ModelError):
    """The bytes are no table of this form; the message says where."""


class TooManyCells(MalformedTable):
    """A table says that it has more cells, or more bytes, than anybody wants to answer."""


class OtherSeparator(MalformedTable, AskedWrongly):
    """The columns of a CSV are separated by what no CSV in bulk has; training finds it, as it reads a whole file."""

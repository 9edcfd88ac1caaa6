"""What is raised for bytes that are no table, or too much of one."""

from __future__ import annotations

from twinserve.errors import ModelError


class MalformedTable(ModelError):
    """The bytes are no table of this form; the message says where."""


class TooManyCells(MalformedTable):
    """A table says that it has more cells, or more bytes, than anybody wants to answer."""

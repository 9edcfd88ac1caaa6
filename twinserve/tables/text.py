"""The text of a file, and the names of its columns."""

from __future__ import annotations

from collections.abc import Sequence

from twinserve.tables.formats import UnreadableTable


def decode(content: bytes) -> str:
    """The text; raises `UnreadableTable` with the line of what is no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableTable(f"not UTF-8 in line {line}; convert the file first.") from None


def require_different(names: Sequence[str]) -> None:
    """Raise `UnreadableTable` if two columns have one name."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnreadableTable(f"Two columns are named {twice[0]!r}; rename one of them.")

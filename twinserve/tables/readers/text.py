"""The text of a file, and the names of its columns."""

from __future__ import annotations

import codecs
import io
from collections.abc import Sequence
from typing import Final

from twinserve.tables.formats import UnreadableTable
from twinserve.tables.readers.other_kinds import advice
from twinserve.tables.source import BLOCK, Open

SAMPLE: Final = 1_000
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def encoding_of(source: Open) -> str:
    """UTF-8, or UTF-16 where the file begins with its byte order mark."""
    with source() as stream:
        return "utf-16" if stream.read(2) in UTF_16 else "utf-8-sig"


def text_of(source: Open) -> io.TextIOWrapper:
    """The text, to be read in pieces, with any end of line as `\\n`."""
    return io.TextIOWrapper(source(), encoding=encoding_of(source))


def beginning(source: Open) -> str:
    """The text of the first megabyte; raises `UnreadableTable` for what is no text."""
    encoding = encoding_of(source)
    with source() as stream:
        content = stream.read(BLOCK)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(content)
    except UnicodeDecodeError:
        raise not_text(source) from None
    begun = text[:SAMPLE]
    if begun.count("\0") * 3 > len(begun):  # Every other byte of Western texts.
        order = "BE" if begun[0] == "\0" else "LE"
        raise UnreadableTable(
            f"it seems to be UTF-16 without a byte order mark; convert the file first: iconv -f UTF-16{order} -t UTF-8."
        )
    return text


def not_text(source: Open, above: int = 0) -> UnreadableTable:
    """The error for a file that is not in its encoding, with the line, or with what it is instead. `above`: lines of
    the file before those of the source."""
    with source() as stream:
        known = advice(stream.read(16))
    if known is not None:
        return UnreadableTable(f"no text: {known}.")
    decoder = codecs.getincrementaldecoder(encoding_of(source))()
    name = "UTF-16" if encoding_of(source) == "utf-16" else "UTF-8"
    number = above
    with source() as stream:
        for line in stream:
            number += 1
            try:
                decoder.decode(line)
            except UnicodeDecodeError:
                break
    how = ", such as by iconv -f WINDOWS-1252 -t UTF-8" * (name == "UTF-8")
    return UnreadableTable(f"not {name} in line {number}; convert the file first{how}.")


def require_different(names: Sequence[str]) -> None:
    """Raise `UnreadableTable` if two columns have one name."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnreadableTable(f"Two columns are named {twice[0]!r}; rename one of them.")

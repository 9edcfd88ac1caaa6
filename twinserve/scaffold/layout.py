"""Layout of Python source as ruff has it: one line where that fits, else one item a line with a trailing comma."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 120
INDENT: Final = "    "


@dataclass(frozen=True)
class Group:
    """A call, a list, a tuple or a dictionary."""

    opening: str
    items: Sequence[tuple[str, Node]]
    """What stands before each item (`name=`, `"key": ` or nothing), and the item."""
    closing: str


@dataclass(frozen=True)
class Text:
    """A string."""

    value: str


Node = str | Group | Text


def call(name: str, *arguments: Node, **keywords: Node) -> Group:
    """A call of a function or a class."""
    return Group(f"{name}(", [*(("", item) for item in arguments), *((f"{k}=", v) for k, v in keywords.items())], ")")


def sequence(opening: str, items: Sequence[Node], closing: str) -> Group:
    """A list or a tuple."""
    return Group(opening, [("", item) for item in items], closing)


def one_line(node: Node) -> str:
    """The node in one line, however long."""
    if isinstance(node, str):
        return node
    if isinstance(node, Text):
        return literal(node.value)
    comma = "," if node.opening == "(" and len(node.items) == 1 else ""
    return node.opening + ", ".join(before + one_line(item) for before, item in node.items) + comma + node.closing


def lines(node: Node, indent: str = "", before: str = "", after: str = "") -> Iterator[str]:
    """The node in as many lines as it needs, between `before` and `after`."""
    line = f"{indent}{before}{one_line(node)}{after}"
    if isinstance(node, str) or width(line) <= WIDTH or (isinstance(node, Group) and not node.items):
        yield line
    elif isinstance(node, Text):
        yield from _long_text(node.value, indent, before, after)
    else:
        yield f"{indent}{before}{node.opening}"
        for name, item in node.items:
            yield from lines(item, indent + INDENT, name, ",")
        yield f"{indent}{node.closing}{after}"


def _long_text(text: str, indent: str, before: str, after: str) -> Iterator[str]:
    """A string over several lines, cut after spaces; in one line where it has none."""
    room = WIDTH - len(indent) - len(INDENT) - 2
    parts, rest = [""], re.findall(r"\S*\s*", text)
    for word in rest:
        if parts[-1] and width(literal(parts[-1] + word)) > room:
            parts.append("")
        parts[-1] += word
    if len(parts) == 1:
        yield f"{indent}{before}{literal(text)}{after}"
        return
    yield f"{indent}{before}("
    yield from (f"{indent}{INDENT}{literal(part)}" for part in parts)
    yield f"{indent}){after}"


def literal(text: str) -> str:
    """A string as ruff writes it: in double quotes, unless that needs more backslashes."""
    escaped = "".join(char if char.isprintable() and char != "\\" else repr(char)[1:-1] for char in text)
    if '"' in text and "'" not in text:
        return f"'{escaped}'"
    return '"' + escaped.replace('"', '\\"') + '"'


def prose(text: str) -> str:
    """Text from a table for a comment or a docstring: nothing in it can end either."""
    return "".join(char if char.isprintable() else " " for char in text).replace("\\", "/").replace('"', "'").strip()


def comment(text: str, indent: str = "", hanging: str = "") -> Iterator[str]:
    """A comment in as many lines as it needs; `hanging` begins the second and each further line."""
    yield from textwrap.wrap(
        prose(text),
        WIDTH - 2,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}# {hanging}",
        break_on_hyphens=False,
    )


def docstring(summary: str, text: str = "", indent: str = "") -> Iterator[str]:
    """A docstring with a summary and a paragraph."""

    def wrapped(paragraph: str, opening: str = "") -> list[str]:
        return textwrap.wrap(
            paragraph,
            WIDTH - 4,
            initial_indent=indent + opening,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )

    first = wrapped(summary, '"""')
    if not text and len(first) == 1:
        yield f'{first[0]}"""'
        return
    yield from first
    if text:
        yield ""
        yield from wrapped(text)
    yield f'{indent}"""'


def width(text: str) -> int:
    """The columns that a text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )

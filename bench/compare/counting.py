"""Count what somebody writes: lines, names and files."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.compare.variants import APPS, Variant

GENERATED: Final = ("manage.py", "settings.py", "wsgi.py")
"""What `django-admin startproject` writes; of these only the lines that end in the mark count."""
WRITTEN: Final = "# Written."
NO_CODE: Final = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


@dataclass(frozen=True)
class Size:
    """The size of some sources."""

    lines: int
    """Lines with code: no blank ones, comments or docstrings."""
    names: int
    """Different names in them: of variables, attributes, arguments, modules."""
    files: int
    generated: int = 0
    """Lines that a command of the framework writes."""


def size_of(variant: Variant) -> Size:
    """What is written for a variant; for a door, the registration of the model, too."""
    files = [*variant.files, *([APPS / "register.py"] if variant.is_door else [])]
    own = [path for path in files if path.name not in GENERATED]
    changed = [line for path in files if path not in own for line in marked(path.read_text())]
    written = size([path.read_text() for path in own])
    generated = sum(len(lines_of(path.read_text())) for path in files if path not in own)
    return Size(
        written.lines + len(changed), written.names + len(changed), len(own) + bool(changed), generated - len(changed)
    )


def size(sources: Iterable[str]) -> Size:
    """The size of sources, each a file."""
    all_sources = list(sources)
    names = {name for source in all_sources for name in names_of(source)}
    return Size(sum(len(lines_of(source)) for source in all_sources), len(names), len(all_sources))


def size_of_file(path: Path) -> Size:
    """The size of one file."""
    return size([path.read_text()])


def marked(source: str) -> list[str]:
    """The lines of a generated file that somebody wrote."""
    return [line for line in source.splitlines() if line.endswith(WRITTEN)]


def lines_of(source: str) -> set[int]:
    """The numbers of the lines that hold code."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = {line for token in tokens if token.type not in NO_CODE for line in range(token.start[0], token.end[0] + 1)}
    return code - {line for first, last in docstrings(source) for line in range(first, last + 1)}


def docstrings(source: str) -> Iterator[tuple[int, int]]:
    """The first and the last line of each text that stands alone."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.end_lineno or node.lineno


def names_of(source: str) -> Iterator[str]:
    """The names in a source."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.ImportFrom(module=str(name)):
                yield name
            case _:
                pass

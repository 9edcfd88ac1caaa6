"""A small document of sections, tables and figures, as Markdown and as one HTML file that needs no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

STYLE: Final = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #24292f; margin: 0 auto; max-width: 64rem; padding: 2rem 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-bottom: .2rem; border-bottom: 1px solid #d8dee4; }
table { border-collapse: collapse; font-size: .9rem; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; vertical-align: top; border-bottom: 1px solid #eef0f2; }
table + table { margin-top: 1rem; }
th { color: #57606a; font-weight: 600; white-space: nowrap; }
td { overflow-wrap: break-word; font-variant-numeric: tabular-nums; }
td:first-child { min-width: 8rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem 2rem; }
figure { margin: 0; break-inside: avoid; }
figure svg { width: 100%; height: auto; max-width: 34rem; }
figcaption { font-size: .85rem; color: #57606a; }
strong { font-weight: 600; }
"""


@dataclass(frozen=True)
class Text:
    """A paragraph; `strong` is printed bold before it."""

    text: str
    strong: str = ""


@dataclass(frozen=True)
class Grid:
    """A table."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """A figure with its caption and the path of its file."""

    path: str
    caption: str
    svg: bytes


Block = Text | Grid | Picture


@dataclass(frozen=True)
class Section:
    """A heading and the blocks below it."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    """A title and its sections; a section without a title opens the document."""

    title: str
    sections: Sequence[Section]

    def markdown(self) -> str:
        """The document as GitHub's Markdown; figures are links to their files."""
        lines = [f"# {_plain(self.title)}", ""]
        for section in self.sections:
            lines += [f"## {_plain(section.title)}", ""] if section.title else []
            for block in section.blocks:
                lines += [*_markdown(block), ""]
        return "\n".join(lines)

    def html(self) -> str:
        """The document as one HTML file; figures are inline SVG."""
        body = "\n".join(line for section in self.sections for line in _section(section))
        return (
            f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
            f"<h1>{escape(self.title)}</h1>\n{body}\n</body>\n</html>\n"
        )


def _markdown(block: Block) -> Iterator[str]:
    match block:
        case Text(text, strong):
            yield f"**{_plain(strong)}** {_plain(text)}" if strong else _plain(text)
        case Picture(path, caption, _):
            yield f"![{_plain(caption)}]({path})"
        case Grid(head, rows):
            for line in (head, ["---"] * len(head), *rows):
                yield "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in line) + " |"


def _plain(text: str) -> str:
    """Text with every character escaped that Markdown would interpret."""
    return re.sub(r"([\\`*<\[]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(text.split()))


def _section(section: Section) -> Iterator[str]:
    if section.title:
        yield f"<h2>{escape(section.title)}</h2>"
    open_figures = False
    for block in section.blocks:
        if isinstance(block, Picture) != open_figures:
            yield '<div class="figures">' if not open_figures else "</div>"
            open_figures = not open_figures
        yield from _html(block)
    if open_figures:
        yield "</div>"


def _html(block: Block) -> Iterator[str]:
    match block:
        case Text(text, strong):
            yield f"<p>{f'<strong>{escape(strong)}</strong> ' if strong else ''}{escape(text)}</p>"
        case Picture(_, caption, svg):
            yield f"<figure>{svg.decode()}<figcaption>{escape(caption)}</figcaption></figure>"
        case Grid(head, rows):
            yield "<table>"
            if any(head):
                yield "<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"
            for row in rows:
                yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            yield "</table>"

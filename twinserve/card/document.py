"""The blocks of a document as GitHub's Markdown, and the document as one HTML file that needs no other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

STYLE: Final = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #24292f; margin: 0 auto; max-width: 64rem; padding: 2rem 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-bottom: .2rem; border-bottom: 1px solid #d8dee4; }
table { border-collapse: collapse; font-size: .9rem; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; vertical-align: top; border-bottom: 1px solid #eef0f2; }
th:empty { padding: 0; border: 0; }
table + table { margin-top: 1rem; }
th { color: #57606a; font-weight: 600; white-space: nowrap; }
td { overflow-wrap: break-word; font-variant-numeric: tabular-nums; }
td:first-child { min-width: 8rem; }
figure { display: inline-block; vertical-align: top; width: min(100%, 30rem); margin: 1rem 1rem 0 0; }
figure svg { width: 100%; height: auto; }
figcaption { font-size: .85rem; color: #57606a; }
strong { font-weight: 600; }
@media print { figure { break-inside: avoid; } }
"""

Figures = Mapping[str, tuple[str, bytes]]
"""By path: caption and SVG."""


def heading(text: str, level: int = 2) -> str:
    """A heading."""
    return f"{'#' * level} {_plain(text)}"


def paragraph(text: str, strong: str = "") -> str:
    """A paragraph; `strong` is printed bold before it."""
    text, strong = _plain(text), _plain(strong)
    if strong:
        return f"**{strong}** {text}"
    return re.sub(r"^(\d*)([#+>.)=-])", r"\1\\\2", text)  # Or it would begin a list, a heading or a quotation.


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; without a header where each of its cells is empty."""
    lines = ([_plain(cell).replace("|", "\\|") for cell in line] for line in (head, *rows))
    first, *others = ("| " + " | ".join(line) + " |" for line in lines)
    return "\n".join([first, "| " + " | ".join(["---"] * len(head)) + " |", *others])


def picture(path: str, caption: str) -> str:
    """A link to the file of a figure."""
    return f"![{_plain(caption)}]({path})"


def html(title: str, markdown: str, figures: Figures) -> str:
    """A document of such blocks as HTML; instead of links to figures it holds their SVG and captions."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("image", _figure)
    tokens = reader.parse(markdown)
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if [child.type for child in inline.children or ()] == ["image"]:
            opening.hidden = closing.hidden = True  # A paragraph can hold no figure.
    body = reader.renderer.render(tokens, reader.options, {"figures": figures})
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _figure(_renderer: RendererHTML, tokens: Sequence[Token], place: int, _options: OptionsDict, env: EnvType) -> str:
    caption, svg = env["figures"][tokens[place].attrs["src"]]
    return f"<figure>{svg.decode()}<figcaption>{escape(caption)}</figcaption></figure>"


def _plain(text: str) -> str:
    """Text in one line, with every character escaped that Markdown would interpret there."""
    return re.sub(r"([\\`*<\[\]~#]|&(?=\w+;)|(?<![^\W_])_|_(?![^\W_]))", r"\\\1", " ".join(text.split()))

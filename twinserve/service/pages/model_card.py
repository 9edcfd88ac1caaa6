"""The model card's Markdown as HTML for a page: tables that scroll, figures as images within the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

LONGEST: Final = 256 * 1024
"""Bytes of Markdown that are shown as a page; longer ones take too long while others wait. A field takes about 60."""
SAFE: Final = " /:=;,()'?@!$*+-._~"
"""Characters that stay as they are in a data URL, which keeps it compressible."""


def card_html(markdown: bytes, figures: Mapping[str, bytes]) -> str:
    """The card as HTML. It holds no raw HTML of the card and no links, and of images only these figures."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "autolink", "html_inline"])
    reader.add_render_rule("image", _figure)
    tokens = reader.parse(markdown.decode(errors="replace"))
    _unwrap_figures(tokens)
    html: str = reader.renderer.render(_readable_tables(tokens), reader.options, {"figures": figures})
    return html


def _unwrap_figures(tokens: Sequence[Token]) -> None:
    """Take figures out of their paragraphs, which can hold none."""
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if [child.type for child in inline.children or ()] == ["image"]:
            opening.hidden = closing.hidden = True


def _readable_tables(tokens: Sequence[Token]) -> list[Token]:
    """Tables in groups that scroll by keyboard, too; without a head where all of it is empty."""
    from markdown_it.token import Token

    made: list[Token] = []
    title, place = "", 0
    while place < len(tokens):
        token = tokens[place]
        if token.type == "heading_open":
            title = tokens[place + 1].content
        if token.type == "table_open":
            label = escape(title)
            made.append(_html(Token, f'<div class="scroll" role="group" tabindex="0" aria-label="{label}">\n'))
        if token.type == "thead_open":
            end = next(i for i in range(place, len(tokens)) if tokens[i].type == "thead_close")
            if not any(cell.content for cell in tokens[place:end]):
                place = end + 1
                continue
        if token.type == "th_open" and not tokens[place + 1].content:
            token.tag = tokens[place + 2].tag = "td"  # An empty cell heads nothing.
        made.append(token)
        if token.type == "table_close":
            made.append(_html(Token, "</div>\n"))
        place += 1
    return made


def _html(kind: type[Token], text: str) -> Token:
    return kind("html_block", "", 0, content=text)


def _figure(_renderer: RendererHTML, tokens: Sequence[Token], place: int, _options: OptionsDict, env: EnvType) -> str:
    token = tokens[place]
    caption = escape(token.content)
    svg = env["figures"].get(token.attrs["src"])
    if svg is None:
        return f"<p>{caption}</p>"
    address = f"data:image/svg+xml,{quote(svg, SAFE)}"
    return f'<figure><img src="{escape(address)}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'

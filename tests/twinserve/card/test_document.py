"""A document says the same in Markdown and in HTML, and nothing in it can break either."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from twinserve.card.document import Document, Grid, Picture, Section, Text

SVG = b'<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


class Words(HTMLParser):
    """The text outside of style and figures, and the open tags at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag not in ("meta", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th", "p", "h1", "h2", "figcaption", "strong"):
            self.words.append(data)


@given(title=WORDS, cell=WORDS)
def test_any_text_stays_text(title: str, cell: str) -> None:
    document = Document(title, [Section(title, [Text(cell, strong=cell), Grid(("a", "b"), [(cell, cell)])])])
    reader = Words()
    reader.feed(document.html())
    assert not reader.open
    assert reader.words.count(cell) >= 2 or not cell.strip()
    for line in document.markdown().splitlines():
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) == 3


def test_figures_are_linked_in_markdown_and_inside_the_html() -> None:
    document = Document("t", [Section("s", [Text("x"), Picture("figures/a.svg", "A figure", SVG), Text("y")])])
    assert "![A figure](figures/a.svg)" in document.markdown()
    assert SVG.decode() in document.html()
    assert not re.search(r"(src|href)=|@import|url\(", document.html())


def test_names_keep_their_underscores() -> None:
    """Most columns have one, and inside a word it means nothing to Markdown."""
    assert "| fractal_dimension |" in Document("t", [Section("", [Grid(("a",), [("fractal_dimension",)])])]).markdown()

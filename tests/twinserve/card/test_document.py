"""A document says the same in Markdown and in HTML, and nothing in it can break either."""

from __future__ import annotations

import re
import string
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st

from twinserve.card.document import heading, html, paragraph, picture, table

SVG = b'<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'
ANY = st.characters(exclude_categories=["Cs", "Cc"])
WORDS = st.text(st.sampled_from([*string.punctuation, *" 1a"]) | ANY, min_size=1, max_size=12)


class Words(HTMLParser):
    """Each element's tag and text, outside of style and figures, and the open tags at the end."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag not in ("meta", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th", "p", "h1", "h2", "figcaption", "strong") and data.strip():
            self.words.append((self.open[-1], data.strip()))


@given(text=WORDS)
@example("\xa0")
@example("12. a #")
@example("&amp;|_x_|~~y~~")
@example("__0__")
def test_any_text_stays_text(text: str) -> None:
    """A reader sees what was given, and each element that was made; white space is one blank."""
    blocks = [heading(text), paragraph(text), paragraph("x", text), table((text, "b"), [(text, text)])]
    page = Words(html(text, "\n\n".join(blocks), {}))
    shown = " ".join(text.split())
    expected = [("h2", shown), ("p", shown), ("strong", shown), ("p", "x"), ("th", shown), ("th", "b")]
    assert page.words == [(tag, seen) for tag, seen in [*expected, ("td", shown), ("td", shown)] if seen]
    assert not page.open
    for line in blocks[-1].splitlines():
        assert len(re.findall(r"(?<!\\)\|", line)) == 3


def test_figures_are_linked_in_markdown_and_inside_the_html() -> None:
    link = picture("figures/a.svg", "A [figure] <b>")
    page = html("t", f"x\n\n{link}\n\ny", {"figures/a.svg": ("A [figure] <b>", SVG)})
    assert link == "![A \\[figure\\] \\<b>](figures/a.svg)"
    assert f"<p>x</p>\n<figure>{SVG.decode()}<figcaption>A [figure] &lt;b&gt;</figcaption></figure>\n<p>y</p>" in page
    assert not re.search(r"(src|href)=|@import|url\(", page)


def test_names_keep_their_underscores() -> None:
    """Most columns have one, and inside a word it means nothing to Markdown."""
    assert "| fractal_dimension |" in table(("a",), [("fractal_dimension",)])

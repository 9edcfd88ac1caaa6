"""The card as HTML: whatever its Markdown has, nothing but text, tables and the version's own figures gets out."""

from __future__ import annotations

import pytest

from twinserve.service.pages.model_card import card_html

FIGURES = {"figures/a.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><text>100 % \"&#</text></svg>"}


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<form action=x><input></form>",
        "a <img src=x onerror=alert(1)> b",
        "[here](https://elsewhere.example/)",
        "[here](javascript:alert(1))",
        "<https://elsewhere.example/>",
        "![a picture](https://elsewhere.example/a.svg)",
        "![a picture](figures/b.svg)",
        "[x]: https://elsewhere.example/ 'y'\n\n[x]",
        '| a |\n| --- |\n| <b onclick="x()"> |',
        '## "><b>\n\n| a |\n| --- |\n| 1 |',
    ],
)
def test_only_text_and_tables_get_out(hostile: str) -> None:
    """No raw HTML, no links, no images of others, no attribute of the card's."""
    html = card_html(hostile.encode(), FIGURES)
    for tag in ("<script", "<form", "<input", "<img", "<a ", "<b"):
        assert tag not in html


def test_a_figure_is_an_image_within_the_page() -> None:
    """Its SVG stands in the address of the image, so it can run nothing and loads nothing."""
    html = card_html(b"![A 'curve' & more](figures/a.svg)\n", FIGURES)
    assert html.startswith('<figure><img src="data:image/svg+xml,%3Csvg ')
    assert "100 %25 %22%26%23%3C/text" in html
    assert html.count("A 'curve' &amp; more".replace("'", "&#x27;")) == 2


def test_a_table_can_be_scrolled_by_keyboard() -> None:
    """It is in a group with the name of its section; an empty head is left out, and an empty cell heads nothing."""
    html = card_html(b"## Data\n\n| a |  |\n| --- | --- |\n| 1 | 2 |\n\n|  |  |\n| --- | --- |\n| 3 | 4 |\n", {})
    assert html.count('<div class="scroll" role="group" tabindex="0" aria-label="Data">') == 2
    assert html.count("<thead>") == 1
    assert html.count("<th>") == 1

"""What a notebook shows of a model."""

from __future__ import annotations

import re
from pathlib import Path

from tests.twinserve.signature.made import EVERY_TYPE, feature, signature
from twinserve import open_model
from twinserve.inprocess.html import MOST_FEATURES


def cells(html: str) -> list[str]:
    """The texts of all cells."""
    return re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", html)


def test_it_shows_the_metrics_and_the_fields(pristine_fruit: Path) -> None:
    model = open_model(pristine_fruit.parents[1], version=1)
    html = model._repr_html_()
    assert "<strong>fruit</strong> version 1: classification into apple, pear" in html
    shown = cells(html)
    low, high = model.manifest.intervals["log_loss"]
    place = shown.index("log_loss (decides)")
    assert shown[place + 1 : place + 3] == [f"{model.metrics['log_loss']:.4f}", f"{low:.4f} to {high:.4f}"]
    assert model.manifest.importances is not None
    first = model.manifest.importances.features[0]
    place = shown.index("loss when shuffled")
    assert shown[place + 2 : place + 4] == [first.feature, f"{first.mean:.4g}"]
    place = len(shown) - 1 - shown[::-1].index("weight")
    assert shown[place + 1 : place + 3] == ["number", "g"]
    assert re.fullmatch(r"&gt; 0; seen [\d.]+ to [\d.]+", shown[place + 3])
    shown = shown[place:]
    assert shown[shown.index("skin.spots") + 1] == "number or null"
    assert shown[shown.index("skin.colour") + 3] == "green, red"


def test_every_text_is_escaped(pristine_fruit: Path) -> None:
    """A column may be named as markup is."""
    model = open_model(pristine_fruit.parents[1], version=1)
    model.signature = signature(feature("<script>", unit="<b>", seen_categories=("<i>",), kind="category"))
    html = model._repr_html_()
    assert "&lt;script&gt;" in html
    assert not re.search(r"<(script|b|i)>", html)


def test_every_type_has_its_range_and_a_long_list_an_end(pristine_fruit: Path) -> None:
    model = open_model(pristine_fruit.parents[1], version=1)
    model.signature = EVERY_TYPE
    shown = cells(model._repr_html_())
    assert shown[shown.index("group.number") + 3] == "≥ -5; ≤ 5; seen -1 to 1"
    assert shown[shown.index("town") + 3] == "seen Oslo, Bergen: Nord"
    model.signature = signature(*(feature(f"f{number}") for number in range(MOST_FEATURES + 5)))
    html = model._repr_html_()
    assert "and 5 more fields" in html
    assert len(html) < 27_000

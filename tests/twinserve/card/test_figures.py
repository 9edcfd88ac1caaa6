"""The figures of a card: those that the predictions allow, the same bytes for the same data."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from twinserve.card.figures import MOST_BARS, figures
from twinserve.predict.predictor import Predictions
from twinserve.predict.targets.made import one_target
from twinserve.store.evaluation_facts import FeatureImportance, ImportanceFacts

ROWS = 90


def important(count: int) -> ImportanceFacts:
    """So many features, each less important than the one before."""
    each = [FeatureImportance(feature=f"feature {place}", mean=1 / (1 + place), spread=0.01) for place in range(count)]
    return ImportanceFacts(rows=ROWS, repeats=5, of=count, features=tuple(each))


IMPORTANCE = important(3)


def made(classes: tuple[str, ...] | None, *, labels_only: bool = False, importance: Any = IMPORTANCE) -> dict[str, Any]:
    """The figures of made predictions."""
    rng = np.random.default_rng(0)
    if classes is None:
        y_true = rng.normal(size=ROWS)
        return figures(y_true, Predictions(values=y_true + rng.normal(size=ROWS) / 9), one_target(None), importance)
    probabilities = rng.dirichlet(np.ones(len(classes)), ROWS)
    y_true = (np.arange(ROWS) % len(classes)).astype(float)
    predictions = Predictions(probabilities.argmax(axis=1), None if labels_only else probabilities)
    return figures(y_true, predictions, one_target(classes), importance)


CURVES = {"roc.svg", "precision-recall.svg", "calibration.svg"}


@pytest.mark.parametrize(
    ("classes", "labels_only", "names"),
    [
        (("no", "yes"), False, {"confusion.svg", "importance.svg", *CURVES}),
        (("a", "b", "c"), False, {"confusion.svg", "importance.svg", *CURVES}),
        (("no", "yes"), True, {"confusion.svg", "importance.svg"}),
        (tuple(f"c{place:02}" for place in range(21)), False, {"importance.svg", *CURVES}),
        (None, False, {"predicted.svg", "residuals.svg", "importance.svg"}),
    ],
    ids=["two", "three", "labels", "many", "values"],
)
def test_each_kind_of_predictions_has_its_figures(
    classes: tuple[str, ...] | None, labels_only: bool, names: set[str]
) -> None:
    drawn = made(classes, labels_only=labels_only)
    assert set(drawn) == names
    for caption, svg in drawn.values():
        assert caption
        assert ET.fromstring(svg).tag.endswith("svg")


@pytest.mark.parametrize("value", [0.0, 1.0, 2.0**60, -(2.0**70), 1e150])
def test_residuals_between_which_there_is_no_room_for_bins_have_a_figure(value: float) -> None:
    """All alike, or as near to one another as large doubles are."""
    for step in (0.0, float(np.spacing(value))):
        values = (value + step * (np.arange(ROWS) % 3)).astype(np.float64)
        drawn = figures(np.zeros(ROWS), Predictions(values=values), one_target(None), IMPORTANCE)
        assert ET.fromstring(drawn["residuals.svg"][1]).tag.endswith("svg")


def test_the_same_data_gives_the_same_bytes() -> None:
    assert made(("no", "yes")) == made(("no", "yes"))


def test_names_are_texts_whatever_they_hold() -> None:
    """No formula, no markup."""
    name = "$price_{eur}$ <b> & größe"
    odd = important(1).model_copy(update={"features": (FeatureImportance(feature=name, mean=1.0, spread=0.0),)})
    svg = made(("<no>", "yes & no"), importance=odd)["importance.svg"][1].decode()
    assert "$price_{eur}$ &lt;b&gt; &amp; größe" in svg


def test_the_most_important_are_shown_and_the_others_counted() -> None:
    many = important(MOST_BARS + 5)
    caption, svg = made(None, importance=many)["importance.svg"]
    assert f"the {MOST_BARS} highest of {MOST_BARS + 5}" in caption
    assert b"feature 19" in svg
    assert b"feature 20" not in svg


def test_long_names_of_classes_leave_room_for_the_curves() -> None:
    """They are cut in a legend, and stand aslant below an axis."""
    names = tuple(f"{letter} class with a name that is longer than its curve" for letter in "abc")
    drawn = made(names)
    for name in ("roc.svg", "precision-recall.svg"):
        text = drawn[name][1].decode()
        assert "a class with a name tha…" in text
        assert "longer" not in text
    assert "rotate(-60" in drawn["confusion.svg"][1].decode()
    assert "rotate(-60" not in made(("no", "yes"))["confusion.svg"][1].decode()

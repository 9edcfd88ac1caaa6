"""The card's figures of explanations: the mean contributions, and a waterfall for each class's typical row."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from tests.twinserve.explain.games import explainer_of, numbers
from twinserve.card import explanations
from twinserve.card.explanations import Explaining
from twinserve.explain.explainer import Values
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns, Feature, FeatureType, Signature
from twinserve.testing.fake_explainer import FakeExplainer
from twinserve.testing.fakes import FakePredictor, ValuePredictor, given

WIDE = Signature(features=tuple(Feature(path=(f"field_{i}",), type=FeatureType.NUMBER) for i in range(20)))
ROWS = Columns(np.random.default_rng(0).normal(size=(40, 20)))


def texts(svg: bytes) -> list[str]:
    """What can be read in a figure."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg.decode())


def test_a_classifier_has_a_waterfall_for_each_label() -> None:
    """Each adds up from the base to the output; fields beyond the 15 greatest are one bar."""
    predictor = FakePredictor()
    drawn = Explaining(predictor, FakeExplainer(predictor), ROWS, WIDE, ("a", "b", "c")).figures()
    labels = sorted({int(label) for label in np.asarray(predictor.predict(ROWS).labels)})
    assert [*drawn] == ["contributions.svg", *(f"waterfall-{label}.svg" for label in labels)]
    caption, svg = drawn[f"waterfall-{labels[0]}.svg"]
    assert caption.startswith(f"A typical row of {'abc'[labels[0]]}")
    read = texts(svg)
    assert "5 other fields" in read
    assert any(text.startswith("base 0.25, output ") for text in read)
    steps = [float(text.replace("\u2212", "-")) for text in read if re.fullmatch(r"[+\-\u2212][\d.e\-]+", text)]
    (output,) = (float(text.rpartition(" ")[2]) for text in read if text.startswith("base "))
    assert len(steps) == 16
    assert sum(steps) == pytest.approx(output - 0.25, abs=0.01)


def test_a_regression_has_one() -> None:
    predictor = ValuePredictor()
    drawn = Explaining(predictor, FakeExplainer(predictor, "value"), ROWS, WIDE, None).figures()
    assert [*drawn] == ["contributions.svg", "waterfall.svg"]
    assert "20 fields" not in drawn["contributions.svg"][0]
    assert "the 15 greatest of 20" in drawn["contributions.svg"][0]
    assert "field_19" in texts(drawn["contributions.svg"][1])


class Partly(FakeExplainer):
    """Without an explanation for rows whose first field is below a limit."""

    limit = 0.0

    def explain(self, columns: Columns, classes: Sequence[int] | None) -> Values:
        values = super().explain(columns, classes)
        values.contributions[columns.matrix[:, 0] < self.limit] = np.nan
        return values


def test_rows_without_an_explanation_are_left_out() -> None:
    """They made the mean of every field what is no number."""
    predictor = ValuePredictor()
    explainer = Partly(predictor, "value")
    caption, svg = Explaining(predictor, explainer, ROWS, WIDE, None).figures()["contributions.svg"]
    explained = int((ROWS.matrix[:, 0] >= 0).sum())
    assert f"over {explained} rows" in caption
    assert svg.count(b"<path") > 15
    explainer.limit = 1e9
    assert Explaining(predictor, explainer, ROWS, WIDE, None).figures() == {}


def test_of_large_trees_few_rows_are_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are about so much work, and no fewer than of a model that is sampled."""
    forest = RandomForestRegressor(5, max_depth=4, random_state=0).fit(ROWS.matrix, ROWS.matrix[:, 0])
    explainer = explainer_of(forest, numbers(20), ROWS.matrix)
    for work, told in ((10**9, 40), (12 * explainer.work, 12), (1, 8)):
        monkeypatch.setattr(explanations, "WORK", work)
        caption, _ = Explaining(ValuePredictor(), explainer, ROWS, WIDE, None).figures()["contributions.svg"]
        assert f"over {told} rows" in caption


class Halves(FakePredictor):
    """Label 1 for the rows whose first field is at least a limit."""

    limit = 0.0

    def predict(self, columns: Columns) -> Predictions:
        return Predictions((columns.matrix[:, 0] >= self.limit).astype(np.int64), np.full((len(columns), 2), 0.5))


@pytest.mark.parametrize(("rows", "drawn"), [(4, ["waterfall-0.svg"]), (5, ["waterfall-0.svg", "waterfall-1.svg"])])
def test_a_class_of_few_rows_has_no_waterfall(rows: int, drawn: list[str]) -> None:
    """What is typical of one row is that row, and no row is published."""
    predictor = Halves()
    predictor.limit = float(np.sort(ROWS.matrix[:, 0])[-rows])
    figures = Explaining(predictor, FakeExplainer(predictor), ROWS, WIDE, ("a", "b")).figures()
    assert [*figures] == ["contributions.svg", *drawn]
    assert [*Explaining(predictor, FakeExplainer(predictor), ROWS[:4], WIDE, ("a", "b")).figures()] == []


def test_without_an_answer_there_is_none() -> None:
    """Nothing is drawn where the model answers no row."""
    predictor = given([-1] * 40)
    assert Explaining(predictor, FakeExplainer(predictor), ROWS, WIDE, ("a", "b")).figures() == {}

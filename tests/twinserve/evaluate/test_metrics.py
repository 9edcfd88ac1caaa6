"""Rows never change sides of the hold-out, and metrics agree with their definitions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import fruit
from model import tumor
from tests.twinserve.signature.made import feature, many, signature
from twinserve.evaluate.metrics import SCORES, evaluate, score
from twinserve.metric import METRICS
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns
from twinserve.signature.frames import from_frame
from twinserve.signature.sources.from_pydantic import from_pydantic
from twinserve.signature.sources.from_table import from_table
from twinserve.signature.sources.training_profile import observe
from twinserve.training.holdout import fingerprint, holdout_mask

FRUIT = from_pydantic(fruit.Fruit)
NUMBERS = signature(feature("x"), feature("n", nullable=True))


def columns_of(rows: int, seed: int = 0) -> Columns:
    """Fruit."""
    return from_frame(fruit.table(rows, seed).features, FRUIT)


def test_about_a_fifth_of_the_rows_is_held_out() -> None:
    assert holdout_mask(columns_of(5000), FRUIT).mean() == pytest.approx(0.2, abs=0.02)


def test_about_a_fifth_of_the_tumours_is_held_out() -> None:
    table = tumor.load()
    declared = from_pydantic(tumor.Tumor)
    assert holdout_mask(from_frame(table.features, declared), declared).mean() == pytest.approx(0.2, abs=0.04)


@many
@given(st.permutations(range(60)))
def test_the_order_of_the_rows_does_not_matter(order: list[int]) -> None:
    columns = columns_of(60)
    assert holdout_mask(columns.take(order), FRUIT).tolist() == holdout_mask(columns, FRUIT)[order].tolist()


def test_added_rows_move_no_other() -> None:
    mask, columns = holdout_mask(columns_of(300), FRUIT), columns_of(300)
    for count in (1, 17, 299):
        assert holdout_mask(columns.take(range(count)), FRUIT).tolist() == mask[:count].tolist()


def test_what_training_saw_does_not_matter() -> None:
    """Rows keep their side when new data bring new ranges and categories."""
    town = signature(feature("x"), feature("town", "category"))
    frame = fruit.table(300).features.rename(columns={"weight": "x", "skin.colour": "town"})
    few, all_of_them = observe(town, frame[frame["town"] == "red"]), observe(town, frame)
    assert few != all_of_them
    assert holdout_mask(from_frame(frame, few), few).tolist() == (
        holdout_mask(from_frame(frame, all_of_them), all_of_them).tolist()
    )


def table_mask(frame: pd.DataFrame) -> list[bool]:
    """The hold-out mask of a table, made as training makes it."""
    table = from_table(frame)
    whole = observe(table.signature, table.frame)
    mask: list[bool] = holdout_mask(from_frame(table.frame, whole), whole).tolist()
    return mask


@pytest.mark.parametrize(
    "row",
    [
        {"count": 2.5},  # An integer becomes a number,
        {"day": "2024-05-01T10:30:00Z"},  # a date a datetime,
        {"count": -0.0},
        {"new": 1.0},  # and a new field is null in what was there before.
    ],
)
def test_what_new_rows_make_of_the_columns_moves_no_other(row: dict[str, object]) -> None:
    days = [f"2024-02-{1 + place % 28:02d}" for place in range(200)]
    frame = pd.DataFrame({"x": np.linspace(-1, 1, 200), "count": [0, 1, 2, 3] * 50, "day": days})
    more = pd.concat([frame, pd.DataFrame([{"x": 3.0, "count": 1, "day": "2024-05-01", **row}] * 2)])
    assert table_mask(more)[:200] == table_mask(frame)


def test_the_order_of_the_columns_does_not_matter() -> None:
    frame = fruit.table(200).features
    assert table_mask(frame[list(reversed(frame.columns))]) == table_mask(frame)


def test_equal_rows_are_on_one_side() -> None:
    columns = columns_of(50)
    twice = columns.take([*range(50), *range(50)])
    mask = holdout_mask(twice, FRUIT)
    assert mask[:50].tolist() == mask[50:].tolist()


def test_a_fingerprint_is_of_content_and_order() -> None:
    columns = Columns(np.array([[1.0, np.nan], [2.0, 3.0]]))
    prints = {
        fingerprint(columns, NUMBERS, [0.0, 1.0]),
        fingerprint(columns, NUMBERS, [1.0, 0.0]),
        fingerprint(columns.take([1, 0]), NUMBERS, [0.0, 1.0]),
        fingerprint(columns.take([0]), NUMBERS, [0.0]),
        fingerprint(Columns(np.array([[1.0, np.nan], [2.0, 3.0 + 1e-15]])), NUMBERS, [0.0, 1.0]),
    }
    assert len(prints) == 5
    assert fingerprint(Columns(columns.matrix.copy()), NUMBERS, [0.0, 1.0]) in prints


# True 0 0 1 1; predicted 0 1 1 1 with these probabilities of 1. By hand: three of four right; of class 0 one of two, of
# class 1 both; F1 of class 0 is 2/3 (precision 1, recall 1/2), of class 1 4/5 (precision 2/3, recall 1).
Y_TRUE = np.array([0.0, 0.0, 1.0, 1.0])
YES = np.array([0.2, 0.6, 0.7, 0.9])
PREDICTED = Predictions(np.array([0, 1, 1, 1]), np.stack([1 - YES, YES], axis=1))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 3 / 4),
        ("balanced_accuracy", (1 / 2 + 1) / 2),
        ("f1_macro", (2 / 3 + 4 / 5) / 2),
        ("log_loss", -(math.log(0.8) + math.log(0.4) + math.log(0.7) + math.log(0.9)) / 4),
        ("roc_auc", 1.0),
        ("brier", 2 * (0.2**2 + 0.6**2 + 0.3**2 + 0.1**2) / 4),
    ],
)
def test_metrics_of_two_classes_by_hand(name: str, expected: float) -> None:
    assert evaluate(Y_TRUE, PREDICTED)[name] == pytest.approx(expected, abs=1e-12)


def test_a_pair_in_the_wrong_order_costs_its_share_of_the_area() -> None:
    """One of four pairs of a 0 and a 1 is ranked wrongly: the area is 3/4."""
    yes = np.array([0.2, 0.8, 0.7, 0.9])
    predicted = Predictions(np.array([0, 1, 1, 1]), np.stack([1 - yes, yes], axis=1))
    assert evaluate(Y_TRUE, predicted)["roc_auc"] == pytest.approx(3 / 4)


def test_metrics_of_three_classes_by_hand() -> None:
    probabilities = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.5, 0.1, 0.4]])
    metrics = evaluate(np.array([0.0, 1.0, 2.0]), Predictions(np.array([0, 1, 0]), probabilities))
    assert metrics["accuracy"] == pytest.approx(2 / 3)
    assert metrics["log_loss"] == pytest.approx(-(math.log(0.6) + math.log(0.5) + math.log(0.4)) / 3)
    assert metrics["brier"] == pytest.approx(((0.16 + 0.09 + 0.01) + (0.04 + 0.25 + 0.09) + (0.25 + 0.01 + 0.36)) / 3)
    assert metrics["roc_auc"] == pytest.approx(1.0)


def test_metrics_of_values_by_hand() -> None:
    metrics = evaluate(np.array([1.0, 2.0, 3.0]), Predictions(values=np.array([1.0, 2.0, 5.0])))
    assert metrics == pytest.approx({"r2": 1 - 4 / 2, "rmse": math.sqrt(4 / 3), "mae": 2 / 3})


def test_labels_without_probabilities_are_judged_as_labels() -> None:
    assert set(evaluate(Y_TRUE, Predictions(PREDICTED.labels))) == {"accuracy", "balanced_accuracy", "f1_macro"}


@pytest.mark.parametrize("name", ["log_loss", "roc_auc", "brier"])
def test_a_metric_of_probabilities_needs_them(name: str) -> None:
    with pytest.raises(TypeError, match="needs probabilities"):
        score(name, Y_TRUE, Predictions(PREDICTED.labels))


def test_every_metric_has_its_row() -> None:
    """What the table names is computed, and nothing else, in the same order."""
    assert list(SCORES) == list(METRICS)


@pytest.mark.parametrize("name", list(METRICS))
def test_a_perfect_prediction_is_never_worse(name: str) -> None:
    """The direction of each metric is right."""
    perfect = Predictions(Y_TRUE.astype(int), np.eye(2)[Y_TRUE.astype(int)], Y_TRUE)
    worse = Predictions(1 - Y_TRUE.astype(int), np.array([[0.4, 0.6]] * 2 + [[0.6, 0.4]] * 2), 1 - Y_TRUE)
    better, other = score(name, Y_TRUE, perfect), score(name, Y_TRUE, worse)
    assert METRICS[name].better(better, other)
    assert not METRICS[name].better(other, better)
    assert METRICS[name].sign * better > METRICS[name].sign * other

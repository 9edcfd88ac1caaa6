"""Folds divide the training rows as the split divides the table; other splits are measured where none was chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsRegressor

from twinserve.evaluate.metrics import score
from twinserve.recipes import Recipe, Split, Table
from twinserve.recipes.split import BY_CLASS
from twinserve.signature.frames import to_frame
from twinserve.signature.sources.from_table import from_table
from twinserve.training.data import Data, split
from twinserve.training.decided import Decided
from twinserve.training.folds import folds
from twinserve.training.other_splits import other_splits
from twinserve.training.threshold import with_threshold
from twinserve.training.weighted_fit import fit_weighted

ROWS = 300


def divided(chosen: Split = BY_CLASS, held_out: Any = None) -> Data:
    """Rows of 50 subjects over time; the value drifts, and belongs to the subject."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(50), ROWS // 50)
    frame = pd.DataFrame(
        {"x": rng.normal(size=ROWS), "patient_id": who, "day": pd.date_range("2024-01-01", periods=ROWS)}
    )
    features = from_table(frame[["x", "patient_id"]], drop=False)
    target = pd.Series(who * 1.0 + rng.normal(size=ROWS))
    table = Table(features.frame, target, "made", frame, held_out)
    return split(Recipe("m", "regression", features.signature, lambda: table, lambda _: {}, "r2", "", chosen), table)


def test_folds_by_time_learn_from_what_was_before() -> None:
    data = divided(Split(time="day"))
    parts = folds(data, data.train.y_true, 0)
    assert len(parts) == 5
    assert all(before.max() < now.min() for before, now in parts)


def test_folds_by_group_part_no_subject() -> None:
    data = divided(Split(group="patient_id"))
    who = data.train.columns.matrix[:, 1]
    parts = folds(data, data.train.y_true, 0)
    assert not any(set(who[learn]) & set(who[ask]) for learn, ask in parts)
    assert sorted(np.concatenate([ask for _, ask in parts])) == list(range(len(data.train)))


def test_of_many_rows_a_fold_learns_from_a_part_and_is_asked_about_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each class has its share, and a rare one all its rows."""
    monkeypatch.setattr("twinserve.training.folds.MANY_ROWS", 1_500)
    target = pd.Series(np.where(np.arange(12_000) % 1000 == 0, "rare", np.where(np.arange(12_000) % 3 == 0, "a", "b")))
    features = from_table(pd.DataFrame({"x": np.arange(12_000) / 7}), drop=False)
    table = Table(features.frame, target.astype(object), "made")
    recipe = Recipe("m", "classification", features.signature, lambda: table, lambda _: {}, "log_loss", "")
    data = split(recipe, table)
    parts = folds(data, data.train.y_true, 0)
    assert sorted(np.concatenate([ask for _, ask in parts])) == list(range(len(data.train)))
    for learn, ask in parts:
        assert 1_500 <= len(learn) <= 1_520
        assert not set(learn) & set(ask)
        counts = np.bincount(data.train.y_true[learn].astype(int))
        assert counts[2] in (7, 8)  # Of 10 rows, but for those of the fold.
        assert abs(counts[0] - 500) < 10


def test_what_a_model_is_worth_by_time_and_by_group_is_told() -> None:
    data = divided()
    model = KNeighborsRegressor(1).fit(pd.DataFrame(data.train.columns.matrix, columns=["x", "patient_id"]),
                                       data.train.y_true)  # fmt: skip
    by_time, by_group = other_splits(model, data, "r2")
    assert (by_time.kind, by_time.column, by_group.column) == ("warning", "day", "patient_id")
    assert "on shuffled rows, " in by_time.sentence
    assert by_time.sentence.endswith("on the last fifth by `day`: --time day judges as you will use it")


def test_the_other_split_has_the_weights_and_the_threshold() -> None:
    rng = np.random.default_rng(1)
    who = np.repeat(np.arange(40), 5)
    x = rng.normal(size=len(who)) + who / 20
    late = pd.Series(np.where(x + rng.normal(size=len(who)) > 1, "yes", "no"))
    given = pd.DataFrame({"x": x, "customer_id": who})
    features = from_table(given[["x"]], drop=False)
    weights = pd.Series(np.where(late == "yes", 5.0, 0.5), name="w")
    table = Table(features.frame, late.astype(object), "made", given, weights=weights)
    recipe = Recipe("m", "classification", features.signature, lambda: table, lambda _: {}, "accuracy", "")

    def fitted(data: Data) -> Any:
        frame, labels = to_frame(data.train.columns, data.signature), data.target_of(data.train)
        bare = fit_weighted(LogisticRegression(), frame, labels, data.train.weights)
        return with_threshold(bare, Decided("yes", 0.8))

    data, by_group = split(recipe, table), split(replace(recipe, split=Split(group="customer_id")), table)
    (note,) = other_splits(fitted(data), data, "accuracy")
    expected = []
    for sides in (data, by_group):
        answers = sides.target.read(fitted(sides), to_frame(sides.holdout.columns, sides.signature))
        expected.append(score("accuracy", sides.holdout.y_true, answers, weights=sides.holdout.weights))
    shuffled, grouped = expected
    found = f"accuracy {shuffled:.3g} on shuffled rows, {grouped:.3g} on rows of other values"
    assert note.sentence.startswith(found)
    assert shuffled != grouped


@pytest.mark.parametrize("chosen", [Split(stratify=True), Split(time="day"), Split(group="patient_id")])
def test_nothing_is_measured_beside_a_split_that_was_chosen(chosen: Split) -> None:
    assert other_splits(None, divided(chosen), "r2") == []


def test_rows_of_ones_own_are_the_holdout() -> None:
    mask = np.arange(ROWS) % 3 == 0
    data = divided(held_out=mask)
    assert len(data.holdout) == mask.sum()
    assert other_splits(None, data, "r2") == []

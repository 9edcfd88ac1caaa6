"""Joined requests get the predictions that each gets alone, and the number of rows to join is learned."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from harness import fruit
from tests.twinserve.signature.made import many
from twinserve.arrays import FloatArray
from twinserve.predict.batching import MOST, Batcher, Cost, Outcome, predict_each
from twinserve.predict.fallback import SklearnPredictor
from twinserve.predict.predictor import CannotPredict, Predictions
from twinserve.signature import Columns
from twinserve.signature.frames import to_frame
from twinserve.signature.request.validator import Validator
from twinserve.testing.fakes import CLASSES, FakePredictor, PickyPredictor, ValuePredictor, car, signature

COLUMNS = (
    Validator(signature())
    .validate(json.dumps([car(age=i, city=f"{i}" if i % 2 else None, maker=f"m{i}") for i in range(8)]).encode())
    .columns
)
OLD = 60.0
"""The age of a car that the picky predictor refuses."""
cuts = st.lists(st.integers(0, 8), unique=True).map(lambda inner: sorted({0, 8, *inner}))


def parts(bounds: Sequence[int]) -> list[Columns]:
    """The columns, cut into parts."""
    return [COLUMNS.take(range(start, end)) for start, end in pairwise(bounds)]


def same(actual: Outcome, expected: Outcome) -> bool:
    """Have both the same bits?"""
    assert isinstance(actual, Predictions)
    assert isinstance(expected, Predictions)
    return [None if part is None else part.tobytes() for part in actual] == [
        None if part is None else part.tobytes() for part in expected
    ]


def probabilities(outcome: Outcome) -> FloatArray:
    """Predictions of a classification."""
    assert isinstance(outcome, Predictions)
    assert outcome.probabilities is not None
    return outcome.probabilities


@many
@given(cuts)
def test_joined_parts_are_the_whole(bounds: Sequence[int]) -> None:
    """Numbers, unseen categories and texts are at their new rows."""
    joined = Columns.concatenate(parts(bounds))
    assert joined.matrix.tobytes() == COLUMNS.matrix.tobytes()
    assert (joined.unseen, joined.texts) == (COLUMNS.unseen, COLUMNS.texts)


@pytest.mark.parametrize("predictor", [FakePredictor(), ValuePredictor()])
@many
@given(cuts)
def test_each_request_gets_the_predictions_of_its_own_rows(
    predictor: FakePredictor | ValuePredictor, bounds: Sequence[int]
) -> None:
    """However the rows are spread over requests."""
    requests = parts(bounds)
    outcomes = predict_each(predictor.predict, requests)
    assert all(same(one, predictor.predict(rows)) for one, rows in zip(outcomes, requests, strict=True))


def test_a_forest_says_of_joined_rows_what_it_says_of_each() -> None:
    """A forest predicts joined rows with the same bits."""
    data, _ = fruit.fitted(fruit.FRUIT)
    labels = np.array(data.classes, dtype=object)[data.train.y_true.astype(int)]
    forest = make_pipeline(fruit.columns_encoded(), RandomForestClassifier(20, random_state=0))
    forest.fit(to_frame(data.train.columns, data.signature), labels)
    predictor = SklearnPredictor(forest, data.signature, data.target)
    rows = [data.holdout.columns.take([row]) for row in range(len(data.holdout))]
    together = Batcher(predictor).predict(rows)
    assert all(same(outcome, predictor.predict(row)) for outcome, row in zip(together, rows, strict=True))


def test_another_pipeline_says_nearly_the_same() -> None:
    """A matrix product may round differently by the number of rows."""
    data, fitted = fruit.fitted(fruit.FRUIT)
    predictor = SklearnPredictor(fitted.pipeline, data.signature, data.target)
    rows = [data.holdout.columns.take([row]) for row in range(len(data.holdout))]
    together = Batcher(predictor).predict(rows)
    alone = [probabilities(predictor.predict(row)) for row in rows]
    np.testing.assert_allclose([probabilities(outcome) for outcome in together], alone, rtol=0, atol=1e-12)


@many
@given(cuts, st.sets(st.integers(0, 7)))
def test_rows_that_fail_fail_their_own_request_only(bounds: Sequence[int], failing: set[int]) -> None:
    """Whichever and how many they are."""
    age = [feature.name for feature in signature().features].index("age")
    matrix = COLUMNS.matrix.copy()
    matrix[list(failing), age] = OLD
    whole = Columns(matrix, COLUMNS.unseen, COLUMNS.texts)
    places = [range(start, end) for start, end in pairwise(bounds)]
    outcomes = predict_each(PickyPredictor().predict, [whole.take(rows) for rows in places])
    for rows, outcome in zip(places, outcomes, strict=True):
        if failing & set(rows):
            assert isinstance(outcome, CannotPredict)
        else:
            assert same(outcome, FakePredictor().predict(COLUMNS.take(rows)))


def test_one_failing_request_of_many_costs_two_calls_for_each_halving() -> None:
    calls: list[int] = []

    def predict(columns: Columns) -> Predictions:
        calls.append(len(columns))
        if (columns.matrix[:, 0] < 0).any():
            raise KeyError("negative")
        return Predictions(values=columns.matrix[:, 0])

    outcomes = predict_each(predict, [Columns(np.array([[float(n if n != 9 else -9)]])) for n in range(16)])
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, KeyError)] == [9]
    assert sorted(calls, reverse=True) == [16, 8, 8, 4, 4, 2, 2, 1, 1]


def test_predictions_that_do_not_match_the_rows_are_never_sliced() -> None:
    """Then each request gets the predictions of its own rows from a separate call."""

    def predict(_: Columns) -> Predictions:
        return Predictions(values=np.array([1.0]))

    assert all(same(outcome, predict(COLUMNS)) for outcome in predict_each(predict, parts([0, 3, 4])))


def test_a_lone_request_reaches_the_predictor_as_it_is() -> None:
    """A single request is not copied."""
    seen: list[Columns] = []
    given_back = Predictions(values=np.zeros(8))

    def predict(columns: Columns) -> Predictions:
        seen.append(columns)
        return given_back

    (outcome,) = predict_each(predict, [COLUMNS])
    assert outcome is given_back
    assert seen[0] is COLUMNS


def learned(calls: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """The cost model after these calls."""
    cost = Cost()
    for rows, seconds in calls:
        cost.learn(rows, seconds)
    return cost.line


def test_the_cost_of_a_row_and_of_a_call_is_found() -> None:
    calls = [(rows, 0.001 * rows + 0.02) for rows in (1, 64, 3, 30, 1, 63)]
    assert learned(calls) == pytest.approx((0.001, 0.02))


def test_calls_of_one_size_tell_nothing_of_a_row() -> None:
    """Calls of one size do not determine the cost of a row, so the first joining is tried."""
    assert learned([(1, 0.02), (1, 0.03), (1, 0.025)])[0] == 0
    assert learned([])[0] == 0


def test_a_cost_that_was_misjudged_is_forgotten_while_nothing_is_joined() -> None:
    """One slow call of two rows must not prevent joining for ever."""
    misjudged = [(1, 0.01), (2, 1.0)]
    assert learned(misjudged)[0] > 0.1
    assert learned([*misjudged, *[(1, 0.01)] * 100])[0] == 0


def batcher_of(per_row: float, per_call: float) -> Batcher:
    """A batcher with this cost model."""
    batcher = Batcher(FakePredictor())
    for rows in (1, 10):
        batcher.cost.learn(rows, per_row * rows + per_call)
    return batcher


@pytest.mark.parametrize(("rows", "room"), [(1, True), (3, True), (5, False), (100, False)])
def test_rows_are_joined_while_they_cost_no_more_than_some_calls(rows: int, room: bool) -> None:
    """With a row as expensive as a call, few rows are joined."""
    assert batcher_of(0.01, 0.01).has_room(rows, 60) is room


@pytest.mark.parametrize(("seconds", "room"), [(0.25, True), (0.15, False), (-1.0, False)])
def test_no_rows_are_joined_that_would_keep_the_first_ones_beyond_their_deadline(seconds: float, room: bool) -> None:
    """A hundred rows take 0.2 s."""
    assert batcher_of(0.001, 0.1).has_room(100, seconds) is room


@pytest.mark.parametrize(("rows", "room"), [(MOST - 1, True), (MOST, False)])
def test_no_more_rows_are_joined_than_the_proof_has_tried(rows: int, room: bool) -> None:
    """However little a row costs."""
    assert batcher_of(1e-9, 0.1).has_room(rows, 60) is room


def test_a_batcher_learns_from_its_calls() -> None:
    """After some calls the duration of a call is known."""
    batcher = Batcher(FakePredictor())
    assert batcher.pause() == 0
    batcher.predict([COLUMNS])
    assert batcher.pause() > 0


def test_a_classification_has_all_classes_for_each_row() -> None:
    """Slices keep their second dimension."""
    outcomes = Batcher(FakePredictor()).predict(parts([0, 1, 8]))
    assert [probabilities(outcome).shape for outcome in outcomes] == [(1, len(CLASSES)), (7, len(CLASSES))]

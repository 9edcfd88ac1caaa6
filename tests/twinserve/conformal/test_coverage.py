"""Intervals and sets: nested, never empty, the same alone and among others, and as often right as promised."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twinserve.arrays import FloatArray
from twinserve.conformal.coverage import Coverage, Unsupported, open_coverage
from twinserve.conformal.quantiles import stored_scores
from twinserve.conformal.scores import class_scores, row_scores
from twinserve.conformal.stored import (
    AnyStored,
    SetMethod,
    StoredDifficulty,
    StoredIntervals,
    StoredNone,
    StoredSets,
    StoredTree,
    read,
    write,
)
from twinserve.predict.predictor import Predictions

METHODS: tuple[SetMethod, ...] = get_args(SetMethod)
COVERAGES = st.integers(50, 99).map(lambda percent: percent / 100)
TREE = StoredTree(
    features=(1, -1, 2, -1, -1),
    thresholds=(0.5, 0.0, 3.0, 0.0, 0.0),
    left=(1, 0, 3, 0, 0),
    right=(2, 0, 4, 0, 0),
    null_left=(True, False, False, False, False),
    values=(0.0, -5.0, 0.0, 0.5, 2.0),
)
DIFFICULTY = StoredDifficulty(base=1.0, least=0.25, trees=(TREE, TREE))


def normalised(weights: FloatArray) -> FloatArray:
    """Each row as probabilities."""
    whole: FloatArray = weights / weights.sum(axis=1, keepdims=True)
    return whole


PROBABILITIES = arrays(np.float64, st.tuples(st.integers(1, 8), st.integers(2, 6)), elements=st.floats(0.01, 1)).map(
    normalised
)


def sets(method: SetMethod, classes: int, groups: tuple[int, ...] | None = None, seed: int = 0) -> Coverage:
    """Sets whose thresholds are those of random scores."""
    rng = np.random.default_rng(seed)
    groups = groups or (0,) * classes
    scores = tuple(stored_scores(rng.random(200), 4_000) for _ in range(max(groups) + 1))
    return Coverage(StoredSets(method=method, groups=groups, scores=scores))


@settings(deadline=None)
@given(PROBABILITIES, st.sampled_from(METHODS))
def test_the_scores_of_a_row_are_the_same_alone(probabilities: FloatArray, method: SetMethod) -> None:
    """To the last bit, ties included."""
    alone = [row_scores(method, row) for row in probabilities.tolist()]
    assert class_scores(method, probabilities).tolist() == alone


@settings(deadline=None)
@given(PROBABILITIES, st.sampled_from(METHODS), COVERAGES, COVERAGES, st.booleans())
def test_sets_grow_with_the_coverage_and_hold_the_label(
    probabilities: FloatArray, method: SetMethod, one: float, other: float, class_wise: bool
) -> None:
    """A set is never empty, and that of a greater coverage holds all of that of a smaller; alone as among others."""
    rows, classes = probabilities.shape
    coverage = sets(method, classes, tuple(range(classes)) if class_wise else None)
    predictions = Predictions(np.arange(rows) % classes, probabilities)
    small, large = (coverage.of(predictions, np.empty((rows, 0)), wanted).sets for wanted in sorted((one, other)))
    for row, (few, many) in enumerate(zip(small, large, strict=True)):
        assert row % classes in few
        assert set(few) <= set(many)
        assert few == tuple(sorted(few))
        alone = Predictions(predictions.labels[row : row + 1], probabilities[row : row + 1])  # type: ignore[index]  # Given above.
        assert coverage.of(alone, np.empty((1, 0)), min(one, other)).sets == [few]


@settings(deadline=None)
@given(
    arrays(np.float64, st.tuples(st.integers(1, 6), st.just(2)), elements=st.floats(-10, 10) | st.just(np.nan)),
    COVERAGES,
    COVERAGES,
    st.booleans(),
)
def test_intervals_grow_with_the_coverage(matrix: FloatArray, one: float, other: float, scaled: bool) -> None:
    """An interval holds its value, and that of a greater coverage all of that of a smaller; alone as among others."""
    scores = stored_scores(np.random.default_rng(0).random(200), 4_000)
    difficulty = DIFFICULTY if scaled else None
    coverage = Coverage(
        StoredIntervals(method="scaled" if scaled else "absolute", scores=scores, difficulty=difficulty)
    )
    values = np.linspace(-5.0, 5.0, len(matrix))
    small, large = (coverage.of(Predictions(values=values), matrix, wanted) for wanted in sorted((one, other)))
    for row, value in enumerate(values.tolist()):
        assert large.low[row] <= small.low[row] <= value <= small.high[row] <= large.high[row]
        alone = coverage.of(Predictions(values=values[row : row + 1]), matrix[row : row + 1], max(one, other))
        assert (alone.low, alone.high) == ([large.low[row]], [large.high[row]])


def test_an_interval_is_scaled_by_the_trees() -> None:
    """Column 1, then the predicted value behind the columns; null goes where the tree says; never below the least."""
    coverage = Coverage(StoredIntervals(method="scaled", scores=stored_scores(np.ones(99), 99), difficulty=DIFFICULTY))
    matrix = np.array([[9.0, 0.5], [9.0, np.nan], [9.0, 0.6], [9.0, 0.6]])
    values = np.array([0.0, 0.0, 3.0, 3.1])
    found = coverage.of(Predictions(values=values), matrix, 0.9)
    assert ((np.array(found.high) - found.low) / 2).tolist() == pytest.approx([0.25, 0.25, 2.0, 5.0])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("wanted", [0.5, 0.8, 0.9, 0.95])
def test_sets_hold_the_true_class_as_often_as_promised(method: SetMethod, wanted: float) -> None:
    """Of exchangeable rows, however few: the mean over many calibrations is at least the promise, within 3 errors."""
    rng = np.random.default_rng(5)
    calibrations, calibrating, classes = 2_000, 19, 4
    hits = np.empty(calibrations)
    for turn in range(calibrations):
        likely = rng.dirichlet(np.ones(classes), calibrating + 1)
        codes = (rng.random((calibrating + 1, 1)) > np.cumsum(likely, axis=1)).sum(axis=1).clip(max=classes - 1)
        own = class_scores(method, likely)[np.arange(len(codes)), codes]
        stored = StoredSets(method=method, groups=(0,) * classes, scores=(stored_scores(own[:-1], 4_000),))
        predictions = Predictions(likely[-1:].argmax(axis=1), likely[-1:])
        hits[turn] = codes[-1] in Coverage(stored).of(predictions, np.empty((1, 0)), wanted).sets[0]
    assert hits.mean() >= wanted - 3 * np.sqrt(wanted * (1 - wanted) / calibrations)


@pytest.mark.parametrize("wanted", [0.5, 0.8, 0.9, 0.95])
def test_intervals_hold_the_true_value_as_often_as_promised(wanted: float) -> None:
    """Within three standard errors of ceil(20 c) / 20, which 19 calibration rows give exactly, whatever the errors."""
    rng = np.random.default_rng(6)
    calibrations = 4_000
    hits = np.empty(calibrations)
    for turn in range(calibrations):
        errors = np.abs(rng.standard_cauchy(20))
        stored = StoredIntervals(method="absolute", scores=stored_scores(errors[:-1], 4_000))
        found = Coverage(stored).of(Predictions(values=np.zeros(1)), np.empty((1, 0)), wanted)
        hits[turn] = errors[-1] <= found.high[0]
    exact = np.ceil(wanted * 20 - 1e-9) / 20
    assert abs(hits.mean() - exact) <= 3 * np.sqrt(exact * (1 - exact) / calibrations)


STORED: list[AnyStored] = [
    StoredNone(reason="No rows."),
    StoredIntervals(method="scaled", scores=stored_scores(np.arange(30.0), 10), difficulty=DIFFICULTY),
    StoredSets(method="raps", groups=(0, 1, 0), scores=(stored_scores(np.arange(5.0), 5),) * 2),
]


@pytest.mark.parametrize("stored", STORED)
def test_what_is_written_is_read_back(stored: AnyStored) -> None:
    assert read(write(stored)) == stored


def changed(stored: AnyStored, **changes: Any) -> bytes:
    """A file with these members changed, which the constructors would refuse."""
    return b'{"coverage": ' + stored.model_copy(update=changes).model_dump_json().encode() + b"}"


ORDERED = STORED[1].scores if isinstance(STORED[1], StoredIntervals) else None


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"coverage": {"method": "none"}}',
        b'{"coverage": {"method": "none", "reason": "x", "more": 1}}',
        changed(STORED[1], difficulty=None),
        changed(STORED[1], method="absolute"),
        changed(STORED[2], groups=(0, 2, 0)),
        changed(STORED[2], groups=(0, 1)),
        changed(STORED[1], scores=ORDERED.model_copy(update={"rows": 31})) if ORDERED else b"",
        changed(STORED[1], scores=ORDERED.model_copy(update={"scores": ORDERED.scores[::-1]})) if ORDERED else b"",
        changed(STORED[1], scores=ORDERED.model_copy(update={"ranks": ORDERED.ranks[1:]})) if ORDERED else b"",
        changed(STORED[1], difficulty=DIFFICULTY.model_copy(update={"least": 0.0})),
        changed(STORED[1], difficulty=DIFFICULTY.model_copy(update={"trees": (TREE,) * 65})),
        changed(STORED[1], difficulty=DIFFICULTY.model_copy(update={"base": 1e308, "least": 1e308})),
        *(
            changed(STORED[1], difficulty=DIFFICULTY.model_copy(update={"trees": (TREE.model_copy(update=change),)}))
            for change in (
                {"left": (0, 0, 3, 0, 0)},
                {"right": (2, 0, 5, 0, 0)},
                {"values": (0.0,)},
                {"features": (3, -1, 2, -1, -1)},
            )
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused(content: bytes) -> None:
    """Unordered scores, loops in a tree, columns or groups that are not there, unknown members."""
    with pytest.raises(ValueError, match=r"coverage|column|classes"):
        open_coverage(content, 3 if b"raps" in content else None, 2)


def test_a_version_without_probabilities_says_so() -> None:
    with pytest.raises(Unsupported, match=r"^Labels only\. No coverage is supported\.$"):
        Coverage(StoredNone(reason="Labels only.")).require(0.5)
    assert Coverage(StoredNone(reason="Labels only.")).largest == 0.0
    assert open_coverage(None, 2, 2) is None

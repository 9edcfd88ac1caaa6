"""The comparison that the proof rests on: nothing that differs goes unseen, and nothing else counts as a difference."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
import pytest

from tests.twinserve.signature.made import rows
from twinserve.predict.predictor import CannotPredict, Predictions, PredictorKind
from twinserve.proof.parity import Parity, compare
from twinserve.signature import Columns


class Odds:
    """A classifier; a row's only number is its name, by which a test can move or flip its answer or have it refused."""

    kind: Final[PredictorKind] = "compiled"

    def __init__(
        self, moved: Mapping[int, float] | None = None, flipped: Collection[int] = (), refused: Collection[int] = ()
    ) -> None:
        self.moved, self.flipped, self.refused = moved or {}, flipped, refused
        self.calls = 0

    def predict(self, columns: Columns) -> Predictions:
        """Odd rows are class 1."""
        self.calls += 1
        names = [int(name) for name in columns.matrix[:, 0]]
        if set(names) & set(self.refused):
            raise CannotPredict("there is a row that I do not take")
        labels = np.array([(name % 2 == 1) != (name in self.flipped) for name in names], dtype=np.int64)
        yes = np.array([0.25 + name % 2 / 2 + self.moved.get(name, 0.0) for name in names])
        return Predictions(labels, np.stack([1 - yes, yes], axis=1))


class Given:
    """The predictions of rows 0, 1 and so on."""

    kind: Final[PredictorKind] = "scikit-learn"

    def __init__(self, **predictions: Any) -> None:
        self.predictions = Predictions(**{name: np.array(values) for name, values in predictions.items()})

    def predict(self, columns: Columns) -> Predictions:
        """What was given of these rows."""
        names = columns.matrix[:, 0].astype(int)
        parts: Any = (None if part is None else part[names] for part in self.predictions)
        return Predictions(*parts)


GROUPS: Final = (rows(range(10)), rows(range(10, 13)), rows(()), rows([13]))


def test_the_same_answers_are_proved_equal_and_all_rows_are_counted() -> None:
    parity = compare(Odds(), Odds(), GROUPS)
    assert (parity.rows, parity.unanswered, parity.largest_difference, parity.label_flips) == (14, 0, 0.0, 0)
    assert parity.holds
    assert parity.sentence == "Proved equal to the fitted pipeline on 14 rows: largest difference 0.0e+00."


@pytest.mark.parametrize("row", [0, 5, 9, 11, 13])
def test_one_row_that_differs_by_a_hundred_millionth_is_caught_wherever_it_is(row: int) -> None:
    parity = compare(Odds(moved={row: 1e-8}), Odds(), GROUPS)
    assert parity.largest_difference == pytest.approx(1e-8)
    assert not parity.holds
    assert parity.sentence == (
        "Not equal to the fitted pipeline on 14 rows: 0 labels differ, largest difference 1.0e-08."
    )


@pytest.mark.parametrize("row", [0, 5, 9, 11, 13])
def test_one_label_that_differs_is_caught_wherever_it_is(row: int) -> None:
    parity = compare(Odds(flipped={row}), Odds(), GROUPS)
    assert (parity.label_flips, parity.largest_difference) == (1, 0.0)
    assert not parity.holds


@pytest.mark.parametrize(("moved", "holds"), [(0.9e-9, True), (-0.9e-9, True), (1.1e-9, False), (-1.1e-9, False)])
def test_a_probability_may_differ_by_a_billionth(moved: float, holds: bool) -> None:
    assert compare(Odds(moved={3: moved}), Odds(), GROUPS).holds is holds


@pytest.mark.parametrize(("mine", "holds"), [(1e6 + 1e-5, True), (1e6 + 1e-2, False)])
def test_a_value_may_differ_by_a_billionth_of_its_size(mine: float, holds: bool) -> None:
    assert compare(Given(values=[mine]), Given(values=[1e6]), [rows([0])]).holds is holds


def test_a_value_below_one_may_differ_by_a_billionth() -> None:
    """Relative to its size a zero could not differ at all."""
    assert compare(Given(values=[1e-10]), Given(values=[0.0]), [rows([0])]).holds
    assert not compare(Given(values=[1e-8]), Given(values=[0.0]), [rows([0])]).holds


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_is_no_answer(odd: float) -> None:
    """Whatever it is instead: so a row counts as different only where the other one has an answer."""
    silent, zero, other = Given(values=[1.0, odd]), Given(values=[1.0, 0.0]), Given(values=[1.0, -odd])
    for mine, theirs in ((silent, silent), (silent, other)):
        parity = compare(mine, theirs, [rows([0, 1])])
        assert (parity.rows, parity.unanswered, parity.answered_by_one) == (1, 1, 0)
        assert parity.holds
    for mine, theirs in ((silent, zero), (zero, silent)):
        parity = compare(mine, theirs, [rows([0, 1])])
        assert (parity.rows, parity.unanswered, parity.answered_by_one) == (2, 0, 1)
        assert not parity.holds


def test_a_probability_that_is_no_number_and_a_label_below_zero_are_no_answers() -> None:
    nan = float("nan")
    half = Given(labels=[0, 1, 1], probabilities=[[1.0, 0.0], [nan, 1.0], [0.0, 1.0]])
    assert compare(half, Given(labels=[0, 1, 1], probabilities=[[1.0, 0.0]] + 2 * [[0.0, 1.0]]), [rows(range(3))]) == (
        Parity(rows=3, unanswered=0, answered_by_one=1, largest_difference=0.0, label_flips=0)
    )
    unlabelled = compare(Given(labels=[0, -1]), Given(labels=[0, 0]), [rows([0, 1])])
    assert (unlabelled.answered_by_one, unlabelled.label_flips) == (1, 0)


# ---- answers of different kinds -------------------------------------------------------------------------------------


def test_labels_alone_are_compared_where_both_give_labels_alone() -> None:
    assert compare(Given(labels=[1]), Given(labels=[1]), [rows([0])]).holds
    assert not compare(Given(labels=[0]), Given(labels=[1]), [rows([0])]).holds


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Given(labels=[1]), Given(labels=[1], probabilities=[[0.0, 1.0]])),
        (Given(labels=[1]), Given(values=[1.0])),
        (Given(labels=[1], probabilities=[[0.0, 1.0]]), Given(values=[1.0])),
        (Given(labels=[1], probabilities=[[0.0, 1.0]]), Given(labels=[1], probabilities=[[0.0, 1.0, 0.0]])),
    ],
)
def test_answers_of_different_kinds_are_never_equal(one: Given, other: Given) -> None:
    for mine, theirs in ((one, other), (other, one)):
        assert not compare(mine, theirs, [rows([0])]).holds


def test_another_number_of_answers_than_rows_is_never_equal() -> None:
    class Twice(Odds):
        def predict(self, columns: Columns) -> Predictions:
            return super().predict(columns.take([*range(len(columns)), 0]))

    for mine, theirs in ((Twice(), Odds()), (Odds(), Twice())):
        assert not compare(mine, theirs, GROUPS).holds


# ---- rows that the pipeline refuses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("refused", [{0}, {13}, {2, 3, 9}, set(range(10)), set(range(1, 14))])
def test_rows_that_both_refuse_are_counted_apart(refused: set[int]) -> None:
    parity = compare(Odds(refused=refused), Odds(refused=refused), GROUPS)
    assert (parity.rows, parity.unanswered) == (14 - len(refused), len(refused))
    assert parity.holds
    assert parity.sentence == (
        f"Proved equal to the fitted pipeline on {14 - len(refused)} rows: largest difference 0.0e+00. "
        f"Neither predicts {len(refused)} further rows."
    )


@pytest.mark.parametrize("row", [0, 5, 9, 11, 13])
def test_an_answer_to_one_row_that_the_other_refuses_is_caught_wherever_it_is(row: int) -> None:
    """As strictly as another label: an invented answer is as wrong as a wrong one."""
    for mine, theirs in ((Odds(), Odds(refused={row})), (Odds(refused={row}), Odds())):
        parity = compare(mine, theirs, GROUPS)
        assert (parity.rows, parity.unanswered, parity.answered_by_one) == (14, 0, 1)
        assert not parity.holds
        assert parity.sentence == (
            "Not equal to the fitted pipeline on 14 rows: 1 are predicted by one of the two only, 0 labels differ, "
            "largest difference 0.0e+00."
        )


def test_a_difference_beside_a_refused_row_is_caught() -> None:
    assert not compare(Odds(flipped={4}, refused={3, 5}), Odds(refused={3, 5}), GROUPS).holds


def test_nothing_is_proved_where_every_row_is_refused() -> None:
    parity = compare(Odds(refused=range(14)), Odds(refused=range(14)), GROUPS)
    assert (parity.rows, parity.unanswered) == (0, 14)
    assert not parity.holds


def test_the_pipeline_is_asked_once_for_a_group_and_a_few_times_more_for_a_refused_row() -> None:
    """Row by row, a proof would take minutes."""
    fitted = Odds()
    compare(Odds(), fitted, [rows(range(1024))])
    assert fitted.calls == 1
    fitted = Odds(refused={700})
    compare(Odds(), fitted, [rows(range(1024))])
    assert fitted.calls == 1 + 2 * 10


def test_a_fault_is_no_refusal() -> None:
    """A pipeline that cannot be asked at all proves nothing, and the training should say so."""

    class Broken(Odds):
        def predict(self, columns: Columns) -> Predictions:
            raise TypeError(f"broken, with {len(columns)} rows")

    with pytest.raises(TypeError, match="broken"):
        compare(Odds(), Broken(), GROUPS)


def test_extreme_rows_may_overflow_inside_the_pipeline() -> None:
    class Overflowing(Odds):
        def predict(self, columns: Columns) -> Predictions:
            warnings.warn("overflow encountered", RuntimeWarning, stacklevel=1)
            return super().predict(columns)

    assert compare(Odds(), Overflowing(), GROUPS).holds

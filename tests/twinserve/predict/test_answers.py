"""The rows with an answer, whether a predictor raises or predicts NaN for the others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import pytest

from tests.twinserve.signature.made import rows
from twinserve.predict.answers import answered, ask, picked, refused_rows
from twinserve.predict.predictor import CannotPredict, Predictions, PredictorKind
from twinserve.signature import Columns

NAN: Final = float("nan")


class Picky:
    """Raises on some rows and predicts NaN for others; the value of any other row is its first feature."""

    kind: Final[PredictorKind] = "scikit-learn"

    def __init__(self, raises: Collection[int] = (), silent: Collection[int] = ()) -> None:
        self.raises, self.silent = set(raises), set(silent)
        self.calls: list[int] = []

    def predict(self, columns: Columns) -> Predictions:
        """Each row's first feature."""
        first = columns.matrix[:, 0]
        self.calls.append(len(first))
        if self.raises & set(first.tolist()):
            raise CannotPredict("no")
        return Predictions(values=np.where(np.isin(first, list(self.silent)), NAN, first))


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [
        (Predictions(values=np.array([1.0, NAN, np.inf, -np.inf, 0.0])), [True, False, False, False, True]),
        (Predictions(np.array([0, -1, 2])), [True, False, True]),
        (Predictions(np.array([0, 1]), np.array([[1.0, 0.0], [NAN, 1.0]])), [True, False]),
        (Predictions(np.array([], dtype=np.int64), np.empty((0, 2))), []),
    ],
)
def test_an_answer_is_a_label_and_finite_numbers(predictions: Predictions, expected: list[bool]) -> None:
    assert answered(predictions).tolist() == expected
    assert len(answered(picked(predictions, answered(predictions)))) == sum(expected)


def test_what_is_neither_label_nor_value_is_no_prediction() -> None:
    with pytest.raises(TypeError, match="either labels or values"):
        answered(Predictions())


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(("raises", "silent"), [((), ()), ((3,), ()), ((), (0, 7)), ((1, 2, 7), (3,)), (range(8), ())])
def test_every_row_is_asked_whatever_the_others_are(
    raises: Collection[int], silent: Collection[int], alone: bool
) -> None:
    answers = ask(Picky(raises, silent), rows(range(8)), alone=alone)
    kept = [row for row in range(8) if row not in raises and row not in silent]
    assert np.flatnonzero(answers.given).tolist() == kept
    said = (
        [] if answers.predictions is None or answers.predictions.values is None else answers.predictions.values.tolist()
    )
    assert said == kept


def test_rows_that_are_taken_together_cost_one_call() -> None:
    predictor = Picky()
    ask(predictor, rows(range(1000)))
    assert predictor.calls == [1000]
    ask(predictor, rows(()))
    assert predictor.calls == [1000]


def test_the_first_refused_rows_are_found_of_either_kind() -> None:
    predictor = Picky(raises=(2, 5), silent=(3, 9))
    assert refused_rows(predictor, rows(range(12)), 100) == [2, 3, 5, 9]
    assert refused_rows(predictor, rows(range(12)), 2) == [2, 3]


def test_a_fault_is_no_refusal() -> None:
    class Broken(Picky):
        def predict(self, columns: Columns) -> Predictions:
            raise RuntimeError(f"broken, with {len(columns)} rows")

    with pytest.raises(RuntimeError, match="broken"):
        ask(Broken(), rows([1]))

"""Sampled explanations add up, repeat, and come as close as their error says."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import pytest

from tests.twinserve.explain.games import Floats, by_definition
from twinserve.explain import sampled
from twinserve.explain.explained import TooLate, explain
from twinserve.explain.sampled import SampledExplainer, mixed
from twinserve.explain.stored import Scale
from twinserve.predict.predictor import CannotPredict, Predictions, PredictorKind
from twinserve.signature import Columns

RNG = np.random.default_rng(0)
BACKGROUND = RNG.normal(size=(64, 4))


def answer(x: Floats) -> Floats:
    """Something with interactions."""
    return np.asarray(x[:, 0] * x[:, 1] + np.sin(x[:, 2]) + 2 * x[:, 3] * x[:, 0], dtype=np.float64)


class Formula:
    """A predictor of a formula, of values or of two classes; it has no answer to numbers over 100."""

    kind: PredictorKind = "scikit-learn"

    def __init__(self, of: Scale = "value") -> None:
        self.of, self.calls, self.largest = of, 0, 0

    def predict(self, columns: Columns) -> Predictions:
        """Its answers."""
        self.calls, self.largest = self.calls + 1, max(self.largest, len(columns))
        values = answer(columns.matrix)
        values[(columns.matrix > 100).any(axis=1)] = np.nan
        if self.of == "value":
            return Predictions(values=values)
        likely = 1 / (1 + np.exp(-values))
        labels = (likely > 0.5).astype(np.int64)
        return Predictions(labels, np.stack([1 - likely, likely], axis=1) if self.of == "probability" else None)


def explainer(of: Scale = "value", seed: str = "a") -> SampledExplainer:
    return SampledExplainer(Formula(of), Columns(BACKGROUND), of, seed)


ROWS = Columns(RNG.normal(size=(5, 4)))


@pytest.mark.parametrize("of", ["value", "probability", "decision"])
def test_base_and_contributions_add_up_to_the_answer(of: Scale) -> None:
    classes = None if of == "value" else [1, 0, 1, 0, 1]
    values = explainer(of).explain(ROWS, classes)
    predictions = Formula(of).predict(ROWS)
    for row in range(5):
        if of == "value":
            expected = answer(ROWS.matrix)[row]
        elif of == "probability":
            assert predictions.probabilities is not None
            expected = predictions.probabilities[row, (classes or [])[row]]
        else:
            assert predictions.labels is not None
            expected = float(predictions.labels[row] == (classes or [])[row])
        assert values.output[row] == pytest.approx(expected, abs=1e-12)
        assert values.base[row] + values.contributions[row].sum() == pytest.approx(expected, abs=1e-12)


def test_the_values_are_as_near_to_the_definitions_as_their_errors_say() -> None:
    """Of 20 contributions nearly all lie within three standard errors, and the errors are not wide."""
    values = explainer().explain(ROWS, None)
    assert values.errors is not None
    for row in range(5):

        def worth(known: frozenset[int], row: int = row) -> float:
            x = BACKGROUND.copy()
            x[:, list(known)] = ROWS.matrix[row, list(known)]
            return float(answer(x).mean())

        off = np.abs(values.contributions[row] - by_definition(worth, 4))
        assert (off <= 3.5 * values.errors[row] + 1e-9).all()
        assert values.errors[row].max() < 0.5


def test_a_row_gets_the_same_numbers_again_in_any_batch_and_others_in_another_version() -> None:
    whole = explainer().explain(ROWS, None)
    alone = explainer().explain(ROWS.take([2]), None)
    assert np.array_equal(alone.contributions[0], whole.contributions[2])
    other = explainer(seed="b").explain(ROWS.take([2]), None)
    assert not np.array_equal(alone.contributions, other.contributions)
    assert other.output[0] == pytest.approx(alone.output[0], abs=1e-12)


def test_the_predictor_is_asked_in_few_large_calls() -> None:
    formula = Formula()
    SampledExplainer(formula, Columns(BACKGROUND), "value", "").explain(ROWS.take([0]), None)
    assert (formula.calls, formula.largest) == (3, 64 * 2 * 3)


def test_errors_of_huge_values_are_numbers() -> None:
    """Their squares are none."""

    class Huge(Formula):
        def predict(self, columns: Columns) -> Predictions:
            return Predictions(values=answer(columns.matrix) * 1e200)

    huge = SampledExplainer(Huge(), Columns(BACKGROUND), "value", "a").explain(ROWS, None)
    plain = explainer().explain(ROWS, None)
    assert huge.errors is not None
    assert plain.errors is not None
    assert huge.errors / 1e200 == pytest.approx(plain.errors)


def test_many_fields_are_asked_in_several_calls_with_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call holds more numbers than it may, unless a single walk does."""
    whole = explainer().explain(ROWS, None)
    monkeypatch.setattr(sampled, "MOST_CELLS", 60)
    formula = Formula()
    pieces = SampledExplainer(formula, Columns(BACKGROUND), "value", "a").explain(ROWS, None)
    assert formula.largest == len(BACKGROUND)
    assert np.array_equal(pieces.contributions, whole.contributions)


@pytest.mark.parametrize("rows", [1, 3, 40])
def test_a_small_background_is_used_several_times_and_its_errors_are_no_smaller_than_they_are(rows: int) -> None:
    """With a single order for a single row there would be no error at all."""
    few = Columns(BACKGROUND[:rows])
    values = SampledExplainer(Formula(), few, "value", "a").explain(ROWS, None)
    assert values.errors is not None
    for row in range(5):

        def worth(known: frozenset[int], row: int = row) -> float:
            x = few.matrix.copy()
            x[:, list(known)] = ROWS.matrix[row, list(known)]
            return float(answer(x).mean())

        off = np.abs(values.contributions[row] - by_definition(worth, 4))
        assert (off <= 4 * values.errors[row] + 1e-9).all()
        assert values.base[row] == pytest.approx(answer(few.matrix).mean(), abs=1e-12)


def test_rows_in_pieces_have_the_values_of_all_at_once_until_it_is_too_late() -> None:
    """With a deadline, as a service has one."""
    formula = Formula("probability")
    whole = SampledExplainer(formula, Columns(BACKGROUND), "probability", "a")
    predictions, ask = formula.predict(ROWS), partial(explain, whole, ROWS)
    at_once = ask(predictions, ("no", "yes"), None, 2)
    in_pieces = ask(predictions, ("no", "yes"), None, 2, time.monotonic() + 60)
    assert in_pieces.described("abcd") == at_once.described("abcd")
    with pytest.raises(TooLate):
        ask(predictions, ("no", "yes"), None, 2, time.monotonic() - 1)


def test_one_field_gets_everything() -> None:
    class One(Formula):
        def predict(self, columns: Columns) -> Predictions:
            return Predictions(values=columns.matrix[:, 0] * 2)

    values = SampledExplainer(One(), Columns(BACKGROUND[:, :1]), "value", "").explain(Columns(np.array([[3.0]])), None)
    assert values.output[0] == pytest.approx(6.0)
    assert values.contributions[0, 0] == pytest.approx(6.0 - BACKGROUND[:, 0].mean() * 2)


def test_where_a_mixture_has_no_answer_there_is_no_explanation() -> None:
    """Whether the predictor gives NaN or refuses; the rows beside it have theirs."""

    class Refusing(Formula):
        def predict(self, columns: Columns) -> Predictions:
            if (columns.matrix > 100).any():
                raise CannotPredict
            return super().predict(columns)

    two = Columns(np.array([[0.0, 0.0, 0.0, 200.0], [1.0, 2.0, 3.0, 4.0]]))
    for predictor in (Formula(), Refusing()):
        values = SampledExplainer(predictor, Columns(BACKGROUND), "value", "").explain(two, None)
        assert np.isnan(values.output).tolist() == [True, False]


def test_a_mixture_keeps_texts_and_categories_of_whichever_row_they_come_from() -> None:
    row = Columns(np.array([[1.0, -1.0, np.nan]]), {(0, 1): "new"}, {2: ["mine"]})
    background = Columns(np.array([[5.0, -1.0, np.nan], [6.0, 2.0, np.nan]]), {(0, 1): "old"}, {2: ["first", None]})
    is_in = np.array([[True, False, True], [False, True, False], [False, False, False]])
    found = mixed(row, background, np.array([0, 0, 1]), is_in)
    assert found.matrix[:, :2].tolist() == [[1.0, -1.0], [5.0, -1.0], [6.0, 2.0]]
    assert found.unseen == {(0, 1): "old", (1, 1): "new"}
    assert found.texts == {2: ["mine", "first", None]}

"""Golden rows: a model must give the replies again that it gave in training."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pytest

from tests.twinserve.signature.made import feature, signature
from twinserve import bounds
from twinserve.errors import ArtifactRefused, CannotTrain
from twinserve.predict.predictor import CannotPredict, Predictions, PredictorKind
from twinserve.predict.targets.made import one_target
from twinserve.signature import Columns
from twinserve.store import golden_rows, store_file

CONTRACT = signature(feature("x"), feature("n", nullable=True), feature("i", "integer"))
CLASSES = ("no", "yes")
COLUMNS = Columns(np.array([[0.25, np.nan, 1.0], [0.75, 1.5, 2.0]]))


class Odds:
    """Predicts `yes` with the probability `x`, shifted by a test's constant."""

    kind: Final[PredictorKind] = "compiled"

    def __init__(self, moved: float = 0.0, flipped: bool = False) -> None:  # noqa: FBT002
        self.moved, self.flipped = moved, flipped

    def predict(self, columns: Columns) -> Predictions:
        """One row or many."""
        yes = columns.matrix[:, 0] + self.moved
        return Predictions(((yes > 0.5) != self.flipped).astype(np.int64), np.stack([1 - yes, yes], axis=1))


class Level:
    """A regression that predicts `x`, shifted."""

    kind: Final[PredictorKind] = "scikit-learn"

    def __init__(self, moved: float = 0.0) -> None:
        self.moved = moved

    def predict(self, columns: Columns) -> Predictions:
        """One row or many."""
        return Predictions(values=1e6 * columns.matrix[:, 0] + self.moved)


def pairs() -> Any:
    """The golden pairs, as they come back from their file."""
    return golden_rows.GOLDEN.validate_json(
        json.dumps(golden_rows.make(Odds(), COLUMNS, CONTRACT, one_target(CLASSES))).encode()
    )


def test_a_pair_is_the_request_that_a_caller_would_send_and_its_reply() -> None:
    assert pairs()[0] == {
        "request": {"x": 0.25, "n": None, "i": 1},
        "reply": {"label": "no", "probabilities": {"no": 0.75, "yes": 0.25}},
    }


def test_the_same_model_passes() -> None:
    golden_rows.replay(pairs(), Odds(), CONTRACT, one_target(CLASSES))


def test_the_last_bits_may_differ() -> None:
    golden_rows.replay(pairs(), Odds(moved=1e-12), CONTRACT, one_target(CLASSES))


@pytest.mark.parametrize("other", [Odds(moved=1e-7), Odds(moved=float("nan")), Odds(flipped=True)])
def test_another_answer_is_refused_with_the_number_of_the_row(other: Odds) -> None:
    with pytest.raises(ArtifactRefused, match=r"^Golden row 0 is predicted differently than when the model was made; "):
        golden_rows.replay(pairs(), other, CONTRACT, one_target(CLASSES))


def test_values_are_compared_relative_to_their_size() -> None:
    made = golden_rows.make(Level(), COLUMNS, CONTRACT, one_target(None))
    golden_rows.replay(made, Level(moved=1e-5), CONTRACT, one_target(None))
    with pytest.raises(ArtifactRefused):
        golden_rows.replay(made, Level(moved=1e-2), CONTRACT, one_target(None))


class Silent(Odds):
    """Has no answer where `x` is below a half."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def predict(self, columns: Columns) -> Predictions:
        """One row or many."""
        low = columns.matrix[:, 0] < 0.5
        if self.how == "raises" and low.any():
            raise CannotPredict("too small")
        labels, probabilities, *_ = super().predict(columns)
        assert probabilities is not None
        return Predictions(labels, np.where(low[:, None], np.nan, probabilities))


@pytest.mark.parametrize("how", ["raises", "says NaN"])
def test_a_row_without_an_answer_must_stay_without_one(how: str) -> None:
    """A NaN in a reply equals nothing, itself included: such a pair refused every version of the model."""
    made = golden_rows.GOLDEN.validate_json(
        json.dumps(golden_rows.make(Silent(how), COLUMNS, CONTRACT, one_target(CLASSES))).encode()
    )
    assert [pair["reply"] is None for pair in made] == [True, False]
    golden_rows.replay(made, Silent("raises"), CONTRACT, one_target(CLASSES))
    golden_rows.replay(made, Silent("says NaN"), CONTRACT, one_target(CLASSES))
    with pytest.raises(ArtifactRefused, match=r"^Golden row 0 is predicted differently"):
        golden_rows.replay(made, Odds(), CONTRACT, one_target(CLASSES))
    with pytest.raises(ArtifactRefused, match=r"^Golden row 0 is predicted differently"):
        golden_rows.replay(pairs(), Silent(how), CONTRACT, one_target(CLASSES))


def test_no_golden_rows_are_no_objection() -> None:
    golden_rows.replay([], Odds(), CONTRACT, one_target(CLASSES))


def test_of_very_wide_rows_only_as_many_are_written_as_a_server_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "FILES", {"golden.json": 500})
    pairs = [{"request": {"x": float(number)}, "reply": {"value": 1.0}} for number in range(40)]
    content = golden_rows.write(pairs)
    assert len(content) <= 500
    assert json.loads(content) == pairs[::8]


def test_of_rows_with_many_parts_only_as_many_are_written_as_a_server_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PARTS", {"golden.json": 50})
    pairs = [{"request": {"x": {"y": float(number)}}, "reply": {"value": 1.0}} for number in range(40)]
    content = golden_rows.write(pairs)
    assert store_file.parts(content) <= 50
    assert json.loads(content) == pairs[::4]


@pytest.mark.parametrize("bound", ["FILES", "PARTS"])
def test_a_row_that_does_not_fit_alone_is_left_out(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(bounds, bound, {"golden.json": 200 if bound == "FILES" else 10})
    wide: dict[str, Any] = {"request": {f"x{number}": {"y": 1.0} for number in range(40)}, "reply": None}
    narrow: dict[str, Any] = {"request": {"x": 1.0}, "reply": None}
    assert json.loads(golden_rows.write([wide, narrow])) == [narrow]


@pytest.mark.parametrize("bound", ["FILES", "PARTS"])
@pytest.mark.parametrize("rows", [1, 2, 7])
def test_where_no_row_fits_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch, bound: str, rows: int) -> None:
    monkeypatch.setattr(bounds, bound, {"golden.json": 10 if bound == "FILES" else 3})
    with pytest.raises(CannotTrain, match=r"^No row can be stored with the model: .*fewer columns or shorter texts\.$"):
        golden_rows.write([{"request": {"x": float(number)}, "reply": {"value": 1.0}} for number in range(rows)])
    assert golden_rows.write([]) == b"[]"

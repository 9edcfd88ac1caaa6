"""A row that the model cannot predict is 422 `unpredictable`, alone and by its index, at both doors and with both
predictors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from tests.doors import DOORS, Both, open_both
from tests.twinserve.signature.made import feature, signature
from twinserve.compile import Column, compile_pipeline
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.fallback import SklearnPredictor
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.predict.targets.made import one_target
from twinserve.service.service import Service
from twinserve.signature import Columns
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON, REQUEST_ID
from twinserve.testing.fakes import PATIENCE, BlockedPredictor, car, opened, service_of

CONTRACT = signature(feature("a", nullable=True), feature("b"))
CLASSES = ("no", "yes")
FINE: Any = {"a": 0.5, "b": 1.5}
HEADERS = {**JSON, "X-Request-Id": REQUEST_ID}

# A pipeline, and what it takes no more than it takes null.
CLASSIFIERS: dict[str, tuple[Any, Sequence[float]]] = {
    "linear": (make_pipeline(StandardScaler(), LogisticRegression()), [1.7e308]),
    "labels only": (make_pipeline(StandardScaler(), LinearSVC()), [1.7e308]),
    "boosting": (GradientBoostingClassifier(n_estimators=3), [1e39, -1e39, 1.7e308]),
}
REGRESSORS: dict[str, tuple[Any, Sequence[float]]] = {
    "exponential": (PoissonRegressor(alpha=0.0), [1e4, 1e300]),
    "logarithm of the target": (
        TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
        [1e6, 1e300],
    ),
}
EVERY = {**CLASSIFIERS, **REGRESSORS}


def predictor(name: str, kind: str) -> Predictor:
    """A small model of two numbers, trained without nulls."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.random(120), "b": 0.1 * rng.random(120)})
    wanted = np.array(CLASSES, dtype=object)[(frame["a"] > 0.5).astype(int)]
    classes = CLASSES if name in CLASSIFIERS else None
    pipeline = clone(EVERY[name][0]).fit(frame, wanted if classes else np.exp(3 * frame["a"] + 9 * frame["b"]))
    if kind == "scikit-learn":
        return SklearnPredictor(pipeline, CONTRACT, one_target(classes))
    return CompiledPredictor(compile_pipeline(pipeline, [Column("a", "number"), Column("b", "number", nullable=False)]))


@pytest.fixture(params=["compiled", "scikit-learn"])
def kind(request: pytest.FixtureRequest) -> Any:
    """The kinds of predictors."""
    return request.param


@pytest.fixture(params=EVERY)
def asked(request: pytest.FixtureRequest, kind: str) -> Iterator[tuple[Both, Service, Sequence[float]]]:
    """Both doors over a model, and the values of `b` that it cannot predict."""
    classes = CLASSES if request.param in CLASSIFIERS else None
    service = service_of(opened(predictor(request.param, kind), classes, CONTRACT))
    with open_both(service) as doors:
        yield doors, service, EVERY[request.param][1]


def pointers(answer: Answer) -> list[str]:
    """The pointers of the errors, which must all be `unpredictable`."""
    assert answer.status == 422
    assert {error["code"] for error in answer.json()["errors"]} == {"unpredictable"}
    return [error["pointer"] for error in answer.json()["errors"]]


def test_each_row_without_an_answer_is_named_and_no_value(asked: tuple[Both, Service, Sequence[float]]) -> None:
    doors, _, refused = asked
    silent = [{"a": None, "b": 0.5}, *({"a": 0.5, "b": number} for number in refused)]
    assert doors.predict(FINE).status == 200
    for row in silent:
        assert pointers(doors.predict(row)) == [""]
    rows = [FINE, *silent, FINE, silent[0]]
    answer = doors.predict(rows)
    assert pointers(answer) == [f"/{place}" for place, row in enumerate(rows) if row in silent]
    assert b"e+" not in answer.body.lower()
    assert doors.predict([FINE, FINE]).status == 200


def test_of_very_many_the_first_hundred_are_named(asked: tuple[Both, Service, Sequence[float]]) -> None:
    """The first 100 rows are listed, in the same words for both predictors."""
    doors, _, refused = asked
    answer = doors.predict([FINE, *[{"a": 0.5, "b": refused[0]}] * 150])
    assert pointers(answer) == [f"/{place}" for place in range(1, 101)]
    assert answer.json()["detail"].startswith("At least 101 errors in the input.")


def test_it_is_no_fault_of_ours_and_no_prediction(asked: tuple[Both, Service, Sequence[float]]) -> None:
    doors, service, refused = asked
    doors.predict({"a": 0.5, "b": refused[-1]})
    metrics = service.metrics.render().decode()
    assert 'status="500"' not in metrics
    assert "twinserve_predictions_total{" not in metrics or 'predictions_total{model="cars",version="7"} 0.0' in metrics


def test_a_large_number_that_the_model_answers_is_answered(kind: str) -> None:
    """Only the prediction decides, not the size of a number."""
    with open_both(service_of(opened(predictor("labels only", kind), CLASSES, CONTRACT))) as doors:
        assert doors.predict({"a": 1e200, "b": -1e250}).status == 200


class SlowSums(BlockedPredictor):
    """A slow regression: the sum of a row, infinite if it overflows."""

    def predict(self, columns: Columns) -> Predictions:
        """The sums."""
        super().predict(columns)
        sums = np.nansum(columns.matrix, axis=1)
        return Predictions(values=np.where(sums > 1e300, np.inf, sums))


@pytest.mark.parametrize("door", DOORS)
def test_an_overflow_takes_none_of_those_along_that_were_asked_with_it(door: str) -> None:
    """Of joined requests, only the one that overflows is refused."""
    slow = SlowSums()
    service = service_of(opened(slow, classes=None), threads=1)
    client = DOORS[door](service)
    bodies = [car(age=1), car(age=1e307), [car(), car(age=1e307), car()], car(age=2)]

    def ask(body: Any) -> Answer:
        return client.send("POST", "/predict", json.dumps(body).encode(), HEADERS)

    with ThreadPoolExecutor(8) as clients:
        first = clients.submit(ask, car())
        assert slow.begun.acquire(timeout=PATIENCE)
        waiting: list[Future[Answer]] = [clients.submit(ask, body) for body in bodies]
        while len(service._pool._waiting) < len(bodies):
            assert not first.done()
        slow.go_on.set()
        answers = [future.result(PATIENCE) for future in waiting]
    assert max(slow.rows) == 6
    assert [answer.status for answer in answers] == [200, 422, 422, 200]
    assert [pointers(answer) for answer in answers[1:3]] == [[""], ["/1"]]
    client.close()
    service.close()

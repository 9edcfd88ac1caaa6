"""Tasks beyond one class or one value: several targets, quantiles, anomalies. A rule for each, at every path."""

from __future__ import annotations

import json
from html import unescape
from typing import Any, Final

import numpy as np
import pytest

from twinserve.arrays import FloatArray
from twinserve.predict.predictor import CannotPredict, Predictions, PredictorKind
from twinserve.service.http.routes import ROUTES
from twinserve.service.service import Service
from twinserve.signature import Columns
from twinserve.testing.client import Serve
from twinserve.testing.contract.forms import post
from twinserve.testing.contract.predictions import without_warnings
from twinserve.testing.contract.suite import OpenedSuite
from twinserve.testing.fakes import car, opened, service_of

ODD: Final = '100 % "of" {x}\\'
"""A name that text templates might misread."""


def numbers(columns: Columns, width: int) -> FloatArray:
    """`[n, width]`: numbers that depend on each row alone."""
    sums = np.array([np.nan_to_num(row, posinf=0).sum() for row in columns.matrix])
    return np.stack([np.sin(sums + place) * 10.0**place for place in range(width)], axis=1)


class TaskPredictor:
    """A predictor of one of the tasks."""

    kind: PredictorKind = "compiled"

    def __init__(self, task: str) -> None:
        self._task = task

    def predict(self, columns: Columns) -> Predictions:
        """Predictions of that task's form."""
        found = numbers(columns, 3)
        match self._task:
            case "values":
                return Predictions(values=found[:, :2])
            case "quantiles":
                return Predictions(values=found[:, 1], quantiles=found[:, ::2])
            case "anomaly":
                return Predictions((found[:, 0] < 0).astype(np.int64), values=found[:, 0])
        likely = np.concatenate([_shares(found[:, :2]), _shares(found)], axis=1)
        labels = np.stack([likely[:, :2].argmax(axis=1), 2 + likely[:, 2:].argmax(axis=1)], axis=1).astype(np.int64)
        return Predictions(labels, likely if self._task == "labels" else None)


def _shares(scores: FloatArray) -> FloatArray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: FloatArray = raised / raised.sum(axis=1, keepdims=True)
    return shares


class PickyTask(TaskPredictor):
    """Raises for a batch with a car older than 50 years."""

    def predict(self, columns: Columns) -> Predictions:
        """The predictions, or `CannotPredict`."""
        if (columns.matrix == 77.0).any():
            raise CannotPredict("too old")
        return super().predict(columns)


TARGETS: Final[dict[str, Any]] = {"kind": ("no", "yes"), ODD: ("a", ODD, "c")}
TASKS: Final[dict[str, dict[str, Any]]] = {
    "values": {"task": "multi-output", "targets": {"height": None, ODD: None}},
    "labels": {"task": "multi-output", "targets": TARGETS},
    "only labels": {"task": "multi-output", "targets": TARGETS},
    "quantiles": {"task": "regression", "quantiles": (0.1, 0.5, 0.9)},
    "anomaly": {"task": "anomaly"},
}
MEMBERS: Final = {
    "values": ["values"],
    "labels": ["labels", "probabilities"],
    "only labels": ["labels", "probabilities"],
    "quantiles": ["value", "quantiles"],
    "anomaly": ["label", "score"],
}
WITHOUT_EXPLANATION: Final = ("values", "labels", "only labels")
WITHOUT_COVERAGE: Final = (*WITHOUT_EXPLANATION, "anomaly")
every_task = pytest.mark.parametrize("task", TASKS)


def service(task: str, kind: type[TaskPredictor] = TaskPredictor, **changes: Any) -> Service:
    """A service of a model of cars with that task."""
    return service_of(opened(kind(task), classes=None, **TASKS[task]), **changes)


class TasksContract(OpenedSuite):
    """Models of every task."""

    @every_task
    def test_a_task_has_its_members(self, serve: Serve, task: str) -> None:
        """Those of the task, in their order, and the same for an instance alone and in a batch."""
        served = serve(service(task))
        alone = served.predict(car()).json()
        assert [*alone] == ["model", "version", *MEMBERS[task], "warnings"]
        cars = [car(age=age) for age in range(9)]
        for instance, found in zip(cars, served.predict(cars).json()["predictions"], strict=True):
            assert without_warnings(found) == without_warnings(served.predict(instance).json())

    @every_task
    def test_openapi_requires_every_member(self, serve: Serve, task: str) -> None:
        """And still lists every path; one that only refuses has no 200."""
        document = serve(service(task)).send("GET", "/openapi.json").json()
        assert document["components"]["schemas"]["Prediction"]["required"] == [*MEMBERS[task], "warnings"]
        described = {(path, method) for path, operations in document["paths"].items() for method in operations}
        assert described == {
            (route.path, method.lower()) for route in ROUTES for method in route.methods if method != "HEAD"
        }
        explains = document["paths"]["/explain"]["post"]["responses"]
        assert "501" in explains
        assert ("200" in explains) == (task not in WITHOUT_EXPLANATION)

    @every_task
    def test_the_model_says_its_task(self, serve: Serve, task: str) -> None:
        """And its targets or quantiles, where it has some."""
        facts = serve(service(task)).send("GET", "/model").json()
        given = TASKS[task]
        assert (facts["task"], facts["classes"]) == (given["task"], None)
        targets = [
            {"name": name, "classes": classes and [*classes]} for name, classes in given.get("targets", {}).items()
        ]
        assert facts.get("targets", []) == targets
        assert facts.get("quantiles", []) == [*given.get("quantiles", ())]

    @pytest.mark.parametrize("task", WITHOUT_COVERAGE)
    def test_a_coverage_that_cannot_be_is_400(self, serve: Serve, task: str) -> None:
        """`invalid-parameter`, in the one shape of errors."""
        answer = serve(service(task)).predict(car(), path="/predict?coverage=0.9")
        assert (answer.status, answer.json()["type"]) == (400, "urn:twinserve:problem:invalid-parameter")
        (error,) = answer.json()["errors"]
        assert (error["parameter"], error["code"]) == ("coverage", "bound")

    @pytest.mark.parametrize("task", WITHOUT_EXPLANATION)
    def test_an_explanation_that_is_not_there_is_501(self, serve: Serve, task: str) -> None:
        """`not-implemented` as for a version that was made without, with the reason, and whatever is asked for."""
        served = serve(service(task))
        answer = served.predict(car(), path="/explain")
        said = answer.json()
        assert (answer.status, said["type"]) == (501, "urn:twinserve:problem:not-implemented")
        assert said["title"] == "Not implemented by this server"
        assert served.predict(car(), path="/explain?class=a").status == 501
        assert answer.json()["detail"] == "The predictions of several targets have no explanation."

    @pytest.mark.parametrize("task", ["quantiles", "anomaly"])
    def test_a_value_or_a_score_is_explained(self, serve: Serve, task: str) -> None:
        """Base, contributions and others add up to it; there is no class to choose."""
        served = serve(service(task))
        answer = served.predict(car(), path="/explain?top=2").json()
        why = answer["explanation"]
        whole = why["base"] + why["others"] + sum(item["contribution"] for item in why["contributions"])
        assert whole == pytest.approx(answer["value" if task == "quantiles" else "score"])
        assert served.predict(car(), path="/explain?class=outlier").status == 400

    @every_task
    def test_a_row_without_a_prediction_of_the_task_is_422(self, serve: Serve, task: str) -> None:
        """`unpredictable`, with the row's pointer."""
        answer = serve(service(task, PickyTask)).predict([car(), car(age=77)])
        assert answer.status == 422
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/1", "unpredictable")]

    @every_task
    def test_the_page_shows_what_is_predicted(self, serve: Serve, task: str) -> None:
        """Each member, on the page that answers a form."""
        served = serve(service(task))
        assert served.send("GET", "/", headers={"Accept": "text/html"}).status == 200
        answer = post(served, json=json.dumps(car()))
        assert answer.status == 200
        said = served.predict(car()).json()
        text = unescape(answer.body.decode())
        for name in (*said.get("values", {}), *said.get("labels", {}), *said.get("quantiles", {})):
            assert name in text
        assert said.get("label", "") in text

"""Tasks beyond one class or one value: the answers of both doors against the predictor's own numbers and the schema."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.contract.conftest import OpenDoors
from tests.doors import Both
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.rendering import Renderer
from twinserve.predict.targets.made import several_targets, target_of
from twinserve.service.protocols.graphql.dialect import GRAPHQL
from twinserve.signature.request.validator import Validator
from twinserve.testing.client import JSON
from twinserve.testing.contract.tasks import TASKS, TaskPredictor, every_task
from twinserve.testing.fakes import car, opened, service_of, signature

FIELDS = {
    "values": "values { target value }",
    "labels": "labels { target label } probabilities { target probabilities { label probability } }",
    "only labels": "labels { target label } probabilities { target probabilities { label probability } }",
    "quantiles": "value quantiles { quantile value }",
    "anomaly": "label score",
}


def doors_of(open_doors: OpenDoors, task: str) -> Both:
    """All doors over a model of this task, with GraphQL."""
    made = opened(TaskPredictor(task), classes=None, **TASKS[task])
    return open_doors(service_of(made, dialects=[GRAPHQL]))


@every_task
def test_answers_are_the_predictors_own(open_doors: OpenDoors, task: str) -> None:
    """To the last bit, at every door alike, and valid by the schema of `/openapi.json`."""
    both, cars = doors_of(open_doors, task), [car(age=age) for age in range(5)]
    columns = Validator(signature()).validate(json.dumps(cars).encode()).columns
    target = opened(TaskPredictor(task), classes=None, **TASKS[task]).manifest.target
    answers = both.predict(cars).json()
    expected = target.describe(TaskPredictor(task).predict(columns))
    assert [{name: found[name] for name in found if name != "warnings"} for found in answers["predictions"]] == expected
    document = both.send("GET", "/openapi.json").json()
    content = document["paths"]["/predict"]["post"]["responses"]["200"]["content"]["application/json"]
    validator = Draft202012Validator({**content["schema"], "components": document["components"]})
    validator.validate(answers)
    validator.validate(both.predict(car()).json())


@every_task
def test_graphql_gives_the_same(open_doors: OpenDoors, task: str) -> None:
    """Objects with names as lists of pairs; nothing is asked for that the task has not."""
    both = doors_of(open_doors, task)
    native = both.predict(car()).json()
    query = f"query($car: Instance!) {{ predict(instance: $car) {{ {FIELDS[task]} }} }}"
    body = {"query": query, "variables": {"car": car()}}
    found = both.send("POST", "/graphql", json.dumps(body).encode(), JSON).json()["data"]["predict"]
    for name, value in found.items():
        assert _plain(value) == native[name]
    schema = {"query": "{ __schema { queryType { fields { name args { name } } } } }"}
    listed = both.send("POST", "/graphql", json.dumps(schema).encode(), JSON).json()
    queries = {query["name"]: query["args"] for query in listed["data"]["__schema"]["queryType"]["fields"]}
    assert ("explain" in queries) == (task in ("quantiles", "anomaly"))
    assert ({"name": "coverage"} in queries["predict"]) == (task == "quantiles")


def _plain(value: Any) -> Any:
    """A list of pairs as the object that it stands for."""
    if not isinstance(value, list):
        return value
    pairs = [tuple(item.values()) for item in value]
    return {name: _plain(rest) for name, rest in pairs}


@given(st.data())
def test_any_names_and_numbers_are_written_so_that_they_read_back(data: st.DataObject) -> None:
    """Names of targets and classes may hold anything; a number reads back as the same double."""
    texts = st.lists(st.text(max_size=5), min_size=1, max_size=4, unique=True)
    names, rows = data.draw(texts), data.draw(st.integers(1, 3))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    if data.draw(st.booleans()):
        classes = [tuple(data.draw(texts)) for _ in names]
        target = several_targets(dict(zip(names, classes, strict=True)))
        ends = np.cumsum([0, *map(len, classes)]).tolist()
        codes = [
            [start + data.draw(st.integers(0, len(of) - 1)) for start, of in zip(ends, classes, strict=False)]
            for _ in range(rows)
        ]
        likely = np.array([[data.draw(finite) for _ in range(ends[-1])] for _ in range(rows)])
        predictions = Predictions(np.array(codes), likely if data.draw(st.booleans()) else None)
    else:
        target = several_targets(dict.fromkeys(names))
        predictions = Predictions(values=np.array([[data.draw(finite) for _ in names] for _ in range(rows)]))
    body = json.loads(Renderer("m", "1", target).many(predictions, {}, rows))
    expected = [{**found, "warnings": []} for found in target.describe(predictions)]
    assert body["predictions"] == expected


WRONG = {
    "values": [Predictions(), Predictions(values=np.zeros(1)), Predictions(values=np.full((1, 2), np.nan))],
    "labels": [
        Predictions(),
        Predictions(np.zeros(1, dtype=np.int64)),
        Predictions(np.array([[0, -1]])),
        Predictions(np.array([[0, 2]]), np.zeros((1, 2))),
    ],
    "quantiles": [Predictions(values=np.zeros(1)), Predictions(values=np.zeros(1), quantiles=np.zeros((1, 3)))],
    "anomaly": [
        Predictions(values=np.zeros(1)),
        Predictions(np.array([-1]), values=np.zeros(1)),
        Predictions(np.array([0]), values=np.array([np.inf])),
    ],
}


@pytest.mark.parametrize(("task", "place"), [(task, place) for task in WRONG for place in range(len(WRONG[task]))])
def test_what_is_no_prediction_of_the_task_is_a_fault(task: str, place: int) -> None:
    """Never half an answer."""
    facts = TASKS[task]
    target = target_of(facts["task"], None, facts.get("targets", {}), facts.get("quantiles", ()))
    with pytest.raises(BadPrediction):
        Renderer("m", "1", target).one(WRONG[task][place], {})

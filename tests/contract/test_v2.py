"""The Open Inference Protocol V2 at all doors: the same answers as the native JSON, in its own form."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.contract.conftest import OpenDoors
from tests.contract.v2 import CARS, infer, require, told
from tests.doors import Both, open_both
from tests.tensors import INFER, LENGTH, binary_body, inputs_of, json_body, outputs_in
from twinserve.conformal.coverage import Coverage
from twinserve.conformal.stored import StoredIntervals, StoredScores, StoredSets
from twinserve.service.protocols.v2.dialect import V2
from twinserve.testing.contract.tasks import TASKS, TaskPredictor, every_task
from twinserve.testing.fakes import (
    CLASSES,
    FakePredictor,
    ValuePredictor,
    car,
    opened,
    service_of,
    signature,
)

DEFAULT = {"label", "probabilities"}


@pytest.fixture(scope="module")
def doors() -> Iterator[Both]:
    """All doors over the fake model of cars, which is named `tumor` on the shelf."""
    with open_both(service_of(dialects=[V2])) as both:
        yield both


def native(doors: Both, cars: list[Any]) -> list[Any]:
    """The predictions of the native JSON."""
    found: list[Any] = doors.predict(cars).json()["predictions"]
    return found


def test_predictions_are_those_of_the_native_json_to_the_last_bit(doors: Both) -> None:
    found, expected = infer(doors, CARS), native(doors, CARS)
    assert found["label"] == [row["label"] for row in expected]
    assert found["probabilities"] == [list(row["probabilities"].values()) for row in expected]
    assert found.keys() == DEFAULT


@pytest.mark.parametrize("is_column", [False, True])
@pytest.mark.parametrize("is_nested", [False, True])
def test_an_input_may_be_a_column_and_nested(doors: Both, is_column: bool, is_nested: bool) -> None:
    inputs = inputs_of(CARS)
    for tensor in inputs:
        tensor["shape"] = [3, 1] if is_column else [3]
        tensor["data"] = [[item] for item in tensor["data"]] if is_nested and is_column else tensor["data"]
    answer = doors.send("POST", INFER, json_body(inputs))
    assert outputs_in(answer.body, None) == infer(doors, CARS)


def test_a_list_of_fields_may_be_one_input(doors: Both) -> None:
    inputs = [tensor for tensor in inputs_of(CARS) if not tensor["name"].startswith("wheels")]
    wheels = {"name": "wheels", "datatype": "FP32", "shape": [3, 4], "data": [one["wheels"] for one in CARS]}
    answer = doors.send("POST", INFER, json_body([wheels, *inputs]))
    assert outputs_in(answer.body, None) == infer(doors, CARS)


@pytest.mark.parametrize("is_binary", [None, False, True])
def test_binary_data_say_the_same(doors: Both, is_binary: bool | None) -> None:
    """In the request, in the reply, or in both."""
    rest = {} if is_binary is None else {"parameters": {"binary_data_output": is_binary}}
    body, headers = binary_body(inputs_of(CARS), id="a", **rest)
    answer = doors.send("POST", INFER, body, headers)
    assert require(answer, "inference_response")["id"] == "a"
    assert outputs_in(answer.body, answer.headers.get(LENGTH)) == infer(doors, CARS)
    assert answer.headers["content-type"] == ("application/octet-stream" if is_binary else "application/json")
    assert (LENGTH in answer.headers) == bool(is_binary)


def test_each_output_may_be_binary_or_not(doors: Both) -> None:
    """Whatever the request says for all; outputs come in the order in which they are asked for."""
    outputs = [
        {"name": "warnings", "parameters": {"binary_data": True}},
        {"name": "probabilities"},
        {"name": "label", "parameters": {"binary_data": False}},
    ]
    body = json_body(inputs_of(CARS), outputs=outputs, parameters={"binary_data_output": True})
    answer = doors.send("POST", INFER, body)
    listed = require(answer, "inference_response")["outputs"]
    assert [(output["name"], "data" in output) for output in listed] == [
        ("warnings", False),
        ("probabilities", False),
        ("label", True),
    ]
    found = outputs_in(answer.body, answer.headers[LENGTH])
    alone = [doors.predict(one).json()["warnings"] for one in CARS]  # Pointers are those within the row.
    assert [json.loads(text) for text in found["warnings"]] == alone


def test_the_number_of_rows_with_warnings_is_told(doors: Both) -> None:
    answer = doors.send("POST", INFER, json_body(inputs_of(CARS)))
    assert answer.json()["parameters"] == {"warnings": 2}
    assert "parameters" not in doors.send("POST", INFER, json_body(inputs_of(CARS[:1]))).json()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw", "GZIP", "identity"])
@pytest.mark.parametrize("is_binary", [False, True])
def test_bodies_may_be_compressed(doors: Both, encoding: str, is_binary: bool) -> None:
    body, headers = binary_body(inputs_of(CARS)) if is_binary else (json_body(inputs_of(CARS)), {})
    raw = zlib.compressobj(wbits=-15)
    made = {"gzip": gzip.compress, "deflate": zlib.compress, "raw": lambda text: raw.compress(text) + raw.flush()}
    name = {"raw": "deflate"}.get(encoding, encoding)
    sent = made.get(encoding.lower(), bytes)(body)
    answer = doors.send("POST", INFER, sent, {**headers, "Content-Encoding": name})
    assert outputs_in(answer.body, None) == infer(doors, CARS)


@pytest.mark.parametrize("content_type", [None, "application/octet-stream", "application/json", "text/plain"])
def test_no_content_type_is_needed(doors: Both, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    assert doors.send("POST", INFER, json_body(inputs_of(CARS)), headers).status == 200


def test_nan_is_a_missing_number(doors: Both) -> None:
    body = json_body(inputs_of(CARS))
    assert body.count(b"null") > 2
    inputs = [t | {"data": [None if v is None else v for v in t["data"]]} for t in inputs_of(CARS)]
    age = next(tensor for tensor in inputs if tensor["name"] == "age")
    age["data"] = [float("nan") if value is None else value for value in age["data"]]
    assert b"NaN" in json_body(inputs)
    answer = doors.send("POST", INFER, json_body(inputs))
    assert outputs_in(answer.body, None) == infer(doors, CARS)


def test_a_column_that_training_left_out_is_ignored_with_a_warning(doors: Both) -> None:
    plate = {"name": "plate", "datatype": "BYTES", "shape": [3], "data": ["a", "b", "c"]}
    body = json_body([*inputs_of(CARS), plate], outputs=[{"name": "warnings"}])
    found = outputs_in(doors.send("POST", INFER, body).body, None)["warnings"]
    assert [json.loads(text)[-1]["code"] for text in found] == ["ignored"] * 3


@every_task
def test_every_task_has_an_output_for_each_named_target(open_doors: OpenDoors, task: str) -> None:
    """With the numbers of the native JSON."""
    both = open_doors(service_of(opened(TaskPredictor(task), classes=None, **TASKS[task]), dialects=[V2]))
    cars = [car(age=age) for age in range(4)]
    found, expected = infer(both, cars), native(both, cars)
    for row, one in enumerate(expected):
        for member, value in one.items():
            if member == "warnings" or value is None:
                continue
            for name, part in value.items() if isinstance(value, dict) else [("", value)]:
                held = found[f"{member}.{name}" if name else member][row]
                assert held == (list(part.values()) if isinstance(part, dict) else part)
    metadata = require(both.send("GET", "/v2/models/tumor"), "metadata_model_response")
    assert found.keys() <= {tensor["name"] for tensor in metadata["outputs"]}


def test_explanations_are_outputs_that_are_asked_for(doors: Both) -> None:
    """As `/explain` has them, of each row's own label or of a class that is named."""
    names = [{"name": name} for name in ("contributions", "base", "output", "label")]
    for parameters, query in ({}, ""), ({"class": "keep"}, "?class=keep"):
        found = infer(doors, CARS, outputs=names, parameters=parameters)
        body = json.dumps(CARS).encode()
        answer = doors.send("POST", f"/explain{query}", body, {"Content-Type": "application/json"})
        for row, one in enumerate(answer.json()["predictions"]):
            why, pointers = one["explanation"], [feature.pointer for feature in signature().features]
            by_pointer = {item["pointer"]: item["contribution"] for item in why["contributions"]}
            assert found["contributions"][row] == [by_pointer[pointer] for pointer in pointers]
            assert (found["base"][row], found["output"][row]) == (why["base"], why["output"])
    status, text = told(doors, json_body(inputs_of(CARS), outputs=names, parameters={"class": "x"}))
    assert (status, text) == (400, "class: The model does not have this class.")


def test_sets_and_intervals_are_outputs_that_are_asked_for(open_doors: OpenDoors) -> None:
    """With the coverage that is named, or 0.9; a coverage alone adds them to the outputs."""
    scores = StoredScores(rows=99, ranks=tuple(range(1, 100)), scores=tuple(np.linspace(0.01, 0.99, 99).tolist()))
    stored = StoredSets(method="threshold", scores=(scores,), groups=(0, 0, 0))
    whole = replace(opened(FakePredictor()), coverage=Coverage(stored))
    both = open_doors(service_of(whole, dialects=[V2]))
    for coverage in (None, 0.5):
        parameters = {} if coverage is None else {"coverage": coverage}
        found = infer(both, CARS, outputs=[{"name": "set"}], parameters=parameters)["set"]
        query = f"/predict?coverage={coverage or 0.9}"
        answer = both.send("POST", query, json.dumps(CARS).encode(), {"Content-Type": "application/json"})
        sets = [[label in row["set"]["labels"] for label in CLASSES] for row in answer.json()["predictions"]]
        assert found == sets
    assert infer(both, CARS, parameters={"coverage": 0.5}).keys() == {"label", "probabilities", "set"}
    status, text = told(both, json_body(inputs_of(CARS), parameters={"coverage": 0.999}))
    assert (status, text[:10]) == (400, "coverage: ")
    value = replace(
        opened(ValuePredictor(), classes=None), coverage=Coverage(StoredIntervals(method="absolute", scores=scores))
    )
    both = open_doors(service_of(value, dialects=[V2]))
    found = infer(both, CARS, parameters={"coverage": 0.5})
    assert found.keys() == {"value", "low", "high"}
    assert found["low"] < found["value"] < found["high"]

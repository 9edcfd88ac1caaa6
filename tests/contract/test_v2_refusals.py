"""What the Open Inference Protocol V2 refuses, at all doors alike."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from tests.contract.conftest import OpenDoors
from tests.contract.v2 import CARS, infer, told
from tests.doors import Both, open_both
from tests.tensors import INFER, LENGTH, inputs_of, json_body
from twinserve.service.protocols.v2.dialect import V2
from twinserve.testing.fakes import CLASSES, PickyPredictor, RaisingPredictor, car, given, service_of


@pytest.fixture(scope="module")
def doors() -> Iterator[Both]:
    """All doors over the fake model of cars, which is named `tumor` on the shelf."""
    with open_both(service_of(dialects=[V2])) as both:
        yield both


Change = Callable[[list[Any]], object]


def change(field: str, **members: Any) -> Change:
    """Change members of the input for this field."""
    return lambda inputs: next(tensor for tensor in inputs if tensor["name"] == field).update(members)


def typed(datatype: str, *data: Any) -> Change:
    """Send the ages like this."""
    return change("age", datatype=datatype, data=[*data])


SHAPED = "/inputs/3/data: Must hold what its shape says."
ROWS = "/inputs: All must have the same number of rows, the first in their shapes."
ONE = "1 error in the input."


@pytest.mark.parametrize(
    ("altered", "status", "text"),
    [
        (typed("FP16", 1, 2, 1e5), 400, "/inputs/3/data: Must hold numbers that fit its datatype."),
        (typed("INT8", 1, 2, 300), 400, "/inputs/3/data: Must hold integers that fit its datatype."),
        (typed("INT8", 1, 2, 1.5), 400, "/inputs/3/data: Must hold integers that fit its datatype."),
        (change("age", datatype="FLOAT"), 400, "/inputs/3/datatype: Must be one of "),
        (change("age", data=["1", "2", "3"]), 400, "/inputs/3/data: Must hold numbers for this datatype, or null."),
        (change("age", data=[True, 2, 3]), 400, "/inputs/3/data: Must hold numbers for this datatype, or null."),
        (change("age", data=[1, 2]), 400, SHAPED),
        (change("age", data=7), 400, SHAPED),
        (change("age", data=[[1], 2, [3]]), 400, SHAPED),
        (change("age", shape=[3, 2], data=[1] * 6), 400, "/inputs/3/shape: Must be [rows] or [rows, 1]."),
        (change("age", shape=[3, 1, 1]), 400, "/inputs/3/shape: Must be [rows] or [rows, 1]."),
        (change("age", shape=[2]), 400, ROWS),
        (change("age", shape=[-3]), 400, ROWS),
        (change("age", shape="3"), 400, "This is no request for inference: Expected `array`"),
        (change("age", name="doors"), 400, "/inputs/4: Another input holds the same."),
        (lambda inputs: inputs.clear(), 400, "/inputs: Must hold one input for each field, or one for all."),
        (change("age", parameters={"shared_memory_region": "a"}), 400, "The parameters shared_memory_region and "),
        (change("age", parameters={"binary_data_size": 24}), 400, "/inputs/3/parameters/binary_data_size: Must be "),
        (change("engine.power", name="no" * 40), 422, f"2 errors in the input. /engine/power: This field is required. "
                                                      f"/{'no' * 32}: This field is not part of the input."),
        (change("engine.power", data=[1, None, 2]), 422, f"{ONE} /1/engine/power: Must not be null."),
        (change("engine.power", data=[1, -1, 2]), 422, f"{ONE} /1/engine/power: Must be at least 0."),
        (change("engine.power", data=[1, 10**400, 2]), 422, f"{ONE} /1/engine/power: Must be a number "),
        (change("engine.turbo", datatype="FP64", data=[1, 0, 1]), 422, "3 errors in the input. /0/engine/turbo: "),
        (change("engine.cylinders", datatype="FP64", data=[4, 4.5, 4]), 422, f"{ONE} /1/engine/cylinders: "),
        (change("age", datatype="BYTES", data=["1", "2", "3"]), 422, "3 errors in the input. /0/age: Must "),
        (change("colour", data=["red", "pink", "red"]), 422, f"{ONE} /1/colour: Must be one of "),
        (change("built", data=["2015-02-28", "2015-02-29", None]), 422, "2 errors in the input. /1/built: Must "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_the_sentences_of_the_native_json(
    doors: Both, altered: Change, status: int, text: str
) -> None:
    """400 for what is no request of the protocol, 422 for values; no value of the caller is repeated."""
    inputs = inputs_of([car(), car(), car()])
    altered(inputs)
    found = told(doors, json_body(inputs))
    assert (found[0], found[1][: len(text)]) == (status, text)


def test_all_rows_must_be_there_and_not_too_many(open_doors: OpenDoors) -> None:
    both = open_doors(service_of(dialects=[V2], max_batch=2, max_explain=1))
    assert told(both, json_body(inputs_of(CARS))) == (
        422,
        f"{ONE} A batch may hold 2 instances at most.",
    )
    empty = told(both, json_body(inputs_of([])))
    assert empty == (422, f"{ONE} A batch must hold at least one instance.")
    explained = json_body(inputs_of(CARS[:2]), outputs=[{"name": "base"}])
    assert told(both, explained) == (422, f"{ONE} A batch may hold 1 instances at most.")


@pytest.mark.parametrize(
    ("body", "headers", "status", "text"),
    [
        (b"", {}, 400, "Unexpected end at line 1 column 1."),
        (b"[", {}, 400, "Unexpected end"),
        (b"[]", {}, 400, "This is no request for inference: Expected `object`, got `array`."),
        (b'{"inputs":[],"inputs":[]}', {}, 400, "Duplicate key"),
        (b'{"inputs":[{"name":"a","shape":[1],"datatype":"FP64","data":[Infinity]}]}', {}, 400, "JSON has no Infinity"),
        (b'{"inputs":' + b"[" * 200, {}, 400, "May be nested 100 deep at most."),
        (b'{"inputs":[]}x', {LENGTH: "13"}, 400, "The body must end with the binary data of its last input."),
        (b'{"inputs":[]}', {LENGTH: "14"}, 400, "Inference-Header-Content-Length must be "),
        (b'{"inputs":[]}', {LENGTH: "-1"}, 400, "Inference-Header-Content-Length must be "),
        (b'{"inputs":[{"name":"a","shape":[1],"datatype":"FP64"}]}', {}, 400, "/inputs/0: Must have data, or "),
        (b'{"inputs":[]}', {"Content-Encoding": "br"}, 415, "Content-Encoding must be identity, gzip or deflate."),
        (b'{"inputs":[]}', {"Content-Encoding": "gzip"}, 400, "The body is not of its Content-Encoding."),
        (b'{"inputs":[]}', {"Content-Encoding": "deflate"}, 400, "The body is not of its Content-Encoding."),
        (
            gzip.compress(b"{}", mtime=0)[:-4],
            {"Content-Encoding": "gzip"},
            400,
            "The body is not of its Content-Encoding.",
        ),
        (
            gzip.compress(b"{}", mtime=0) * 2,
            {"Content-Encoding": "gzip"},
            400,
            "The body is not of its Content-Encoding.",
        ),
        (
            gzip.compress(b" " * 9_000_000, mtime=0),
            {"Content-Encoding": "gzip"},
            413,
            "The body must not exceed 8388608 bytes ",
        ),
    ],
)
def test_what_is_no_request_is_refused(
    doors: Both, body: bytes, headers: Mapping[str, str], status: int, text: str
) -> None:
    found = told(doors, body, headers)
    assert (found[0], found[1][: len(text)]) == (status, text)


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ({"outputs": [{"name": "label"}, {"name": "x"}]}, "/outputs/1/name: The model has no such output; "),
        ({"outputs": [{"name": "label"}, {"name": "label"}]}, "/outputs: Must not name an output twice."),
        ({"outputs": [{"name": "label", "parameters": {"binary_data": 1}}]}, "binary_data: Must be true or false."),
        ({"outputs": [{"name": "label", "parameters": {"classification": 3}}]}, "The parameters shared_memory_region"),
        ({"parameters": {"binary_data_output": "yes"}}, "binary_data_output: Must be true or false."),
        ({"parameters": {"coverage": "0.9"}}, "coverage: Must be a number."),
        ({"parameters": {"coverage": 0.2}}, "coverage: Must be "),
        ({"parameters": {"class": 1}}, "class: Must be a string."),
    ],
)
def test_what_cannot_be_given_is_refused(doors: Both, rest: dict[str, Any], text: str) -> None:
    found = told(doors, json_body(inputs_of(CARS), **rest))
    assert (found[0], found[1][: len(text)]) == (400, text)


def test_parameters_of_others_are_taken(doors: Both) -> None:
    """Those of scheduling, and MLServer's of content types."""
    inputs = inputs_of(CARS)
    inputs[5]["parameters"] = {"content_type": "str"}
    answer = doors.send("POST", INFER, json_body(inputs, parameters={"content_type": "pd", "priority": 1}, more=1))
    assert answer.status == 200


@pytest.mark.parametrize("kind", ["compiled", "scikit-learn"])
def test_a_row_without_a_prediction_is_named(open_doors: OpenDoors, kind: Any) -> None:
    both = open_doors(service_of(PickyPredictor(kind), dialects=[V2]))
    found = told(both, json_body(inputs_of(CARS)))
    assert found == (422, f"{ONE} /2: The model cannot predict for these values.")


def test_predictions_that_do_not_fit_are_a_fault(open_doors: OpenDoors) -> None:
    for predictor in (given([0, 1]), given([0, 1, 2], np.ones((3, 2))), RaisingPredictor()):
        both = open_doors(service_of(predictor, dialects=[V2]))
        status, text = told(both, json_body(inputs_of(CARS)))
        assert (status, text) == (500, "The service failed; its log has more under this request's id.")


def test_a_model_that_gives_labels_only_has_no_probabilities(open_doors: OpenDoors) -> None:
    both = open_doors(service_of(given([0, 1, 2]), dialects=[V2]))
    assert infer(both, CARS) == {"label": list(CLASSES)}

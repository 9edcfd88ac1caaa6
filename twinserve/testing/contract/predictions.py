"""The body of a prediction: one instance or a batch, a class or a value."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pytest

from twinserve.predict.predictor import Predictions
from twinserve.signature import Finding
from twinserve.testing.client import Client, Serve
from twinserve.testing.contract.suite import OpenedSuite, Suite
from twinserve.testing.fakes import GivenPredictor, ValuePredictor, car, opened, service_of

MEMBERS: Final = (
    ["label", "probabilities"], ["value"], ["value", "quantiles"],
    ["labels", "probabilities"], ["values"], ["label", "score"],
)  # fmt: skip
"""What a prediction says, whatever the task."""


def without_warnings(prediction: Any) -> Any:
    """A prediction without model, version and warnings, whose pointers depend on the index in the batch."""
    return {name: value for name, value in prediction.items() if name not in ("model", "version", "warnings")}


class BatchesContract(Suite):
    """Instances and batches of any model."""

    def test_a_prediction_has_its_members_in_order(self, served: Client, instance: Any) -> None:
        """An instance is answered with one prediction; an array, also of one, with `predictions`."""
        single, batch = served.predict(instance), served.predict([instance])
        assert (single.status, batch.status) == (200, 200)
        assert single.headers["Content-Type"] == "application/json"
        members = list(single.json())
        assert (members[:2], members[2:-1] in MEMBERS, members[-1]) == (["model", "version"], True, "warnings")
        assert list(batch.json()) == ["model", "version", "predictions"]
        (prediction,) = batch.json()["predictions"]
        assert list(prediction) == list(single.json())[2:]
        assert without_warnings(prediction) == without_warnings(single.json())

    def test_the_order_of_keys_does_not_matter(self, served: Client, instance: Any) -> None:
        """An instance with its keys reversed gets the same reply."""
        assert served.predict(dict(reversed(instance.items()))).body == served.predict(instance).body

    @pytest.mark.parametrize("value", [None, True, 5, 1.5, "text", ""])
    def test_a_body_that_is_neither_object_nor_array_is_422(self, served: Client, value: object) -> None:
        """A scalar or null is 422 with one error, whose pointer is empty."""
        answer = served.predict(value)
        assert (answer.status, answer.json()["type"]) == (422, "urn:twinserve:problem:invalid-input")
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("", "null" if value is None else "type")

    def test_an_empty_batch_is_422(self, served: Client) -> None:
        """An empty array is 422 `length`, with the empty pointer."""
        answer = served.predict([])
        assert answer.status == 422
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("", "length")]

    def test_an_error_in_a_batch_begins_with_its_index(self, served: Client, instance: Any) -> None:
        """The pointer of an error begins with the index of the instance; the whole batch is refused."""
        answer = served.predict([instance, {**instance, "no such/field": 1}])
        assert answer.status == 422
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
            ("/1/no such~1field", "unknown")
        ]

    def test_a_missing_field_is_named(self, served: Client, instance: Any) -> None:
        """A missing field is one error with its name in the pointer where the schema requires it, else none."""
        schema = served.send("GET", "/schema").json()
        required = {*schema.get("required", ()), *schema.get("then", {}).get("required", ())}  # Groups stand in `then`.
        for name in instance:
            if name not in required:
                assert served.predict(_without(instance, name)).status == 200
                continue
            errors = served.predict(_without(instance, name)).json()["errors"]
            pointer = Finding((name,), "missing", "").pointer  # Of a long name its beginning.
            assert [(error["pointer"], error["code"]) for error in errors] == [(pointer, "missing")]


def _without(instance: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in instance.items() if key != name}


class PredictionsContract(OpenedSuite):
    """Batches of cars up to `max_batch`, and models of each kind."""

    def test_a_batch_predicts_as_its_instances_do(self, served: Client) -> None:
        """An instance gets the same prediction alone and in a batch."""
        cars = [car(age=age, wheels=[age + 1, 2, 3, 4]) for age in range(40)]
        batch = served.predict(cars).json()["predictions"]
        for instance, prediction in zip(cars, batch, strict=True):
            alone = served.predict(instance).json()
            assert without_warnings(alone) == without_warnings(prediction)
            assert len(alone["warnings"]) == len(prediction["warnings"])

    def test_a_batch_of_one_predicts_as_the_instance(self, served: Client) -> None:
        """A reply to an instance is that to a batch of one, with model and version in front."""
        single, batch = served.predict(car()).json(), served.predict([car()]).json()
        assert list(single) == ["model", "version", "label", "probabilities", "warnings"]
        assert single == {"model": "cars", "version": "7"} | batch["predictions"][0]

    def test_max_batch_is_the_limit_of_a_batch(self, serve: Serve) -> None:
        """`max_batch` instances are predicted; one more is a single 422 `length`, whatever the instances are."""
        served = serve(service_of(max_batch=3))
        assert served.predict([car()] * 3).status == 200
        refused: list[object] = [[car()] * 4, [1] * 4]
        for body in refused:
            answer = served.predict(body)
            assert answer.status == 422
            (error,) = answer.json()["errors"]
            assert (error["pointer"], error["code"]) == ("", "length")
            assert error["detail"] == "A batch may hold 3 instances at most."

    def test_a_batch_holds_ten_thousand_by_default(self, served: Client) -> None:
        """By default 10,000 instances are predicted and 10,001 are 422 `length`."""
        short = json.dumps(car(), separators=(",", ":")).encode()
        answer = served.predict(b"[" + b",".join([short] * 10_000) + b"]")
        assert (answer.status, len(answer.json()["predictions"])) == (200, 10_000)
        errors = served.predict(b"[" + b",".join([short] * 10_001) + b"]").json()["errors"]
        assert [(error["pointer"], error["code"]) for error in errors] == [("", "length")]

    def test_a_regression_has_a_value(self, serve: Serve) -> None:
        """A regression has `value` in place of `label` and `probabilities`."""
        served = serve(service_of(opened(ValuePredictor(), classes=None)))
        answer = served.predict(car()).json()
        assert list(answer) == ["model", "version", "value", "warnings"]
        assert list(served.predict([car()]).json()["predictions"][0]) == ["value", "warnings"]

    def test_probabilities_may_be_null(self, serve: Serve) -> None:
        """A model without probabilities is answered with its label and null."""
        predictor = GivenPredictor(Predictions(np.array([2], dtype=np.int64)))
        answer = serve(service_of(predictor)).predict(car()).json()
        assert (answer["label"], answer["probabilities"]) == ('say "no"', None)

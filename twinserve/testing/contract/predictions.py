"""What a prediction looks like: one instance or a batch, a class or a value."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from twinserve.predict.predictor import Predictions
from twinserve.testing.client import Client, Serve
from twinserve.testing.contract.suite import OpenedSuite, Suite
from twinserve.testing.fakes import GivenPredictor, ValuePredictor, car, opened, service_of


def without_places(prediction: Any) -> Any:
    """A prediction whose warnings point into the instance, wherever in a batch that was."""
    return {name: value for name, value in prediction.items() if name not in ("model", "version", "warnings")}


class BatchesContract(Suite):
    """One in, one out; an array in, as many out."""

    def test_a_prediction_has_the_contracts_members(self, served: Client, instance: Any) -> None:
        """One instance in, one prediction out; an array in, `predictions` out, an array of one included."""
        single, batch = served.predict(instance), served.predict([instance])
        assert (single.status, batch.status) == (200, 200)
        assert single.headers["Content-Type"] == "application/json"
        assert list(single.json()) in (
            ["model", "version", "label", "probabilities", "warnings"],
            ["model", "version", "value", "warnings"],
        )
        assert list(batch.json()) == ["model", "version", "predictions"]
        (prediction,) = batch.json()["predictions"]
        assert list(prediction) == list(single.json())[2:]
        assert without_places(prediction) == without_places(single.json())

    def test_the_order_of_keys_changes_nothing(self, served: Client, instance: Any) -> None:
        """Fields have names, not places."""
        assert served.predict(dict(reversed(instance.items()))).body == served.predict(instance).body

    @pytest.mark.parametrize("value", [None, True, 5, 1.5, "text", ""])
    def test_a_value_that_is_neither_object_nor_array(self, served: Client, value: object) -> None:
        """One error, at the whole body: the empty pointer."""
        answer = served.predict(value)
        assert (answer.status, answer.json()["type"]) == (422, "urn:twinserve:problem:invalid-input")
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("", "null" if value is None else "type")

    def test_an_empty_batch_is_422(self, served: Client) -> None:
        """With a pointer to the array itself."""
        answer = served.predict([])
        assert answer.status == 422
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("", "length")]

    def test_an_error_in_a_batch_names_its_instance(self, served: Client, instance: Any) -> None:
        """Its index is in front of the pointer, and the whole batch is refused."""
        answer = served.predict([instance, {**instance, "no such/field": 1}])
        assert answer.status == 422
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
            ("/1/no such~1field", "unknown")
        ]

    def test_a_missing_field_is_named(self, served: Client, instance: Any) -> None:
        """Each field without which there is no prediction, by itself."""
        required = [name for name in instance if served.predict(_without(instance, name)).status != 200]
        for name in required:
            errors = served.predict(_without(instance, name)).json()["errors"]
            pointer = "/" + name.replace("~", "~0").replace("/", "~1")
            assert [(error["pointer"], error["code"]) for error in errors] == [(pointer, "missing")]


def _without(instance: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in instance.items() if key != name}


class PredictionsContract(OpenedSuite):
    """Batches of cars up to their limit, and models of each kind."""

    def test_one_by_one_and_all_at_once_are_the_same(self, served: Client) -> None:
        """A row's prediction does not depend on its neighbours."""
        cars = [car(age=age, wheels=[age + 1, 2, 3, 4]) for age in range(40)]
        batch = served.predict(cars).json()["predictions"]
        for instance, prediction in zip(cars, batch, strict=True):
            alone = served.predict(instance).json()
            assert without_places(alone) == without_places(prediction)
            assert len(alone["warnings"]) == len(prediction["warnings"])

    def test_a_batch_of_one_is_the_instance(self, served: Client) -> None:
        """But for the name and the version, which it has once."""
        single, batch = served.predict(car()).json(), served.predict([car()]).json()
        assert list(single) == ["model", "version", "label", "probabilities", "warnings"]
        assert single == {"model": "cars", "version": "7"} | batch["predictions"][0]

    def test_a_batch_may_hold_as_many_as_the_setting_says(self, serve: Serve) -> None:
        """`max_batch`; one more is one error, whatever the instances are."""
        served = serve(service_of(max_batch=3))
        assert served.predict([car()] * 3).status == 200
        refused: list[object] = [[car()] * 4, [1] * 4]
        for body in refused:
            answer = served.predict(body)
            assert answer.status == 422
            (error,) = answer.json()["errors"]
            assert (error["pointer"], error["code"]) == ("", "length")
            assert error["detail"] == "A batch may hold 3 instances at most."

    def test_ten_thousand_instances_are_a_batch(self, served: Client) -> None:
        """The default limit, from both of its sides."""
        short = json.dumps(car(), separators=(",", ":")).encode()
        answer = served.predict(b"[" + b",".join([short] * 10_000) + b"]")
        assert (answer.status, len(answer.json()["predictions"])) == (200, 10_000)
        errors = served.predict(b"[" + b",".join([short] * 10_001) + b"]").json()["errors"]
        assert [(error["pointer"], error["code"]) for error in errors] == [("", "length")]

    def test_a_regression_gives_a_value(self, serve: Serve) -> None:
        """In place of label and probabilities."""
        served = serve(service_of(opened(ValuePredictor(), classes=None)))
        answer = served.predict(car()).json()
        assert list(answer) == ["model", "version", "value", "warnings"]
        assert list(served.predict([car()]).json()["predictions"][0]) == ["value", "warnings"]

    def test_labels_alone_are_a_prediction(self, serve: Serve) -> None:
        """A model without probabilities says so with null."""
        predictor = GivenPredictor(Predictions(np.array([2], dtype=np.int64)))
        answer = serve(service_of(predictor)).predict(car()).json()
        assert (answer["label"], answer["probabilities"]) == ('say "no"', None)

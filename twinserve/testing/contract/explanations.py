"""`POST /explain`: the prediction of `POST /predict`, and how much each field contributed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest

from twinserve.explain.explainer import Values
from twinserve.signature import Columns
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON, Client, Serve
from twinserve.testing.contract.suite import OpenedSuite, Suite
from twinserve.testing.fake_explainer import FakeExplainer
from twinserve.testing.fakes import (
    FakePredictor,
    PickyPredictor,
    ValuePredictor,
    car,
    opened,
    service_of,
)

CLOSE: Final = 1e-9
MEMBERS: Final = ["method", "of", "class", "base", "output", "contributions", "others"]


def explain(served: Client, value: object, query: str = "") -> Answer:
    """The reply to a JSON value."""
    return served.send("POST", f"/explain{query}", json.dumps(value).encode(), JSON)


def refused(served: Client, instance: object, query: str) -> list[tuple[str, str]]:
    """The parameter and code of each error in a query."""
    answer = explain(served, instance, query)
    assert (answer.status, answer.json()["type"]) == (400, "urn:twinserve:problem:invalid-parameter")
    return [(error["parameter"], error["code"]) for error in answer.json()["errors"]]


def require_sum(explanation: Any) -> None:
    """Base, contributions and others add up to the output, within 1e-9 of the largest term."""
    terms = [
        explanation["base"],
        *(item["contribution"] for item in explanation["contributions"]),
        explanation["others"],
    ]
    assert abs(sum(terms) - explanation["output"]) <= CLOSE * max(1.0, *map(abs, terms))


of_some = pytest.mark.usefixtures("explains")
"""Marks a test of a model that has explanations."""


class ExplanationsContract(Suite):
    """Explanations of any model that has some."""

    @pytest.fixture
    def explains(self, served: Client) -> None:
        """Skip the test for a model of several targets, whose predictions have no explanation."""
        if served.send("GET", "/model").json()["task"] == "multi-output":
            pytest.skip("several targets have no explanation")

    @of_some
    def test_an_explanation_stands_beside_the_prediction(self, served: Client, instance: Any) -> None:
        """The reply of `/predict` with one more member, for an instance and for each of an array."""
        predicted, single, batch = served.predict(instance), explain(served, instance), explain(served, [instance] * 2)
        assert (single.status, batch.status) == (200, 200)
        explanation = single.json()["explanation"]
        assert list(single.json()) == [*list(predicted.json())[:-1], "explanation", "warnings"]
        assert {name: value for name, value in single.json().items() if name != "explanation"} == predicted.json()
        assert list(explanation) == [name for name in MEMBERS if name != "class" or "probabilities" in predicted.json()]
        assert [item["explanation"] for item in batch.json()["predictions"]] == [explanation] * 2

    @of_some
    def test_contributions_add_up_in_descending_magnitude(self, served: Client, instance: Any) -> None:
        """Each field has one, the greatest first; nothing is left for `others`."""
        explanation = explain(served, instance).json()["explanation"]
        sizes = [abs(item["contribution"]) for item in explanation["contributions"]]
        pointers = [item["pointer"] for item in explanation["contributions"]]
        assert sizes == sorted(sizes, reverse=True)
        assert len(set(pointers)) == len(pointers)
        assert explanation["others"] == 0.0
        require_sum(explanation)

    @of_some
    def test_top_sums_up_the_others(self, served: Client, instance: Any) -> None:
        """`top=1` lists the greatest contribution; a greater number than there are lists all."""
        whole, one = (explain(served, instance, query).json()["explanation"] for query in ("", "?top=1"))
        assert one["contributions"] == whole["contributions"][:1]
        require_sum(one)
        assert explain(served, instance, "?top=99999").body == explain(served, instance).body

    @of_some
    def test_a_class_can_be_named(self, served: Client, instance: Any) -> None:
        """Its values, whatever the label is; without the parameter those of the label."""
        predicted = served.predict(instance).json()
        if "probabilities" not in predicted:
            assert refused(served, instance, "?class=a") == [("class", "enumeration")]
            return
        for label in predicted["probabilities"] or [predicted["label"]]:
            explanation = explain(served, instance, f"?class={label}").json()["explanation"]
            assert explanation["class"] == label
            require_sum(explanation)
        assert explain(served, instance).json()["explanation"]["class"] == predicted["label"]

    @of_some
    def test_wrong_parameters_are_400(self, served: Client, instance: Any) -> None:
        """Each is told, in the order of the query, before the body is looked at."""
        assert refused(served, instance, "?class=no%20such%20class") == [("class", "enumeration")]
        assert refused(served, instance, "?top=0") == [("top", "bound")]
        assert refused(served, [], "?top=1.5&top=2&TOP=3") == [("top", "type"), ("top", "repeated"), ("TOP", "unknown")]
        assert refused(served, instance, "?top=-1") == refused(served, instance, "?top=") == [("top", "type")]

    @of_some
    def test_a_body_is_checked_as_that_of_a_prediction(self, served: Client, instance: Any) -> None:
        """The same statuses, types and errors."""
        for body in (b"", b"{", b"[]", b"[1, {}]", json.dumps({**instance, "no such": 1}).encode()):
            explained, predicted = (served.send("POST", path, body, JSON) for path in ("/explain", "/predict"))
            parts = [
                (answer.status, answer.json()["type"], answer.json()["errors"]) for answer in (explained, predicted)
            ]
            assert parts[0] == parts[1]


class Sampled(FakeExplainer):
    """With an error for each contribution."""

    method = "shapley-sampled"

    def explain(self, columns: Columns, classes: Any) -> Values:
        """As the other, with errors that rise with the field."""
        values = super().explain(columns, classes)
        return values._replace(
            errors=np.broadcast_to(np.arange(1.0, 1 + columns.matrix.shape[1]), values.contributions.shape)
        )


class Overflowing(FakeExplainer):
    """Whose values are too large."""

    def explain(self, columns: Columns, classes: Any) -> Values:
        """Infinite in every second row."""
        values = super().explain(columns, classes)
        values.output[1::2] = np.inf
        return values


class CarsExplanationsContract(OpenedSuite):
    """Explanations of the model of cars."""

    def test_more_instances_than_max_explain_are_422(self, serve: Serve) -> None:
        """With the error of a batch that is too long; `/predict` takes them."""
        served = serve(service_of(max_explain=2))
        answer = explain(served, [car()] * 3)
        assert (answer.status, [error["code"] for error in answer.json()["errors"]]) == (422, ["length"])
        assert explain(served, [car()] * 2).status == served.predict([car()] * 3).status == 200

    def test_sampled_contributions_have_an_error(self, serve: Serve) -> None:
        """Each its own, wherever it is sorted to."""
        served = serve(service_of(opened(FakePredictor(), explainer=Sampled(FakePredictor()))))
        explanation = explain(served, car()).json()["explanation"]
        assert explanation["method"] == "shapley-sampled"
        assert [list(item) for item in explanation["contributions"]] == [["pointer", "contribution", "error"]] * 15
        assert [item["error"] for item in explanation["contributions"]] == [float(15 - i) for i in range(15)]

    def test_values_that_overflow_are_422(self, serve: Serve) -> None:
        """`unpredictable`, at the rows where they do."""
        served = serve(service_of(opened(FakePredictor(), explainer=Overflowing(FakePredictor()))))
        answer = explain(served, [car()] * 4)
        assert answer.status == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
            (f"/{i}", "unpredictable") for i in (1, 3)
        ]

    def test_a_row_without_a_prediction_is_422(self, serve: Serve) -> None:
        """As on `/predict`."""
        served = serve(service_of(PickyPredictor()))
        answer = explain(served, [car(), car(age=60)])
        assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, "/1")

    def test_a_version_without_explanations_is_501(self, serve: Serve) -> None:
        """It was made before there were any."""
        served = serve(service_of(replace(opened(FakePredictor()), explainer=None)))
        answer = explain(served, car())
        assert (answer.status, answer.json()["type"]) == (501, "urn:twinserve:problem:not-implemented")
        assert served.predict(car()).status == 200

    def test_a_regression_has_no_class(self, serve: Serve) -> None:
        """Its explanation names none, and `class` is refused."""
        served = serve(service_of(opened(ValuePredictor(), None)))
        explanation = explain(served, car()).json()["explanation"]
        assert explanation["of"] == "value"
        assert "class" not in explanation
        assert refused(served, car(), "?class=red") == [("class", "enumeration")]

    def test_parameters_of_a_gateway_are_ignored(self, serve: Serve) -> None:
        """Those that the setting names, repeated or not; every other unknown one is refused."""
        served = serve(service_of(ignore_parameters="apikey, trace"))
        assert explain(served, car(), "?apikey=1&apikey=2&trace=&top=1").status == 200
        assert refused(served, car(), "?apikey=1&other=2") == [("other", "unknown")]

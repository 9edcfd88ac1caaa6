"""`POST /predict?coverage=...` at both doors: what is added, what is refused, and what stays as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np
import pytest

from tests.contract.conftest import OpenDoors
from tests.doors import Both
from twinserve.arrays import FloatArray
from twinserve.conformal.coverage import Coverage
from twinserve.conformal.quantiles import stored_scores
from twinserve.conformal.stored import StoredIntervals, StoredNone, StoredSets
from twinserve.explain.explainer import Values
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.service.service import Service
from twinserve.signature import Columns
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON
from twinserve.testing.fake_explainer import FakeExplainer
from twinserve.testing.fakes import (
    CLASSES,
    FakePredictor,
    GivenPredictor,
    ValuePredictor,
    car,
    given,
    opened,
    service_of,
)

PROBLEM: Final = "urn:twinserve:problem:"
SCORES: Final = np.linspace(0.1, 10.0, 100)
SETS: Final = StoredSets(
    method="threshold", groups=(0, 0, 0), scores=(stored_scores(np.linspace(0.2, 0.8, 40), 4_000),)
)


def covering(
    predictor: Predictor | None = None, stored: Any = SETS, classes: tuple[str, ...] | None = CLASSES
) -> Service:
    """A service of cars whose version has this coverage."""
    whole = opened(predictor or FakePredictor(), classes=classes)
    return service_of(replace(whole, coverage=None if stored is None else Coverage(stored)))


def intervals(scores: FloatArray = SCORES) -> StoredIntervals:
    """Plain intervals with these errors."""
    return StoredIntervals(method="absolute", scores=stored_scores(scores, 4_000))


def ask(doors: Both, query: str, body: object = None) -> Answer:
    """The answer of both doors, which is the same."""
    return doors.send("POST", f"/predict{query}", json.dumps(car() if body is None else body).encode(), JSON)


def test_a_value_gains_its_interval_before_the_warnings(open_doors: OpenDoors) -> None:
    """The radius is the score of rank ceil((n + 1) c): of 100 errors 0.1 to 10 the 91st, 9.1, for 0.9."""
    doors = open_doors(covering(ValuePredictor(), intervals(), None))
    one, many = ask(doors, "?coverage=0.9").json(), ask(doors, "?coverage=0.9", [car(), car(age=99)]).json()
    assert list(one) == ["model", "version", "value", "interval", "warnings"]
    radius = SCORES[90]
    assert one["interval"] == {"coverage": 0.9, "low": one["value"] - radius, "high": one["value"] + radius}
    assert [list(item) for item in many["predictions"]] == [["value", "interval", "warnings"]] * 2
    assert many["predictions"][0] == {name: one[name] for name in ("value", "interval", "warnings")}
    assert [bool(item["warnings"]) for item in many["predictions"]] == [False, True]


def test_a_label_gains_its_set_in_the_order_of_the_classes(open_doors: OpenDoors) -> None:
    """Classes whose score is at most the threshold, in an array as alone; text that is a template's is as it was."""
    likely = np.array([[0.3, 0.32, 0.38]])
    doors = open_doors(covering(GivenPredictor(Predictions(np.array([2]), likely))))
    assert ask(doors, "?coverage=0.5").json()["set"] == {"coverage": 0.5, "labels": [CLASSES[2]]}
    assert ask(doors, "?coverage=0.95").json()["set"] == {"coverage": 0.95, "labels": list(CLASSES)}
    many = open_doors(covering())
    cars = [car(age=age) for age in range(25)]
    found = ask(many, "?coverage=0.7", cars).json()["predictions"]
    alone = [ask(many, "?coverage=0.7", one).json() for one in cars]
    assert [list(item) for item in found] == [["label", "probabilities", "set", "warnings"]] * 25
    assert [item["set"] for item in found] == [item["set"] for item in alone]
    assert all(item["label"] in item["set"]["labels"] for item in found)


@pytest.mark.parametrize("body", [car(), [car(), car(age=99)]])
def test_without_the_parameter_a_reply_is_the_same_to_the_byte(open_doors: OpenDoors, body: object) -> None:
    """A version with coverage answers as one without it, also after it was asked with it."""
    with_it, without = open_doors(covering()), open_doors(covering(stored=None))
    assert ask(with_it, "?coverage=0.9", body).status == 200
    assert ask(with_it, "", body).body == ask(with_it, "?", body).body == ask(without, "", body).body


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("coverage=", [("coverage", "type")]),
        ("coverage=high", [("coverage", "type")]),
        ("coverage=nan", [("coverage", "type")]),
        ("coverage=+0.9", [("coverage", "type")]),
        ("coverage=.9", [("coverage", "type")]),
        ("coverage=0,9", [("coverage", "type")]),
        ("coverage=%D9%A0.9", [("coverage", "type")]),
        ("coverage=0.90000000000000000001", [("coverage", "type")]),
        ("coverage=0.4999", [("coverage", "bound")]),
        ("coverage=0.991", [("coverage", "bound")]),
        ("coverage=90", [("coverage", "bound")]),
        ("coverage=1e999", [("coverage", "bound")]),
        ("coverage=-0.9", [("coverage", "bound")]),
        ("coverage=0.9&coverage=0.9", [("coverage", "repeated")]),
        ("alpha=0.1", [("alpha", "unknown")]),
        ("Coverage=0.9&coverage=x", [("Coverage", "unknown"), ("coverage", "type")]),
    ],
)
def test_a_parameter_is_checked_before_the_body(
    open_doors: OpenDoors, query: str, errors: list[tuple[str, str]]
) -> None:
    """400 `invalid-parameter` with every error, whatever the body is, and without the value."""
    doors = open_doors(covering())
    answer = doors.send("POST", f"/predict?{query}", b"[", JSON)
    assert (answer.status, answer.json()["type"]) == (400, PROBLEM + "invalid-parameter")
    assert [(error["parameter"], error["code"]) for error in answer.json()["errors"]] == errors


@pytest.mark.parametrize("number", ["0.5", "0.50", "9e-1", "%30.9", "0.975"])
def test_every_number_in_the_range_is_taken(open_doors: OpenDoors, number: str) -> None:
    """A JSON number from 0.5 to what the rows support; 40 rows support 0.9756."""
    assert ask(open_doors(covering()), f"?coverage={number}").status == 200


@pytest.mark.parametrize(
    ("stored", "coverage", "sentence"),
    [
        (SETS, "0.98", "Must be at most 0.9756: this version was calibrated on 40 rows, too few for more."),
        (
            StoredSets(method="aps", groups=(0, 1, 0), scores=(SETS.scores[0], stored_scores(np.ones(9), 9))),
            "0.91",
            "Must be at most 0.9: this version was calibrated on 9 rows, too few for more.",
        ),
        (StoredNone(reason="No rows."), "0.5", "No rows. No coverage is supported."),
    ],
)
def test_a_coverage_that_the_rows_do_not_support_is_400(
    open_doors: OpenDoors, stored: Any, coverage: str, sentence: str
) -> None:
    """The sentence names the largest coverage that is; with thresholds by class the smallest group decides."""
    answer = open_doors(covering(stored=stored)).send("POST", f"/predict?coverage={coverage}", b"[", JSON)
    assert (answer.status, answer.json()["type"]) == (400, PROBLEM + "invalid-parameter")
    assert answer.json()["errors"] == [{"parameter": "coverage", "code": "bound", "detail": sentence}]


def test_a_version_that_was_made_without_coverage_is_501(open_doors: OpenDoors) -> None:
    answer = ask(open_doors(covering(stored=None)), "?coverage=0.9")
    assert (answer.status, answer.json()["type"]) == (501, PROBLEM + "not-implemented")


def test_explanations_take_no_coverage(open_doors: OpenDoors) -> None:
    answer = open_doors(covering()).send("POST", "/explain?coverage=0.9", b"[", JSON)
    assert [error["code"] for error in answer.json()["errors"]] == ["unknown"]


def test_a_row_without_an_answer_is_422_as_without_the_parameter(open_doors: OpenDoors) -> None:
    """NaN, and the label -1, have neither an interval nor a set."""
    missing = np.array([np.nan, 1.0])
    for service in (
        covering(GivenPredictor(Predictions(values=missing)), intervals(), None),
        covering(GivenPredictor(Predictions(np.array([-1, 1]), np.full((2, 3), np.nan)))),
    ):
        doors = open_doors(service)
        with_it, without = ask(doors, "?coverage=0.9", [car(), car()]), ask(doors, "", [car(), car()])
        assert (with_it.status, with_it.json()["errors"]) == (422, without.json()["errors"])


def test_a_predictor_that_suddenly_gives_no_probabilities_is_400(open_doors: OpenDoors) -> None:
    """What was calibrated with probabilities cannot make sets of labels alone."""
    assert ask(open_doors(covering(given([1]))), "?coverage=0.9").status == 400


class Speechless(FakeExplainer):
    """With an explanation for no row."""

    def explain(self, columns: Columns, classes: Any) -> Values:
        return super().explain(columns, classes)._replace(output=np.full(len(columns), np.nan))


def test_a_form_says_how_sure_an_answer_is_where_it_cannot_say_why(open_doors: OpenDoors) -> None:
    predictor = FakePredictor()
    whole = opened(predictor, classes=CLASSES, explainer=Speechless(predictor))
    doors = open_doors(service_of(replace(whole, coverage=Coverage(SETS))))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = doors.send("POST", "/", urlencode({"json": json.dumps(car())}).encode(), form)
    said = ask(doors, "?coverage=0.9").json()
    assert answer.status == 200
    text = answer.body.decode()
    assert "Set that holds the true label in 90 % of all cases" in text
    assert [label for label in said["set"]["labels"] if escape(label) not in text] == []


def test_an_interval_ends_at_the_largest_double(open_doors: OpenDoors) -> None:
    """Where an end would overflow it is the largest double, alone and among others."""
    huge = GivenPredictor(Predictions(values=np.array([1.7e308])))
    doors = open_doors(covering(huge, intervals(np.full(100, 1.7e308)), None))
    assert ask(doors, "?coverage=0.9").json()["interval"] == {"coverage": 0.9, "low": 0.0, "high": np.finfo(float).max}
    both = GivenPredictor(Predictions(values=np.array([1.7e308, -1.7e308])))
    doors = open_doors(covering(both, intervals(np.full(100, 1.7e308)), None))
    ends = [item["interval"] for item in ask(doors, "?coverage=0.9", [car(), car()]).json()["predictions"]]
    assert [(end["low"], end["high"]) for end in ends] == [(0.0, np.finfo(float).max), (-np.finfo(float).max, 0.0)]


def test_the_version_that_answers_in_bulk_is_the_one_that_is_checked(
    open_doors: OpenDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One without coverage may be swapped in after another one's was checked by the head."""
    service = covering()
    both = open_doors(service)
    body, sent = json.dumps(car()).encode(), {"Content-Type": "application/x-ndjson"}
    assert both.doors[0].send("POST", "/predict?coverage=0.9", body, sent).status == 200
    for door in both.doors:
        versions = [service.models.current(None), covering(stored=None).models.current(None)]
        with monkeypatch.context() as patched:
            patched.setattr(service.models, "current", lambda _, left=versions: left.pop(0))
            assert door.send("POST", "/predict?coverage=0.9", body, sent).status == 501

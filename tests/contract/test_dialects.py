"""A second protocol beside the native JSON: paths, parameters, formats and errors, at both doors alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import numpy as np
import pytest

from tests.contract.conftest import OpenDoors
from tests.doors import Both
from tests.lines import LINES, TYPE
from twinserve.predict.predictor import Predictions
from twinserve.predict.rendering import Warnings
from twinserve.service.http.accept import preferred
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.parameters import Parameter, Unfit
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import READ, Route
from twinserve.service.inference.question import Observation
from twinserve.service.inference.version import ModelVersion
from twinserve.service.protocols.beside import Beside
from twinserve.service.protocols.dialect import Asked, Dialect, Served
from twinserve.service.protocols.native import NativeCodec
from twinserve.service.service import Service
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact
from twinserve.testing.client import JSON
from twinserve.testing.fakes import FakePredictor, car, opened, reply_of, service_of, settings_of

TEXT = {"Content-Type": "text/x-labels"}


def digits(text: str) -> int:
    """A query parameter: the number of digits."""
    if not (text.isascii() and text.isdecimal()):
        raise Unfit("type", "Must be a whole number.")
    if int(text) > 9:
        raise Unfit("bound", "Must be at most 9.")
    return int(text)


class LabelsCodec:
    """Reads instances in the native JSON; writes one label a line, with a greeting from a header."""

    def __init__(self, opened: LoadedArtifact, version: str, settings: Settings) -> None:
        self._native = NativeCodec(opened, version, settings)
        self._classes = opened.manifest.classes or ()

    def read(self, body: bytes, asked: Asked) -> Batch:
        """As JSON."""
        return self._native.read(body, asked)

    def write(self, batch: Batch, predictions: Predictions, warnings: Warnings, asked: Asked, _: Beside) -> Reply:
        """The labels, and as many digits of their probabilities as were asked for."""
        assert predictions.labels is not None
        assert predictions.probabilities is not None
        assert len(batch.columns) == len(predictions.labels)
        shown = asked.query.get("digits", 2)
        greatest = predictions.probabilities.max(axis=1)
        lines = [
            f"{asked.parameters['name']} {self._classes[label]} {probability:.{shown}f} {len(warnings.get(row, ()))}"
            for row, (label, probability) in enumerate(zip(predictions.labels, greatest, strict=True))
        ]
        return Reply(HTTPStatus.OK, "\n".join([asked.header("x-greeting") or "", *lines]).encode(), "text/x-labels")


def labels_only(header: HeaderLookup) -> None:
    """Refuse any other Content-Type with 415."""
    if header("content-type") != "text/x-labels":
        raise Problem("unsupported-media-type", "Content-Type must be text/x-labels.")


def refuse(problem: Problem, request_id: str) -> Reply:
    """An error as one line of text."""
    text = f"{problem.kind} {request_id} {json.dumps(list(problem.errors))}"
    return Reply(problem.status, text.encode(), "text/x-labels", problem.headers)


def names(service: Served, asked: Asked) -> Reply:
    """The path parameter, in the format that the caller accepts."""
    media_type = preferred(asked.header("accept"), ("text/plain", "text/html"))
    text = f"{asked.parameters['name']} {len(service.routes)}"
    return Reply(HTTPStatus.OK, text.encode(), media_type)


LABELS = Dialect(
    "labels",
    (
        Route(
            "labels_score",
            "/labels/{name}:score",
            ("POST",),
            "predict",
            "Labels",
            "predict",
            (Parameter("digits", digits), Parameter("note", str)),
        ),
        Route("labels_names", "/labels/{name}/about", READ, "read", "Names"),
        Route("labels_digits", "/labels", READ, "read", "Digits", "read", (Parameter("digits", digits),)),
    ),
    labels_only,
    LabelsCodec,
    refuse,
    {
        "labels_names": names,
        "labels_digits": lambda _, asked: Reply(HTTPStatus.OK, json.dumps(dict(asked.query)).encode()),
    },
)


@pytest.fixture
def doors(open_doors: OpenDoors) -> Both:
    """Both doors over the fake model, named `tumor`, with both protocols."""
    return open_doors(service_of(dialects=[LABELS]))


def test_a_dialect_reads_and_writes_in_its_own_form(doors: Both) -> None:
    body = json.dumps([car(), car(age=3.0)]).encode()
    answer = doors.send("POST", "/labels/tumor:score?digits=4", body, TEXT | {"X-Greeting": "Hello"})
    ours = doors.predict([car(), car(age=3.0)]).json()["predictions"]
    expected = [f"tumor {row['label']} {max(row['probabilities'].values()):.4f} {len(row['warnings'])}" for row in ours]
    assert (answer.status, answer.body.decode().split("\n")) == (200, ["Hello", *expected])
    assert answer.headers["content-type"] == "text/x-labels"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "body", "headers", "start"),
    [
        ("/labels/tumor:score", b"[", TEXT, "malformed-json"),
        ("/labels/tumor:score", b"{}", TEXT, "invalid-input"),
        ("/labels/tumor:score", b"{}", JSON, "unsupported-media-type"),
        ("/labels/other:score", b"{}", TEXT, "not-found"),
        ("/labels/tumor:score?x=1", b"{}", TEXT, "invalid-parameter"),
    ],
)
def test_a_dialect_refuses_in_its_own_shape(
    doors: Both, path: str, body: bytes, headers: Mapping[str, str], start: str
) -> None:
    """A dialect has the statuses and details of the contract, in its own format."""
    answer = doors.send("POST", path, body, headers)
    assert answer.body.decode().startswith(start + " a-")
    assert answer.status in (400, 404, 415, 422)


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("digits=x", [("digits", "type")]),
        ("digits=10", [("digits", "bound")]),
        ("digits=1&digits=1", [("digits", "repeated")]),
        ("digits=x&digits=1", [("digits", "type"), ("digits", "repeated")]),
        ("Digits=1", [("Digits", "unknown")]),
        ("a=1&b", [("a", "unknown"), ("b", "unknown")]),
        ("k" * 70 + "=1", [("k" * 64, "unknown")]),
        ("d%69gits=%37x", [("digits", "type")]),
        ("=", [("", "unknown")]),
    ],
)
def test_query_parameters_are_checked_as_strictly_as_bodies(
    doors: Both, query: str, errors: list[tuple[str, str]]
) -> None:
    """All invalid parameters are listed, without values, before the body is read."""
    answer = doors.send("POST", f"/labels/tumor:score?{query}", b"[", TEXT)
    kind, _, told = answer.body.decode().split(" ", 2)
    assert (answer.status, kind) == (400, "invalid-parameter")
    assert [(error["parameter"], error["code"]) for error in json.loads(told)] == errors


@pytest.mark.parametrize("query", ["", "digits=%37", "note=a+b%20c%C3%A9&digits=0", "digits=3&note="])
def test_parameters_that_fit_are_taken(doors: Both, query: str) -> None:
    assert doors.send("POST", f"/labels/tumor:score?{query}", json.dumps(car()).encode(), TEXT).status == 200


def test_too_many_parameters_are_refused_at_once(doors: Both) -> None:
    answer = doors.send("POST", "/labels/tumor:score?" + "&".join(["a=1"] * 101), b"{}", TEXT)
    assert (answer.status, answer.body.decode().split(" ", 2)[2]) == (400, "[]")


def test_a_query_where_none_is_taken_is_left_alone(doors: Both) -> None:
    assert doors.send("GET", "/schema?digits=x").body == doors.send("GET", "/schema").body


@pytest.mark.parametrize("name", ["tumor", "a.b-c_d", "%C3%A9", "a%20b"])
def test_a_path_gives_its_parts_to_what_reads(doors: Both, name: str) -> None:
    """Decoded; a slash is never part of one."""
    answer = doors.send("GET", f"/labels/{name}/about")
    assert answer.status == 200
    given, _ = answer.body.decode().rsplit(" ", 1)
    assert given == {"%C3%A9": "é", "a%20b": "a b"}.get(name, name)
    assert doors.send("DELETE", f"/labels/{name}/about").headers["allow"] == "GET, HEAD, OPTIONS"
    assert doors.send("GET", f"/labels/{name}/more/about").status == 404


@pytest.mark.parametrize(("accept", "expected"), [("text/html, */*;q=0.1", "text/html"), ("image/*", "text/plain")])
def test_what_is_read_may_have_several_forms(doors: Both, accept: str, expected: str) -> None:
    """Negotiated by `Accept`, and never refused for it."""
    answer = doors.send("GET", "/labels/tumor/about", headers={"Accept": accept})
    assert (answer.status, answer.headers["content-type"]) == (200, expected)


def test_the_query_of_what_is_only_read_is_checked_as_well(doors: Both) -> None:
    assert doors.send("GET", "/labels?digits=3").json() == {"digits": 3}
    for query in ("digits=x", "other=1"):
        assert doors.send("GET", f"/labels?{query}").status == 400


@pytest.mark.parametrize("name", ["a%0A", "%00", "a%7F"])
def test_no_part_of_a_path_holds_a_control_character(doors: Both, name: str) -> None:
    assert {door.send("GET", f"/labels/{name}/about").status for door in doors.doors} == {404}


def test_our_own_errors_stay_as_they_are_beside_another_dialect(doors: Both) -> None:
    assert doors.predict(b"[").json()["type"] == "urn:twinserve:problem:malformed-json"


# ---- the shelf ------------------------------------------------------------------------------------------------------


def test_a_named_model_answers_and_the_default_one_where_none_is_named() -> None:
    """By one version each, from the beginning to the end."""
    service = service_of(dialects=[LABELS])
    other = ModelVersion(opened(FakePredictor("scikit-learn")), "3", settings_of(), Metrics())
    service.models.swap(other, "other")
    assert service.models.current("other") is other
    assert service.models.current() is service.models.current("tumor") is not other
    assert list(service.models) == ["tumor", "other"]
    with pytest.raises(Problem) as raised:
        service.models.current("third")
    assert raised.value.status == 404
    quick = [service.quick_version(b"{}", f"{path}predict") for path in ("/", "/models/tumor/", "/models/other/")]
    assert quick == [service.models.current(), service.models.current(), None]
    service.close()


# ---- the observer ---------------------------------------------------------------------------------------------------


def ask(service: Service, instances: Any) -> Reply:
    """A request for predictions with an id of its own."""
    exchange = service.begin("predict", "POST", "/predict", "http", {"x-request-id": "mine"}.get)
    return reply_of(service.answer(json.dumps(instances).encode(), exchange))


@pytest.mark.parametrize("kind", ["compiled", "scikit-learn"])
def test_an_observer_sees_id_columns_outcome_and_warnings_together(kind: Any) -> None:
    """Inline and in the pool."""
    service, seen = service_of(FakePredictor(kind)), list[Observation]()
    service.observer = seen.append
    reply = json.loads(ask(service, [car(), car(age=1000.0)]).body)
    service.close()
    (observation,) = seen
    assert (observation.request_id, observation.version) == ("mine", "7")
    assert observation.model == reply["model"]
    assert len(observation.columns) == 2
    assert isinstance(observation.outcome, Predictions)
    assert observation.outcome.probabilities is not None
    shown = [list(prediction["probabilities"].values()) for prediction in reply["predictions"]]
    np.testing.assert_array_equal(observation.outcome.probabilities, shown)
    warnings = [len(prediction["warnings"]) for prediction in reply["predictions"]]
    assert [len(observation.warnings.get(row, ())) for row in range(2)] == warnings
    assert any(warnings)


def test_an_observer_that_fails_changes_no_answer() -> None:
    service = service_of()
    before = ask(service, car()).body
    service.observer = lambda _: 1 / 0
    assert ask(service, car()).body == before
    service.close()


def test_an_observer_is_told_why_there_is_no_prediction() -> None:
    class Failing(FakePredictor):
        def predict(self, columns: Any) -> Predictions:  # noqa: ARG002  # The protocol's argument.
            raise KeyError("inside")

    service, seen = service_of(Failing()), list[Observation]()
    service.observer = seen.append
    with pytest.raises(KeyError):
        ask(service, car())
    assert isinstance(seen[0].outcome, KeyError)
    service.close()


@pytest.mark.parametrize("fails", [False, True])
def test_an_observer_sees_each_step_of_a_stream_and_why_one_failed(fails: bool) -> None:
    class Failing(FakePredictor):
        def predict(self, columns: Any) -> Predictions:
            if fails:
                raise KeyError("inside")
            return super().predict(columns)

    service, seen = service_of(Failing(), dialects=[LINES]), list[Observation]()
    service.observer = seen.append
    header = {"content-type": TYPE, "x-request-id": "mine"}.get
    exchange = service.begin("lines", "POST", "/lines", "http", header)
    with service.stream(exchange, header, "", {}) as streaming:
        if fails:
            with pytest.raises(KeyError):
                next(streaming.feed(json.dumps(car()).encode() + b"\n")).result(5)
        else:
            assert next(streaming.feed(json.dumps(car()).encode() + b"\n")).result(5).body
    (observation,) = seen
    assert (observation.request_id, len(observation.columns)) == ("mine", 1)
    assert isinstance(observation.outcome, KeyError if fails else Predictions)
    service.close()

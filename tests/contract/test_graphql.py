"""GraphQL at both doors: the same bytes, the native answers, our own words."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from graphql import build_client_schema, get_introspection_query
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.conftest import OpenDoors
from tests.doors import Both, open_both
from twinserve.predict.predictor import Predictions
from twinserve.service.protocols.graphql.dialect import GRAPHQL
from twinserve.signature import Columns
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON
from twinserve.testing.fakes import FakePredictor, RaisingPredictor, car, service_of

RESPONSE: Final = "application/graphql-response+json"
ONE: Final = "query($car: Instance!) { predict(instance: $car) { %s } }"
ALL: Final = "model version label probabilities { label probability } warnings { pointer code detail }"


@pytest.fixture(scope="module")
def doors() -> Iterator[Both]:
    """Both doors over the fake model, with GraphQL."""
    with open_both(service_of(dialects=[GRAPHQL])) as both:
        yield both


def ask(both: Both, document: object, variables: object = None, accept: str | None = None, **more: object) -> Answer:
    """The answer to a document by POST."""
    body = {"query": document, "variables": variables, **more}
    headers = {**JSON, **({} if accept is None else {"Accept": accept})}
    return both.send("POST", "/graphql", json.dumps(body).encode(), headers)


def data(answer: Answer) -> Any:
    """The data of an answer without errors."""
    assert answer.status == 200
    assert [*answer.json()] == ["data"]
    return answer.json()["data"]


def errors(answer: Answer) -> Any:
    """The errors of an answer."""
    return answer.json()["errors"]


def test_a_prediction_is_the_native_one(doors: Both) -> None:
    """Numbers to the last bit, warnings and all; probabilities as a list, as labels are no names."""
    native = doors.predict(car(age=99)).json()
    found = data(ask(doors, ONE % ALL, {"car": car(age=99)}))["predict"]
    listed = [{"label": label, "probability": p} for label, p in native["probabilities"].items()]
    assert found == native | {"probabilities": listed}


def test_an_instance_may_stand_in_the_document(doors: Both) -> None:
    """As a literal, with variables in it."""
    document = """query($age: Float) { predict(instance: {engine: {power: 90.5, cylinders: 4, turbo: true}, age: $age,
      doors: 5, colour: "red", fuel: "diesel", maker: "Škoda", built: "2015-02-28", sold: "2016-05-01T12:30:00Z",
      wheels: [15, 15.5, 15, 15.5], city: "Oslo"}) { probabilities { probability } } }"""
    native = doors.predict(car(age=3.0)).json()["probabilities"]
    found = data(ask(doors, document, {"age": 3.0}))["predict"]["probabilities"]
    assert [item["probability"] for item in found] == [*native.values()]


def test_several_queries_of_one_request(doors: Both) -> None:
    """Each by its alias; one that fails leaves the others, and says where and why."""
    document = """query($cars: [Instance!]!, $car: Instance!) {
      many: predictMany(instances: $cars) { label version }
      none: predictMany(instances: []) { label }
      why: explain(instance: $car, top: 2) { label explanation { method of class base output others
        contributions { pointer contribution error } } }
      odd: explain(instance: $car, class: "x") { label }
      sure: predict(instance: $car, coverage: 0.9) { label }
      model { name version task classes metrics { name value } created } }"""
    answer = ask(doors, document, {"cars": [car(), car(age=3.0)], "car": car()})
    assert answer.status == 200
    found = answer.json()["data"]
    native = doors.predict([car(), car(age=3.0)]).json()
    assert [item["label"] for item in found["many"]] == [item["label"] for item in native["predictions"]]
    why = doors.send("POST", "/explain?top=2", json.dumps(car()).encode(), JSON).json()["explanation"]
    assert found["why"]["explanation"] == why | {
        "contributions": [{**item, "error": item.get("error")} for item in why["contributions"]]
    }
    assert found["model"]["classes"] == doors.send("GET", "/model").json()["classes"]
    assert (found["none"], found["odd"], found["sure"]) == (None, None, None)
    told = {error["path"][0]: error["extensions"]["code"] for error in errors(answer)}
    assert told == {"none": "invalid-input", "odd": "invalid-parameter", "sure": "not-implemented"}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"age": "secret"}, "/age", "type"),
        ({"secret": 1}, "/secret", "unknown"),
        ({"engine": {"power": 1.0, "cylinders": 4}}, "/engine/turbo", "missing"),
        ({"engine": {"power": 1.0, "cylinders": 4.5, "turbo": True}}, "/engine/cylinders", "type"),
        ({"wheels": [15, None, 15, 15]}, "/wheels/1", "null"),
    ],
)
@pytest.mark.parametrize("accept", [None, RESPONSE])
def test_a_value_of_another_type_is_told_at_its_field(
    doors: Both, change: Mapping[str, Any], pointer: str, code: str, accept: str | None
) -> None:
    """As the native check tells it, before anything is predicted."""
    answer = ask(doors, ONE % "label", {"car": car(**change)}, accept)
    assert answer.status == (400 if accept else 200)
    assert "data" not in answer.json()
    (error,) = errors(answer)
    assert [(item["pointer"], item["code"]) for item in error["extensions"]["errors"]] == [(pointer, code)]


def test_what_graphql_takes_and_the_model_does_not(doors: Both) -> None:
    """A date that is none, a bound: an error of that query."""
    answer = ask(doors, ONE % "label", {"car": car(built="2015-02-30", engine=car()["engine"] | {"power": -1})})
    (error,) = errors(answer)
    assert answer.json()["data"] == {"predict": None}
    assert error["path"] == ["predict"]
    found = {item["pointer"]: item["code"] for item in error["extensions"]["errors"]}
    assert found["/built"] == "format"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed-json"),
        (b"{", 400, "malformed-json"),
        (b'{"query":"{__typename}","query":"{__typename}"}', 400, "malformed-json"),
        (b"[]", 400, "bad-request"),
        (b"{}", 400, "bad-request"),
        (b'{"query":5}', 400, "bad-request"),
        (b'{"query":"{__typename}","variables":[]}', 400, "bad-request"),
        (b'{"query":"{__typename}","operationName":1}', 400, "bad-request"),
        (b'{"query":"{__typename}","extensions":"x"}', 400, "bad-request"),
        (b'{"query":"{__typename}","variables":' + b"[" * 200 + b"]" * 200 + b"}", 400, "bad-request"),
    ],
)
def test_a_request_that_is_none(doors: Both, body: bytes, status: int, code: str) -> None:
    answer = doors.send("POST", "/graphql", body, JSON)
    assert answer.status == status
    assert [error["extensions"]["code"] for error in errors(answer)] == [code]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", "syntax"),
        ("", "syntax"),
        ("{secret}", "invalid"),
        ("{predict{label}}", "invalid"),
        ("mutation{__typename}", "invalid"),
        ("subscription{__typename}", "invalid"),
        ("query A{__typename} query B{__typename}", "operation"),
        ("{__typename ...secret}", "invalid"),
        ('{explain(instance:{},top:"secret"){label}}', "invalid-input"),
        ("{a" * 5_000 + "}" * 5_000, "syntax"),
        ("{a" * 30 + "}" * 30, "limit"),
        ("{" + "[" * 5_000, "syntax"),
        ("{" + " ".join(f"a{i}:__typename" for i in range(1_001)) + "}", "limit"),
        ("{" + "model{name}" * 21 + "}", "limit"),
        ("{" + "a " * 12_000 + "}", "syntax"),
    ],
)
def test_a_document_that_cannot_be_executed(doors: Both, document: str, code: str) -> None:
    """400 in GraphQL's media type, 200 in plain JSON; without data, and nothing of it is repeated."""
    answer = ask(doors, document, accept=RESPONSE)
    assert answer.status == 400
    assert answer.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
    assert "data" not in answer.json()
    assert errors(answer)[0]["extensions"]["code"] == code
    assert b"secret" not in answer.body
    assert ask(doors, document).status == 200


def test_get_takes_the_document_in_the_address(doors: Both) -> None:
    query = urlencode({"query": ONE % "label", "variables": json.dumps({"car": car()})})
    assert data(doors.send("GET", f"/graphql?{query}"))["predict"]["label"] == doors.predict(car()).json()["label"]
    assert doors.send("GET", "/graphql?query=mutation{__typename}", headers={"Accept": RESPONSE}).status == 400
    nothing = doors.send("GET", "/graphql")
    assert (nothing.status, errors(nothing)[0]["message"]) == (400, "`query` is required, and must be a string.")
    assert doors.send("GET", "/graphql?query={__typename}&x=1").status == 400
    assert doors.send("PUT", "/graphql").headers["allow"] == "GET, HEAD, OPTIONS, POST"
    head = doors.send("HEAD", f"/graphql?{query}")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("application/json", "application/json"),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, application/json;q=0.9", RESPONSE),
        (f"{RESPONSE};q=0.5, application/json", "application/json"),
        (f"application/json, {RESPONSE}", RESPONSE),
    ],
)
def test_the_media_type_is_the_callers_choice(doors: Both, accept: str | None, media_type: str) -> None:
    answer = ask(doors, "{__typename}", accept=accept)
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert answer.headers["vary"] == "Accept"


def test_another_body_is_415(doors: Both) -> None:
    for headers in ({}, {"Content-Type": "text/plain"}, {**JSON, "Content-Encoding": "gzip"}):
        answer = doors.send("POST", "/graphql", b'{"query":"{__typename}"}', headers)
        assert (answer.status, errors(answer)[0]["extensions"]["code"]) == (415, "unsupported-media-type")


def test_tools_get_the_schema_unless_it_is_turned_off(doors: Both, open_doors: OpenDoors) -> None:
    schema = build_client_schema(data(ask(doors, get_introspection_query())))
    assert {*schema.query_type.fields} == {"predict", "predictMany", "explain", "model"} if schema.query_type else False
    closed = open_doors(service_of(dialects=[GRAPHQL], graphql_introspection=False))
    answer = ask(closed, get_introspection_query(), accept=RESPONSE)
    assert (answer.status, errors(answer)[0]["message"]) == (
        400,
        "This service does not answer questions about its schema.",
    )
    assert ask(closed, "{__typename}").json() == {"data": {"__typename": "Query"}}


def test_instances_count_over_all_queries(open_doors: OpenDoors) -> None:
    """At most `MAX_BATCH` together, at most `MAX_EXPLAIN` explained."""
    both = open_doors(service_of(dialects=[GRAPHQL], max_batch=3, max_explain=1))
    document = """query($car: Instance!, $two: [Instance!]!) { a: predictMany(instances: $two) { label }
      b: predict(instance: $car) { label } c: predict(instance: $car) { label }
      d: explain(instance: $car) { label } e: explain(instance: $car) { label } }"""
    answer = ask(both, document, {"car": car(), "two": [car(), car()]})
    assert [name for name, value in answer.json()["data"].items() if value is None] == ["c", "e"]
    assert [error["extensions"]["errors"][0]["code"] for error in errors(answer)] == ["length", "length"]


def test_a_fault_of_ours_is_500_and_says_nothing(open_doors: OpenDoors) -> None:
    answer = ask(open_doors(service_of(RaisingPredictor(), dialects=[GRAPHQL])), ONE % "label", {"car": car()})
    (error,) = errors(answer)
    assert (answer.status, error["extensions"]["code"]) == (500, "internal")
    assert error["message"] == "The service failed; its log has more under this request's id."


class Slow(FakePredictor):
    """Counts its calls, each of which takes a moment."""

    calls = 0

    def predict(self, columns: Columns) -> Predictions:
        """As a fake predicts."""
        self.calls += 1
        threading.Event().wait(0.05)
        return super().predict(columns)


def test_what_nobody_waits_for_is_not_predicted(open_doors: OpenDoors) -> None:
    """After `PREDICT_TIMEOUT` the request is 504, and its other queries are left."""
    slow = Slow()
    both = open_doors(service_of(slow, dialects=[GRAPHQL], predict_timeout=0.3))
    queries = " ".join(f"a{i}: predict(instance: $car) {{ label }}" for i in range(200))
    answer = both.doors[0].send(
        "POST",
        "/graphql",
        json.dumps({"query": f"query($car: Instance!) {{ {queries} }}", "variables": {"car": car()}}).encode(),
        JSON,
    )
    assert (answer.status, errors(answer)[0]["extensions"]["code"]) == (504, "prediction-timeout")
    threading.Event().wait(0.5)
    assert slow.calls < 20


class Counted(FakePredictor):
    """Counts its calls."""

    calls = 0

    def predict(self, columns: Columns) -> Predictions:
        """As a fake predicts."""
        self.calls += 1
        return super().predict(columns)


def test_an_invalid_document_is_checked_and_predicts_nothing(open_doors: OpenDoors) -> None:
    """Its instances are read only, the valid one of them, too."""
    counted = Counted()
    both = open_doors(service_of(counted, dialects=[GRAPHQL]))
    document = """query($a: Instance!, $b: Instance!) { a: predict(instance: $a) { label }
      b: predict(instance: $b) { label } }"""
    answer = ask(both, document, {"a": car(), "b": car() | {"age": "old"}}, accept=RESPONSE)
    assert (answer.status, counted.calls) == (400, 0)
    assert errors(answer)[0]["extensions"]["errors"][0]["pointer"] == "/age"


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (ONE % "label", ""),
        ("query($cars: [Instance!]!) { predictMany(instances: $cars) { label } }", ""),
        ("query($maker: String!) { predict(instance: {maker: $maker}) { label } }", "/maker"),
        ("query($age: Float = 1) { predict(instance: {age: $age, city: 5}) { label } }", "/city"),
    ],
)
def test_a_variable_that_is_not_sent_is_null(doors: Both, document: str, pointer: str) -> None:
    """Or its default; a fault of the caller, whether it is all of an instance or a part of one."""
    answer = ask(doors, document, {}, accept=RESPONSE)
    assert answer.status == 400
    assert pointer in {found["pointer"] for error in errors(answer) for found in error["extensions"]["errors"]}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"query": 1}',
        json.dumps({"query": ONE % "label", "variables": {"car": car(maker="")}}).encode(),
        json.dumps({"query": ONE % "label", "variables": {"car": {}}}).encode(),
    ],
)
def test_each_problem_names_its_request(doors: Both, body: bytes) -> None:
    """Whether all of the request is refused or one of its queries."""
    answer = doors.send("POST", "/graphql", body, {**JSON, "X-Request-Id": "mine"})
    assert {error["extensions"]["requestId"] for error in errors(answer)} == {"mine"}


def test_a_problem_of_a_query_is_counted(open_doors: OpenDoors) -> None:
    """Though the status of the reply is 200."""
    both = open_doors(service_of(dialects=[GRAPHQL]))
    answer = ask(both, ONE % "label", {"car": car(maker="")})
    assert answer.status == 200
    assert b'twinserve_problems_total{kind="invalid-input"}' in both.doors[0].send("GET", "/metrics").body


def test_without_the_setting_there_is_no_such_path(open_doors: OpenDoors) -> None:
    assert ask(open_doors(service_of()), "{__typename}").status == 404


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.booleans(), st.text(alphabet='{}()[]:$!@".# aeio_19\n', max_size=60), VALUES)
def test_whatever_is_sent_is_never_a_fault(doors: Both, in_document: bool, text: str, value: Any) -> None:
    answer = ask(doors, text) if in_document else ask(doors, ONE % "label", {"car": value})
    assert answer.status in (200, 400)
    assert answer.json().keys() <= {"data", "errors"}

"""The one shape of every error, whoever makes it.

Specification. The status says whose fault it is: 4xx the caller's, 5xx ours. The body is `application/problem+json`
(RFC 9457), an object with exactly these members in this order:

- `type`      `urn:twinserve:problem:<kind>`; each kind has one status and one title
- `title`     what this kind of problem is, the same every time
- `status`    the status, a number
- `detail`    one sentence, or a few, on this occurrence
- `instance`  the request's id, as in `X-Request-Id`
- `errors`    a list of `{"pointer", "code", "detail"}`; empty but for `invalid-input`

405 and 503 carry `Allow` and `Retry-After`; 408, 413, 431 and a body that ended early end the connection. Nothing holds
a submitted value.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from tests.contract.conftest import OpenDoors
from tests.doors import JSON, REQUEST_ID, Both, Door
from tests.fakes import CLASSES, BlockedPredictor, GivenPredictor, RaisingPredictor, car, given, service_of, settings_of
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.service.http.problem import KINDS
from twinserve.service.service import Service
from twinserve.service.telemetry.metrics import Metrics

MARKER = "Zq7xMarker"
NUMBER = 918273.645546
INSTANCE = json.dumps(car()).encode()
REQUESTS: dict[str, tuple[str, str, bytes, dict[str, str]]] = {
    "malformed-json": ("POST", "/predict", b"{", {**JSON}),
    "not-found": ("GET", "/nowhere", b"", {}),
    "method-not-allowed": ("DELETE", "/model", b"", {}),
    "too-large": ("POST", "/predict", b" " * 20_000, {**JSON}),
    "unsupported-media-type": ("POST", "/predict", b"{}", {"Content-Type": "text/plain"}),
    "invalid-input": ("POST", "/predict", b"{}", {**JSON}),
}


def require_problem(doors: Both, kind: str, request: tuple[str, str, bytes, dict[str, str]]) -> None:
    """Send a request and hold its reply against the specification above."""
    answer = doors.send(*request)
    status, title = KINDS[kind]
    body = answer.json()
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"] == REQUEST_ID
    assert list(body) == ["type", "title", "status", "detail", "instance", "errors"]
    assert body["type"] == f"urn:twinserve:problem:{kind}"
    assert (body["title"], body["status"], body["instance"]) == (title, status, REQUEST_ID)
    assert re.fullmatch(r"[A-Z0-9].*\.", body["detail"])
    assert bool(body["errors"]) == (kind == "invalid-input")
    assert all(list(error) == ["pointer", "code", "detail"] for error in body["errors"])
    assert ("Allow" in answer.headers) == (kind == "method-not-allowed")
    assert ("Retry-After" in answer.headers) == (kind == "unavailable")


@pytest.mark.parametrize("kind", REQUESTS)
def test_every_refusal_has_the_one_shape(open_doors: OpenDoors, kind: str) -> None:
    """What the frameworks would otherwise answer themselves included."""
    require_problem(open_doors(service_of(max_body=10_000)), kind, REQUESTS[kind])


def test_a_fault_has_the_one_shape(open_doors: OpenDoors) -> None:
    """500."""
    doors = open_doors(service_of(RaisingPredictor()))
    require_problem(doors, "internal", ("POST", "/predict", INSTANCE, {**JSON}))


def test_being_unavailable_has_the_one_shape(open_doors: OpenDoors) -> None:
    """503, on every path that needs a model."""
    doors = open_doors(Service(settings_of(), Metrics(), None))
    require_problem(doors, "unavailable", ("POST", "/predict", INSTANCE, {**JSON}))
    for path in ("/schema", "/openapi.json", "/model", "/health/ready"):
        require_problem(doors, "unavailable", ("GET", path, b"", {}))
    assert doors.send("GET", "/health/live").status == 200
    assert doors.send("GET", "/docs").status == 200
    assert doors.send("GET", "/").status == 200


def test_a_prediction_that_takes_too_long_has_the_one_shape(open_doors: OpenDoors) -> None:
    """504."""
    predictor = BlockedPredictor()
    doors = open_doors(service_of(predictor, predict_timeout=0.05))
    require_problem(doors, "prediction-timeout", ("POST", "/predict", INSTANCE, {**JSON}))
    predictor.go_on.set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_status_says_whose_fault_it_is(kind: str) -> None:
    """Each kind has a status of its own class and a title that is no sentence."""
    status, title = KINDS[kind]
    assert 400 <= status < 600
    assert re.fullmatch(r"[A-Z][^.]*", title)


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_problem_is_never_stored_nor_sniffed(both: Both, kind: str) -> None:
    """As every reply, it says so."""
    answer = both.send(*REQUESTS[kind])
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("given_id", ["a", "A.b_c-9", "0" * 64, "....", "-", "2f1c4b7e-8a0d-4d39-9d25-1f0f5a2f6f6c"])
@pytest.mark.parametrize("path", ["/health/live", "/nowhere"])
def test_a_good_request_id_comes_back(both: Both, path: str, given_id: str) -> None:
    """The caller's own, in header and body."""
    answer = both.send("GET", path, headers={"X-Request-Id": given_id})
    assert answer.headers["X-Request-Id"] == given_id
    assert answer.json().get("instance", given_id) == given_id


@pytest.mark.parametrize(
    "given_id", ["", " ", "0" * 65, "a b", "a/b", "a\tb", "<script>", '"', "a,b", "a;b", "%41", "a\x7f", "{}"]
)
def test_a_bad_request_id_is_replaced(client: Door, given_id: str) -> None:
    """By one of ours, which is new each time."""
    answers = [client.send("GET", "/nowhere", headers={"X-Request-Id": given_id}) for _ in range(2)]
    ours = [answer.headers["X-Request-Id"] for answer in answers]
    assert [answer.json()["instance"] for answer in answers] == ours
    assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in ours)
    assert ours[0] != ours[1]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/model", b""), ("POST", "/predict", INSTANCE), ("GET", "/x", b""), ("OPTIONS", "/", b"")],
)
def test_every_reply_tells_how_long_it_took(client: Door, method: str, path: str, body: bytes) -> None:
    """`Server-Timing`, in milliseconds, once."""
    headers = client.send(method, path, body, JSON).headers
    assert re.fullmatch(r"total;dur=[0-9]+\.[0-9]{3}", headers["Server-Timing"])
    assert len(headers.get_list("X-Request-Id")) == 1


def marked() -> list[Any]:
    """Bodies with a marker in every place that a value may take, one place at a time."""
    bodies: list[Any] = [MARKER, NUMBER, [MARKER], {"x": MARKER}, {"x": {"y": [NUMBER]}}]
    for value in (MARKER, NUMBER, [MARKER], {"x": MARKER}, [[NUMBER]], -NUMBER):
        for field in car():
            bodies += [car(**{field: value}), [car(), car(**{field: value})]]
        for field in car()["engine"]:
            bodies.append(car(engine=car()["engine"] | {field: value}))
        bodies += [car(wheels=[1, value, 1, 1]), car(unknown=value)]
    return bodies


@pytest.mark.parametrize("policy", ["warn", "reject"])
def test_no_reply_holds_a_submitted_value(open_doors: OpenDoors, policy: str) -> None:
    """Not in an error, not in a warning, wherever it was put."""
    doors = open_doors(service_of(out_of_range=policy))
    for body in marked():
        answer = doors.predict(body)
        assert answer.status in (200, 422)
        assert MARKER.encode() not in answer.body
        assert b"918273" not in answer.body


@pytest.mark.parametrize(
    "body",
    [
        f'{{"maker":"{MARKER}"',
        f'{{"{MARKER}":1,"{MARKER}":2}}',
        f'{{"a":{MARKER}}}',
        f"{MARKER}",
        f'["{MARKER}\\x"]',
        f'["\\ud800{MARKER}"]',
        f"[918273.645546.1,{NUMBER}]",
    ],
)
def test_no_malformed_body_comes_back(both: Both, body: str) -> None:
    """Not even a piece of it."""
    answer = both.predict(body.encode())
    assert answer.status == 400
    assert MARKER.encode() not in answer.body
    assert b"918273" not in answer.body


def test_no_header_path_query_or_method_comes_back(both: Both) -> None:
    """They are values of the caller's, too."""
    refused = [
        both.predict(b"{}", {"Content-Type": f"application/{MARKER}"}),
        both.predict(b"{}", {**JSON, "Content-Encoding": MARKER}),
        both.send("GET", f"/{MARKER}?{MARKER}=1", headers={"Cookie": MARKER, "Accept": MARKER}),
        both.send(MARKER.upper(), "/predict"),
    ]
    for answer in refused:
        assert answer.status >= 400
        assert MARKER.lower().encode() not in answer.body.lower()
        assert MARKER not in str(answer.headers)


BROKEN: dict[str, Predictor] = {
    "raises": RaisingPredictor(),
    "raises in the pool": RaisingPredictor("scikit-learn"),
    "gives no rows": given([], np.empty((0, 3))),
    "gives too many rows": given([0, 1], np.full((2, 3), 1 / 3)),
    "gives fewer probabilities than labels": given([0], np.empty((0, 3))),
    "gives too few columns": given([0], np.array([[0.5, 0.5]])),
    "gives too many columns": given([0], np.array([[0.25, 0.25, 0.25, 0.25]])),
    "gives a label that is no class": given([len(CLASSES)], np.array([[1.0, 0, 0]])),
    "gives nothing": GivenPredictor(Predictions()),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("array", [False, True])
def test_a_predictor_that_fails_is_a_500_that_tells_nothing(open_doors: OpenDoors, name: str, *, array: bool) -> None:
    """No traceback, no message, no value; and the request's id, under which the log tells more."""
    doors = open_doors(service_of(BROKEN[name]))
    instance = car(maker=MARKER, age=7.918273)
    answer = doors.predict([instance] if array else instance)
    assert (answer.status, answer.json()["instance"]) == (500, REQUEST_ID)
    for secret in (MARKER, "918273", "Traceback", "Error", ".py", "cannot", "nan", "predictor"):
        assert secret not in answer.body.decode()


SILENT: dict[str, Predictor] = {
    "gives NaN": given([0], np.array([[0.5, np.nan, 0.5]])),
    "gives infinity": given([0], np.array([[np.inf, 0, 0]])),
    "gives a value that is NaN": GivenPredictor(Predictions(values=np.array([np.nan]))),
    "gives no label": given([-1]),
}


@pytest.mark.parametrize("name", SILENT)
@pytest.mark.parametrize("array", [False, True])
def test_an_answer_that_is_no_number_is_none_and_no_fault(open_doors: OpenDoors, name: str, *, array: bool) -> None:
    """422 for the row, without a value; the service is not to blame for what a model says of a number."""
    doors = open_doors(service_of(SILENT[name]))
    instance = car(maker=MARKER, age=7.918273)
    answer = doors.predict([instance] if array else instance)
    assert (answer.status, answer.json()["instance"]) == (422, REQUEST_ID)
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/0" if array else "", "unpredictable")
    for secret in (MARKER, "918273", "nan", "predictor"):
        assert secret not in answer.body.decode()
    assert b"twinserve_faults_total 0.0" in doors.doors[0].send("GET", "/metrics").body


def test_the_service_goes_on_after_a_fault(open_doors: OpenDoors) -> None:
    """One bad prediction spoils no other request, and each is counted."""
    doors = open_doors(service_of(RaisingPredictor("scikit-learn"), max_queue=1))
    for _ in range(5):
        assert doors.predict(car()).status == 500
    assert doors.send("GET", "/health/ready").status == 200
    faults = doors.doors[0].send("GET", "/metrics").body
    assert b"twinserve_faults_total 10.0" in faults

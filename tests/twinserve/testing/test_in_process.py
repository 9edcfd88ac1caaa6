"""`wsgi` and `asgi` send the contract suite's requests to an app in this process, as a server would.

The whole suite over both runs in the tests of a new project (`tests/test_new_project.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import serve_fastapi
import serve_flask
from twinserve.testing import Send
from twinserve.testing.fakes import car, service_of
from twinserve.testing.in_process import asgi, wsgi

JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["wsgi", "asgi"])
def send(request: pytest.FixtureRequest) -> Iterator[Send]:
    """A door's app, asked in this process."""
    service = service_of()
    yield wsgi(serve_flask.create_app(service)) if request.param == "wsgi" else asgi(serve_fastapi.create_app(service))
    service.close()


def test_a_prediction_arrives_with_its_headers(send: Send) -> None:
    answer = send("POST", "/predict", json.dumps(car()).encode(), JSON | {"X-Request-Id": "mine"})
    assert (answer.status, answer.headers["x-request-id"]) == (200, "mine")
    assert set(answer.json()) >= {"label", "probabilities", "warnings"}
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_head_has_the_headers_of_get_and_no_body(send: Send) -> None:
    get, head = (send(method, "/model", b"", {}) for method in ("GET", "HEAD"))
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize(("path", "status"), [("/predict/", 404), ("//predict", 404), ("/%00", 404), ("/nowhere", 404)])
def test_paths_arrive_unchanged(send: Send, path: str, status: int) -> None:
    assert send("GET", path, b"", {}).status == status


def test_a_query_and_a_wrong_method_arrive(send: Send) -> None:
    assert send("GET", "/health/ready?x=1", b"", {}).status == 200
    wrong = send("DELETE", "/predict", b"", {})
    assert (wrong.status, wrong.headers["allow"]) == (405, "OPTIONS, POST")


def test_a_body_that_is_not_json_is_refused_as_by_a_server(send: Send) -> None:
    assert send("POST", "/predict", b"{", JSON).status == 400
    assert send("POST", "/predict", b"{}", {}).status == 415

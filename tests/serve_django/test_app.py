"""The Django door apart from its views: it answers `/predict` before Django does, unless something was added."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.util import is_hop_by_hop

import pytest
from django.core.signals import got_request_exception, request_finished, request_started
from django.dispatch import Signal
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from serve_django.app import DoorApp, create_app
from twinserve.testing.fakes import service_of
from twinserve.testing.in_process import wsgi
from twinserve.wsgi.environ_keys import EXCHANGE

JSON = {"Content-Type": "application/json"}
BOUND = 8 * 1024 * 1024


@pytest.fixture
def app() -> Iterator[DoorApp]:
    """The app of one test."""
    made = create_app(service_of())
    yield made
    made.service.close()


def test_a_host_closes_the_service_through_the_app(app: DoorApp) -> None:
    """WSGI has no event for the end of an app, so a host has to find the service in it."""
    send = wsgi(app)
    assert send("GET", "/health/ready", b"", {}).status == 200
    app.service.close()
    assert send("GET", "/health/ready", b"", {}).status == 503


def test_no_header_of_the_connection_is_sent(app: DoorApp) -> None:
    """WSGI forbids them (PEP 3333). Only our own server is told to close."""
    for path in ("/predict", "/oauth/token", "/"):
        answer = wsgi(app)("POST", path, b" " * (BOUND + 1), JSON)
        assert answer.status in (404, 413, 415)
        assert [name for name in answer.headers if is_hop_by_hop(name)] == []


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods of the requests that Django makes an object of."""
    methods: list[str] = []
    plain = DoorApp.get_response

    def counted(self: Any, request: Any) -> Any:
        methods.append(request.method)
        return plain(self, request)

    monkeypatch.setattr(DoorApp, "get_response", counted)
    return methods


def test_predict_does_not_wait_for_django(app: DoorApp, made: list[str]) -> None:
    """`POST /predict` makes no request object; other methods and paths do."""
    send = wsgi(app)
    assert send("POST", "/predict", b"{}", JSON).status == 422
    assert send("GET", "/predict", b"", {}).status == 405
    assert made == ["GET"]


@pytest.mark.parametrize("signal", [request_started, request_finished, got_request_exception])
def test_receivers_that_somebody_adds_hear_every_request(app: DoorApp, made: list[str], signal: Signal) -> None:
    """With one of them the shortcut to `/predict` is off, and on again without."""
    heard: list[bool] = []

    def hear(**_: Any) -> None:
        heard.append(True)

    send = wsgi(app)
    signal.connect(hear)
    assert send("POST", "/predict", b"{}", JSON).status == 422
    signal.disconnect(hear)
    assert send("POST", "/predict", b"{}", JSON).status == 422
    assert made == ["POST"]
    assert heard == ([] if signal is got_request_exception else [True])


def teapot(_get_response: Callable[..., Any]) -> Callable[..., Any]:
    """A middleware that answers by itself."""
    return lambda _: HttpResponse("mine", status=418)


def test_middleware_of_the_settings_is_asked() -> None:
    """There is no shortcut past it."""
    with override_settings(MIDDLEWARE=[f"{__name__}.teapot"]):
        app = create_app(service_of())
    assert wsgi(app)("POST", "/predict", b"{}", JSON).status == 418
    app.service.close()


def test_a_fault_of_django_is_for_the_server(app: DoorApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers as the contract says, and logs where."""
    monkeypatch.setattr("serve_django.views.RouteView.chosen", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        wsgi(app)("GET", "/model", b"", {})


def test_a_refused_request_has_one_line_in_the_log(app: DoorApp, caplog: pytest.LogCaptureFixture) -> None:
    """Ours; Django has one for every 4xx, with the path that was asked for."""
    with caplog.at_level(logging.DEBUG):
        assert wsgi(app)("GET", "/not/there", b"", {}).status == 404
    assert [record for record in caplog.records if record.name.startswith("django")] == []


def called(app: DoorApp, method: str, path: str, **more: Any) -> tuple[dict[str, str], bytes]:
    """The headers and the bytes that the app gives its server."""
    given: dict[str, str] = {}
    environ = {**RequestFactory().generic(method, path).environ, **more}
    pieces = app(environ, lambda _status, headers, *_: given.update(headers))  # type: ignore[arg-type]
    return given, b"".join(pieces)


def test_no_body_follows_the_headers_of_head(app: DoorApp) -> None:
    """Not every server drops one."""
    (got, body), (head, nothing) = called(app, "GET", "/model"), called(app, "HEAD", "/model")
    assert (head["Content-Length"], nothing) == (got["Content-Length"], b"")
    assert len(body) == int(got["Content-Length"])


def test_a_request_that_is_asked_twice_is_one_exchange(app: DoorApp) -> None:
    """Our worker calls the app with the head and again with the body; the caller is counted once."""
    begun = app.service.begin("model", "GET", "/model", "http", {"x-request-id": "begun-before"}.get)
    headers, _ = called(app, "GET", "/model", **{EXCHANGE: begun})
    assert headers["X-Request-Id"] == "begun-before"


def test_two_apps_in_one_process_have_their_own_services() -> None:
    """Django has one configuration for both."""
    apps = [create_app(service_of(max_batch=size)) for size in (1, 2)]
    assert [wsgi(app)("POST", "/predict", b"[{}, {}]", JSON).json()["errors"][0]["code"] for app in apps] == [
        "length",
        "missing",
    ]
    for app in apps:
        app.service.close()

"""The Flask door apart from its routes: it answers `/predict` before Flask does, unless a host has hooks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from wsgiref.util import is_hop_by_hop

import pytest
from blinker import NamedSignal
from flask import Blueprint, Flask
from flask.ctx import RequestContext

from serve_flask.app import SIGNALS, DoorApp, create_app
from serve_flask.routes import blueprint
from twinserve.testing.fakes import service_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Hook = Callable[[Flask, Callable[..., None]], object]


def test_a_host_closes_the_service_through_the_app() -> None:
    """WSGI has no event for the end of an app, so a host has to find the service in it."""
    app = create_app(service_of())
    client = app.test_client()
    assert client.get("/health/ready").status_code == 200
    app.extensions["twinserve"].close()
    assert client.get("/health/ready").status_code == 503


@pytest.mark.parametrize("prefix", [None, "/ml"])
def test_no_header_of_the_connection_is_sent(prefix: str | None) -> None:
    """WSGI forbids them (PEP 3333): some servers then answer 500. Only our own server is told to close."""
    app = Flask(__name__)
    app.register_blueprint(blueprint(service_of()), url_prefix=prefix)
    for client in (app.test_client(), create_app(service_of()).test_client()):
        path = "/predict" if client.application is not app else f"{prefix or ''}/predict"
        answer = client.post(path, data=b" " * (8 * 1024 * 1024 + 1), content_type="application/json")
        assert answer.status_code == 413
        assert [name for name, _ in answer.headers if is_hop_by_hop(name)] == []


def listen(signal: NamedSignal, app: Flask, see: Callable[..., None]) -> None:
    """Record the signals that Flask sends for this app."""
    signal.connect(see, app)


def test_predict_does_not_wait_for_flask(monkeypatch: pytest.MonkeyPatch) -> None:
    """`POST /predict` makes no request context; other methods and paths do."""
    app = create_app(service_of())
    made = made_contexts(app, monkeypatch)
    client = app.test_client()
    client.post("/predict", json={})
    client.get("/predict")
    assert made == ["GET"]


def made_contexts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods of the requests for which Flask makes a context from now on."""
    made: list[str] = []
    real = app.request_context

    def counted(environ: WSGIEnvironment) -> RequestContext:
        made.append(environ["REQUEST_METHOD"])
        return real(environ)

    monkeypatch.setattr(app, "request_context", counted)
    return made


def answer() -> str:
    """The view of a host."""
    return "mine"


def add_blueprint(app: Flask) -> None:
    """Add a host's own blueprint, with a hook of its own."""
    mine = Blueprint("mine", __name__)
    mine.before_request(lambda: None)
    mine.add_url_rule("/mine", view_func=answer)
    app.register_blueprint(mine)


@pytest.mark.parametrize(
    ("add", "sees"),
    [
        (add_blueprint, False),
        (lambda app: app.add_url_rule("/", view_func=answer), False),
        (lambda app: app.add_url_rule("/mine/<path:rest>", view_func=answer), False),
        (lambda app: app.add_url_rule("/predict", view_func=answer), False),
        (lambda app: app.add_url_rule("/predict", view_func=answer, methods=["POST"]), True),
        (lambda app: app.add_url_rule("/predict/", view_func=answer, methods=["POST"]), True),
        (lambda app: app.add_url_rule("/<path:rest>", view_func=answer, methods=["POST"]), True),
        (lambda app: app.add_url_rule("/<path:start>/mine", view_func=answer, methods=["PUT", "POST"]), True),
        (lambda app: app.add_url_rule("/models/apple/predict", view_func=answer, methods=["POST"]), True),
        (lambda app: app.view_functions.update({"twinserve.predict": answer}), True),
    ],
    ids=["blueprint", "/", "below", "GET", "same", "slash", "all", "end", "a model", "replaced"],
)
def test_a_host_may_add_routes_for_other_paths(
    add: Callable[[Flask], object], sees: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shortcut to `/predict` is off where a host's route could be meant, and on where it cannot."""
    app = create_app(service_of())
    add(app)
    made = made_contexts(app, monkeypatch)
    status = app.test_client().post("/predict", json={}).status_code
    assert made == (["POST"] if sees else [])
    assert status == (200 if app.view_functions["twinserve.predict"] is answer else 422)


@pytest.mark.parametrize("path", ["/", "/predict", "/models/apple/predict"])
def test_a_route_of_a_host_goes_before_ours_where_flask_says_so(path: str) -> None:
    """The short way gives the answer that Flask gives."""
    answers: list[bytes] = []
    for is_short in (True, False):
        app = create_app(service_of())
        assert isinstance(app, DoorApp)
        app.plain = app.plain if is_short else None
        app.add_url_rule(path, view_func=answer, methods=["POST"])
        answers.append(app.test_client().post(path, json={}, headers={"X-Request-Id": "mine"}).data)
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "add",
    [
        lambda app, see: app.before_request(lambda: see()),
        lambda app, see: app.after_request(lambda response: (see(), response)[1]),
        lambda app, see: app.teardown_request(lambda _: see()),
        lambda app, see: app.teardown_appcontext(lambda _: see()),
        lambda app, see: app.url_value_preprocessor(lambda *_: see()),
        *(partial(listen, signal) for signal in SIGNALS),
    ],
    ids=["before", "after", "teardown", "context", "values", *(signal.name for signal in SIGNALS)],
)
def test_hooks_that_a_host_adds_see_every_request(add: Hook) -> None:
    """With added hooks the shortcut to `/predict` is off."""
    seen: list[bool] = []
    app = create_app(service_of())

    def see(*_: object, **__: object) -> None:
        seen.append(True)

    add(app, see)
    plain, hooked = (one.test_client().post("/predict", json={}) for one in (create_app(service_of()), app))
    for signal in SIGNALS:
        signal.disconnect(see, app)
    assert hooked.status_code == plain.status_code == 422
    assert seen == [True]


def test_trusted_hosts_that_a_host_names_hold() -> None:
    """With `TRUSTED_HOSTS` the shortcut is off, because Flask checks them."""
    app = create_app(service_of())
    app.config["TRUSTED_HOSTS"] = ["mine"]
    statuses = [
        app.test_client().post("/predict", json={}, headers={"Host": host}).status_code for host in ("mine", "x")
    ]
    assert statuses == [422, 400]


def test_a_hook_that_comes_too_late_is_refused() -> None:
    """Flask refuses a hook that is added after the first request, also if the shortcut answered that."""
    app = create_app(service_of())
    app.test_client().post("/predict", json={})
    with pytest.raises(AssertionError, match="can no longer be called"):
        app.before_request(lambda: None)

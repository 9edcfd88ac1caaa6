"""What the Flask door does besides its routes: it answers `/predict` before Flask does, unless a host has hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from flask import Flask, request_started
from flask.ctx import RequestContext

from serve_flask.app import create_app
from tests.fakes import service_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Hook = Callable[[Flask, Callable[..., None]], object]


def test_predict_does_not_wait_for_flask(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request context is made for it; for other methods and paths there is one."""
    app = create_app(service_of())
    made: list[str] = []
    real = app.request_context

    def counted(environ: WSGIEnvironment) -> RequestContext:
        made.append(environ["REQUEST_METHOD"])
        return real(environ)

    monkeypatch.setattr(app, "request_context", counted)
    client = app.test_client()
    client.post("/predict", json={})
    client.get("/predict")
    assert made == ["GET"]


@pytest.mark.parametrize(
    "add",
    [
        lambda app, see: app.before_request(lambda: see()),
        lambda app, see: app.after_request(lambda response: (see(), response)[1]),
        lambda app, see: app.teardown_request(lambda _: see()),
        lambda app, see: app.teardown_appcontext(lambda _: see()),
        lambda app, see: app.url_value_preprocessor(lambda *_: see()),
        lambda app, see: request_started.connect(see, app),
    ],
    ids=["before", "after", "teardown", "context", "values", "signal"],
)
def test_hooks_that_a_host_adds_see_every_request(add: Hook) -> None:
    """The shortcut to `/predict` is for as long as there are none."""
    seen: list[bool] = []
    app = create_app(service_of())

    def see(*_: object, **__: object) -> None:
        seen.append(True)

    add(app, see)
    plain, hooked = (one.test_client().post("/predict", json={}) for one in (create_app(service_of()), app))
    request_started.disconnect(see, app)
    assert hooked.status_code == plain.status_code == 422
    assert seen == [True]


def test_trusted_hosts_that_a_host_names_hold() -> None:
    """Flask looks at them, so it is asked."""
    app = create_app(service_of())
    app.config["TRUSTED_HOSTS"] = ["mine"]
    statuses = [
        app.test_client().post("/predict", json={}, headers={"Host": host}).status_code for host in ("mine", "x")
    ]
    assert statuses == [422, 400]

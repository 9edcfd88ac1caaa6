"""The doors as parts of somebody's own app: the contract's paths under any prefix, and nothing else is touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import fastapi
import flask
import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from fastapi.responses import JSONResponse
from flask.typing import ResponseReturnValue

import serve_django
import serve_fastapi
import serve_flask
from examples import fastapi_app, flask_app
from tests.django_hosts import Urls, answering, mounted, of_wsgi
from tests.doors import Both, Door, FastAPIDoor, FlaskDoor, WSGIDoor
from twinserve.service.http.routes import ROUTES, Route
from twinserve.service.service import Service
from twinserve.testing.client import JSON
from twinserve.testing.contract.suite import example_path
from twinserve.testing.fakes import RaisingPredictor, car, service_of

PREFIXES = ("", "/ml", "/a/b")


def flask_host(service: Service, prefix: str) -> Door:
    """A Flask app with routes, hooks and error handlers of its own."""
    app = flask.Flask(__name__)

    @app.get("/own")
    def own() -> ResponseReturnValue:
        return "own"

    @app.get("/own/fault")
    def fault() -> ResponseReturnValue:
        raise RuntimeError("own fault")

    @app.get("/own/abort")
    def aborting() -> ResponseReturnValue:
        flask.abort(404)

    def handler(status: int) -> Callable[[Exception], ResponseReturnValue]:
        return lambda _: ({"host": status}, status)

    for status in (404, 405, 500):
        app.register_error_handler(status, handler(status))
    app.register_blueprint(serve_flask.blueprint(service), url_prefix=prefix or None)
    return FlaskDoor(app)


def fastapi_host(service: Service, prefix: str) -> Door:
    """A FastAPI app with routes and error handlers of its own."""
    app = fastapi.FastAPI(openapi_url=None, redirect_slashes=False)

    @app.get("/own")
    def own() -> fastapi.Response:
        return fastapi.Response("own", media_type="text/html; charset=utf-8")

    @app.get("/own/fault")
    def fault() -> fastapi.Response:
        raise RuntimeError("own fault")

    @app.get("/own/abort")
    def aborting() -> fastapi.Response:
        raise fastapi.HTTPException(404)

    def handler(status: int) -> Callable[[fastapi.Request, Exception], JSONResponse]:
        return lambda _request, _error: JSONResponse({"host": status}, status)

    for status in (404, 405, 500):
        app.add_exception_handler(status, handler(status))
    app.include_router(serve_fastapi.router(service), prefix=prefix)
    return FastAPIDoor(app, raising=False)


def django_host(service: Service, prefix: str) -> Door:
    """A Django project with views and error handlers of its own."""

    def own(request: HttpRequest) -> HttpResponse:
        return HttpResponse("own") if request.method == "GET" else answering(405)(request)

    def fault(_: HttpRequest) -> HttpResponse:
        raise RuntimeError("own fault")

    def aborting(_: HttpRequest) -> HttpResponse:
        raise Http404

    views = {"own": own, "own/fault": fault, "own/abort": aborting}
    patterns = [
        *(path(place, view) for place, view in views.items()),
        path(f"{prefix}/".lstrip("/"), include(serve_django.urls_of(service))),
    ]
    urls = Urls(patterns, handler404=answering(404), handler500=answering(500))
    return WSGIDoor(of_wsgi(urls), "django")


def plain_flask(service: Service) -> Door:
    """A Flask app with nothing of its own."""
    app = flask.Flask(__name__)
    app.register_blueprint(serve_flask.blueprint(service), url_prefix="/ml")
    return FlaskDoor(app)


def plain_fastapi(service: Service) -> Door:
    """A FastAPI app with nothing of its own."""
    app = fastapi.FastAPI()
    app.include_router(serve_fastapi.router(service), prefix="/ml")
    return FastAPIDoor(app)


def plain_django(service: Service) -> Door:
    """A Django project with nothing of its own."""
    return WSGIDoor(of_wsgi(mounted(service)), "django")


@pytest.fixture(scope="module", params=PREFIXES)
def hosts(request: pytest.FixtureRequest) -> Iterator[tuple[Both, str]]:
    """A host of each framework over one service, and the prefix that it is mounted under."""
    service, prefix = service_of(), str(request.param)
    doors = [make(service, prefix) for make in (fastapi_host, flask_host, django_host)]
    yield Both(doors), prefix
    for door in doors:
        door.close()
    service.close()


Hosts = tuple[Both, str]


def test_predictions_are_those_of_the_whole_app(hosts: Hosts, both: Both) -> None:
    """The same bytes wherever the door is mounted."""
    mounted, prefix = hosts
    for value in (car(), [car(), car(age=99)], {}, [], [{"x": 1}]):
        body = json.dumps(value).encode()
        assert mounted.send("POST", f"{prefix}/predict", body, JSON).comparable() == both.predict(body).comparable()


@pytest.mark.parametrize("route", [route for route in ROUTES if route.name != "metrics"], ids=lambda route: route.path)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE", "FOO"])
def test_every_path_answers_as_in_the_whole_app(hosts: Hosts, both: Both, route: Route, method: str) -> None:
    """Every method, wrong ones included."""
    mounted, prefix = hosts
    here = mounted.send(method, f"{prefix}{example_path(route)}", b"{}" if method == "POST" else b"")
    there = both.send(method, example_path(route), b"{}" if method == "POST" else b"")
    assert here.comparable() == there.comparable()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/own", 200),
        ("GET", "/own/fault", 500),
        ("GET", "/own/abort", 404),
        ("POST", "/own", 405),
        ("GET", "/nothing", 404),
        ("POST", "/nothing", 404),
    ],
)
def test_the_hosts_own_paths_and_errors_stay_its_own(hosts: Hosts, method: str, path: str, status: int) -> None:
    """Its routes, its 404, 405 and 500, in its own shape and without our headers."""
    for host in hosts[0].doors:
        answer = host.send(method, path)
        assert answer.status == status
        assert answer.body == b"own" if status == 200 else answer.json() == {"host": status}
        assert "Server-Timing" not in answer.headers
        assert "X-Request-Id" not in answer.headers


@pytest.mark.parametrize("path", ["/predict/", "/predict/x", "/health", "/Schema", "/docs/x", "/predict%0A"])
def test_beside_our_paths_the_host_answers(hosts: Hosts, path: str) -> None:
    """Whatever is under the prefix and not in the table is the host's 404."""
    mounted, prefix = hosts
    for host in mounted.doors:
        answer = host.send("GET", f"{prefix}{path}")
        assert (answer.status, answer.json()) == (404, {"host": 404})


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_a_path_with_a_second_slash_in_front_is_the_hosts(hosts: Hosts, method: str, route: Route) -> None:
    """Also where a framework takes it for one of ours."""
    mounted, prefix = hosts
    for host in mounted.doors:
        answer = host.send(method, f"/{prefix}{example_path(route)}")
        assert (answer.status, answer.json()) == (404, {"host": 404})
        assert "X-Request-Id" not in answer.headers


@pytest.mark.parametrize("make", [plain_flask, plain_fastapi, plain_django])
def test_a_host_without_handlers_answers_such_a_path_as_any_other(make: Callable[[Service], Door]) -> None:
    """With its framework's own 404."""
    service = service_of()
    host = make(service)
    assert host.send("GET", "//ml/schema").comparable() == host.send("GET", "/nothing").comparable()
    host.close()
    service.close()


def test_the_prefix_without_its_slash_is_the_hosts(hosts: Hosts) -> None:
    """The index is at the prefix and a slash; nothing redirects there."""
    mounted, prefix = hosts
    for host in mounted.doors if prefix else ():
        answer = host.send("GET", prefix)
        assert (answer.status, answer.json()) == (404, {"host": 404})


def test_without_the_prefix_nothing_is_there(hosts: Hosts) -> None:
    """The root is the host's."""
    mounted, prefix = hosts
    if prefix:
        for host in mounted.doors:
            assert host.send("POST", "/predict", b"{}", JSON).json() == {"host": 404}
            assert host.send("GET", "/").json() == {"host": 404}


@pytest.mark.parametrize("make", [fastapi_host, flask_host, django_host])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_fault_of_the_model_is_our_problem_not_the_hosts(make: Callable[[Service, str], Door], prefix: str) -> None:
    """500 in the contract's shape: the host's handler never sees it."""
    service = service_of(RaisingPredictor())
    host = make(service, prefix)
    answer = host.send("POST", f"{prefix}/predict", json.dumps(car()).encode(), JSON)
    assert (answer.status, answer.json()["type"]) == (500, "urn:twinserve:problem:internal")
    host.close()
    service.close()


def test_a_hook_of_the_host_may_read_the_body(both: Both) -> None:
    """For its own log, say; we read it all the same."""
    app, seen = flask.Flask(__name__), []
    app.before_request(lambda: seen.append(flask.request.get_data()))
    service = service_of()
    app.register_blueprint(serve_flask.blueprint(service))
    body, door = json.dumps(car()).encode(), FlaskDoor(app)
    assert door.send("POST", "/predict", body, JSON).body == both.predict(body).body
    assert seen == [body]
    door.close()
    service.close()


def test_two_models_fit_into_one_app() -> None:
    """Each under a prefix of its own."""
    services = {"/one": service_of(), "/two": service_of(max_batch=1)}
    web, api = flask.Flask(__name__), fastapi.FastAPI()
    for prefix, service in services.items():
        web.register_blueprint(serve_flask.blueprint(service), url_prefix=prefix, name=prefix.strip("/"))
        api.include_router(serve_fastapi.router(service), prefix=prefix)
    sites = of_wsgi(Urls([path(f"{name[1:]}/", include(serve_django.urls_of(one))) for name, one in services.items()]))
    doors = Both([FlaskDoor(web), FastAPIDoor(api), WSGIDoor(sites, "django")])
    batch = json.dumps([car(), car()]).encode()
    assert doors.send("POST", "/one/predict", batch, JSON).status == 200
    assert doors.send("POST", "/two/predict", batch, JSON).status == 422
    assert doors.send("DELETE", "/two/predict").status == 405
    for door in doors.doors:
        door.close()
    for service in services.values():
        service.close()


@pytest.fixture
def examples(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Door]]:
    """The example apps over the real model."""
    monkeypatch.setenv("TWINSERVE_ARTIFACTS", str(artifacts))
    doors: list[Door] = [FlaskDoor(flask_app.create_app()), FastAPIDoor(fastapi_app.create_app())]
    yield doors
    for door in doors:
        door.close()


def test_the_examples_work(examples: list[Door], artifacts: Path) -> None:
    """Their own page, their own 404, and predictions beside them."""
    golden = json.loads((artifacts / "tumor" / "1" / "golden.json").read_text())
    for door in examples:
        assert door.send("GET", "/").json() == {"app": "mine", "predictions": "/ml/"}
        assert door.send("GET", "/nothing").json() == {"mine": "nothing here"}
        assert door.send("GET", "/ml/model").json()["name"] == "tumor"
        answer = door.send("POST", "/ml/predict", json.dumps(golden[0]["request"]).encode(), JSON).json()
        assert answer["label"] == golden[0]["reply"]["label"]
        assert door.send("PUT", "/ml/predict").json()["type"] == "urn:twinserve:problem:method-not-allowed"

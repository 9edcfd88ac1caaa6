"""Our paths inside a Django project: its middleware and settings hold for them, under WSGI and under ASGI."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse

from serve_django.urls import urls_of
from tests.django_hosts import Urls, mounted, of_asgi, of_wsgi
from tests.doors import Both, Door, FastAPIDoor, WSGIDoor
from tests.lines import LINES, TYPE
from twinserve.service.http.routes import HEALTH
from twinserve.service.service import Service
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON
from twinserve.testing.fakes import car, service_of

CAR = json.dumps(car()).encode()
BASE = "django.middleware."
Ask = Callable[..., Answer]
Mount = Callable[..., Ask]


@pytest.fixture
def service() -> Iterator[Service]:
    """One service for one test, with a dialect that streams beside our own."""
    opened = service_of(dialects=[LINES])
    yield opened
    opened.close()


@pytest.fixture(params=["wsgi", "asgi"])
def mount(request: pytest.FixtureRequest) -> Iterator[Mount]:
    """Ask a project of these URLs, with these settings."""
    doors: list[Door] = []

    def ask(urls: Urls, **settings: Any) -> Ask:
        if request.param == "wsgi":
            doors.append(WSGIDoor(of_wsgi(urls, **settings), "django"))
        else:
            doors.append(FastAPIDoor(of_asgi(urls, **settings)))
        return doors[-1].send

    yield ask
    for door in doors:
        door.close()


class User:
    """Who asks, as the project's own middleware has found out."""

    def __init__(self, request: HttpRequest) -> None:
        self.is_authenticated = request.headers.get("X-User") == "alice"


def known_user(get_response: Any) -> Any:
    """A middleware that says who asks."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.user = User(request)
        return get_response(request)

    return middleware


def body_first(get_response: Any) -> Any:
    """A middleware that reads every body, for a signature over it, say."""

    def middleware(request: HttpRequest) -> HttpResponse:
        size = len(request.body)
        response: HttpResponse = get_response(request)
        response["X-Read"] = str(size)
        return response

    return middleware


def refusing(_get_response: Any) -> Any:
    """A middleware that refuses everything."""
    return lambda _: HttpResponse("mine", status=418)


def failing(_get_response: Any) -> Any:
    """A middleware with a fault."""

    def middleware(_: HttpRequest) -> HttpResponse:
        raise RuntimeError("the host's own fault")

    return middleware


def test_predictions_are_those_of_the_whole_app(mount: Mount, service: Service, both: Both) -> None:
    """Under ASGI as well."""
    send = mount(mounted(service))
    for value in (car(), [car(), car(age=99)], {}, [], [{"x": 1}]):
        body = json.dumps(value).encode()
        headers = {**JSON, "X-Request-Id": "a"}
        assert send("POST", "/ml/predict", body, headers).body == both.send("POST", "/predict", body, headers).body
    assert send("POST", "/ml/predict", [CAR[:10], CAR[10:]], JSON).body == both.predict(CAR).body


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE", "FOO"])
@pytest.mark.parametrize("route", ["/predict", "/model", "/", "/health/live", "/assets/page.css", "/nothing"])
def test_a_middleware_that_refuses_is_heard(mount: Mount, service: Service, method: str, route: str) -> None:
    """For wrong methods and for health, too."""
    send = mount(mounted(service), MIDDLEWARE=[f"{__name__}.refusing"])
    answer = send(method, f"/ml{route}", CAR)
    assert answer.status == 418
    assert "Server-Timing" not in answer.headers


def test_a_fault_of_a_middleware_is_the_hosts(mount: Mount, service: Service) -> None:
    """No fault of ours is counted."""
    send = mount(mounted(service), MIDDLEWARE=[f"{__name__}.failing"])
    assert send("POST", "/ml/predict", CAR, JSON).headers["Content-Type"].startswith("text/html")
    assert b"twinserve_faults_total 0.0" in service.metrics.render()


def test_a_middleware_may_read_the_body(mount: Mount, service: Service) -> None:
    """We read it all the same."""
    answer = mount(mounted(service), MIDDLEWARE=[f"{__name__}.body_first"])("POST", "/ml/predict", CAR, JSON)
    assert (answer.status, answer.headers["x-read"]) == (200, str(len(CAR)))


def test_a_project_that_requires_a_login_guards_every_path(mount: Mount, service: Service) -> None:
    """Its redirect, also for probes, as long as it lets them pass."""

    def open_to_probes(view: Any, route: Any) -> Any:
        return login_not_required(view) if route.name in HEALTH else view

    settings = {
        "MIDDLEWARE": [f"{__name__}.known_user", "django.contrib.auth.middleware.LoginRequiredMiddleware"],
        "INSTALLED_APPS": ["django.contrib.contenttypes", "django.contrib.auth"],
        "LOGIN_URL": "/login",
    }
    for decorate, health in ((lambda view, _: view, 302), (open_to_probes, 200)):
        send = mount(mounted(service, decorate=decorate), **settings)
        refused = send("POST", "/ml/predict", CAR, JSON)
        assert (refused.status, refused.headers["Location"]) == (302, "/login?next=/ml/predict")
        assert send("POST", "/ml/predict", CAR, {**JSON, "X-User": "alice"}).status == 200
        assert send("GET", "/ml/health/live").status == health


def test_no_csrf_token_is_needed_and_other_views_still_need_one(mount: Mount, service: Service) -> None:
    """Nobody is known to us by a cookie, so no other site can use one."""
    send = mount(mounted(service), MIDDLEWARE=[f"{BASE}csrf.CsrfViewMiddleware"])
    assert send("POST", "/ml/predict", CAR, JSON).status == 200
    assert send("DELETE", "/ml/predict").status == 405
    assert send("POST", "/own", b"x").status == 403


def test_slashes_that_a_project_appends_change_no_path_of_ours(mount: Mount, service: Service) -> None:
    """`APPEND_SLASH` sends nobody from a path of ours to one with a slash; the prefix alone is the project's."""
    send = mount(mounted(service), MIDDLEWARE=[f"{BASE}common.CommonMiddleware"], APPEND_SLASH=True)
    assert send("POST", "/ml/predict", CAR, JSON).status == 200
    assert send("GET", "/ml/predict").json()["type"].endswith("method-not-allowed")
    for unknown in ("/ml/predict/", "/ml/nothing", "/ml/health"):
        answer = send("GET", unknown)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert (send("GET", "/ml").status, send("GET", "/ml").headers["Location"]) == (301, "/ml/")


def test_hosts_that_a_project_allows_hold(mount: Mount, service: Service) -> None:
    """Where its middleware asks."""
    settings = {"MIDDLEWARE": [f"{BASE}common.CommonMiddleware"], "ALLOWED_HOSTS": ["mine.example"]}
    send = mount(mounted(service), **settings)
    assert send("GET", "/ml/model").status == 400
    assert send("GET", "/ml/model", headers={"Host": "mine.example"}).status == 200


def test_the_compression_of_a_project_applies(mount: Mount, service: Service) -> None:
    """To whole answers and to streams; what a small answer saves is nothing, so it stays."""
    send = mount(mounted(service, protocols=None), MIDDLEWARE=[f"{BASE}gzip.GZipMiddleware"])
    packed = {"Accept-Encoding": "gzip"}
    plain = send("GET", "/ml/schema", headers={"Accept-Encoding": "identity"})
    answer = send("GET", "/ml/schema", headers=packed)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.body == plain.body or gzip.decompress(answer.body) == plain.body  # Some clients unpack.
    lines = send("POST", "/ml/lines?more=2", CAR + b"\n", packed | {"Content-Type": TYPE})
    assert (lines.status, lines.headers["Content-Encoding"]) == (200, "gzip")


def test_an_answer_that_varies_says_so_in_the_projects_middleware(mount: Mount) -> None:
    """Django keeps one header of a name; both values are in it, and a middleware adds its own."""
    opened = service_of(cors_origins="https://page.example")
    headers = {"Origin": "https://page.example"}
    alone = mount(mounted(opened))("GET", "/ml/", headers=headers)
    assert alone.headers.every("vary") == ["Origin", "Accept"]
    send = mount(mounted(opened), MIDDLEWARE=[f"{BASE}locale.LocaleMiddleware"], USE_I18N=True)
    assert send("GET", "/ml/", headers=headers).headers.every("vary") == ["Origin, Accept, Accept-Language"]
    opened.close()


@pytest.mark.parametrize("size", [100, None])
def test_the_projects_limit_of_what_it_keeps_in_memory_is_not_ours(mount: Mount, service: Service, size: Any) -> None:
    """`DATA_UPLOAD_MAX_MEMORY_SIZE` is for `request.body`, which we do not ask for: `MAX_BODY` holds. A middleware that
    does ask is refused by Django."""
    settings = {"DATA_UPLOAD_MAX_MEMORY_SIZE": size}
    send = mount(mounted(service), **settings)
    assert send("POST", "/ml/predict", CAR, JSON).status == 200
    large = send("POST", "/ml/predict", b" " * (8 * 1024 * 1024 + 1), JSON)
    assert (large.status, large.json()["type"]) == (413, "urn:twinserve:problem:too-large")
    read = mount(mounted(service), MIDDLEWARE=[f"{__name__}.body_first"], **settings)
    assert read("POST", "/ml/predict", CAR, JSON).status == (200 if size is None else 400)


def test_our_paths_may_have_a_language_in_front(mount: Mount, service: Service) -> None:
    """In `i18n_patterns` they are where the project's own are; without the language the project redirects."""
    languages = {"USE_I18N": True, "LANGUAGES": [("de", "Deutsch"), ("en", "English")], "LANGUAGE_CODE": "en"}
    with override_settings(**languages):
        urls = Urls(i18n_patterns(path("ml/", include(urls_of(service)))))
    send = mount(urls, MIDDLEWARE=[f"{BASE}locale.LocaleMiddleware"], **languages)
    for language in ("de", "en"):
        answer = send("POST", f"/{language}/ml/predict", CAR, JSON)
        assert (answer.status, answer.headers["Content-Language"]) == (200, language)
    moved = send("GET", "/ml/model", headers={"Accept-Language": "de"})
    assert (moved.status, moved.headers["Location"]) == (302, "/de/ml/model")


def test_a_stream_is_answered_piece_by_piece(mount: Mount, service: Service) -> None:
    """Django receives the whole body first under ASGI; the answer is a stream in either case."""
    send = mount(mounted(service, protocols=None))
    answer = send("POST", "/ml/lines?more=3", b"\n".join([CAR] * 3), {"Content-Type": TYPE})
    assert answer.status == 200
    assert answer.body.endswith(b"3 lines")
    assert answer.body.count(b"more\n") == 30_000
    assert "Content-Length" not in answer.headers
    assert send("POST", "/ml/lines", CAR, JSON).status == 415
    assert b'twinserve_requests_total{method="POST",route="lines",status="200"} 1.0' in service.metrics.render()


def test_the_projects_links_find_our_paths(service: Service) -> None:
    """By the namespace `twinserve` and the name of the route; a second model has a namespace of its own."""
    other = service_of(max_batch=1)
    urls = Urls([path("a/", include(urls_of(service))), path("b/", include(urls_of(other), namespace="other"))])
    assert reverse("twinserve:predict", urlconf=urls) == "/a/predict"
    assert reverse("other:asset", urlconf=urls, kwargs={"name": "page.css"}) == "/b/assets/page.css"
    door = WSGIDoor(of_wsgi(urls), "django")
    two = json.dumps([car(), car()]).encode()
    assert [door.send("POST", f"/{part}/predict", two, JSON).status for part in "ab"] == [200, 422]
    door.close()
    other.close()


def test_djangos_own_client_asks_us(service: Service) -> None:
    """The projects' own tests use it."""
    with override_settings(ROOT_URLCONF=mounted(service)):
        client = Client(enforce_csrf_checks=True)
        answer = client.post("/ml/predict", car(), content_type="application/json")
        assert (answer.status_code, answer.json()["model"]) == (200, "cars")
        assert client.head("/ml/model").content == b""
        assert client.put("/ml/predict", b"").status_code == 405

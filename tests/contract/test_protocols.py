"""Which dialects a service and the doors in a host speak, and what they need of a caller."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import fastapi
import flask
import pytest
from django.urls import include, path

import serve_django
import serve_fastapi
import serve_flask
from harness.credentials import write_keys
from tests.contract.conftest import OpenDoors
from tests.django_hosts import Urls, of_wsgi
from tests.doors import Both, Door, FastAPIDoor, FlaskDoor, WSGIDoor
from tests.tensors import INFER, inputs_of, json_body
from twinserve.service.protocol_names import ALL, DIALECTS
from twinserve.service.protocols.graphql.dialect import GRAPHQL
from twinserve.service.protocols.instances.v1 import V1
from twinserve.service.protocols.spoken import spoken
from twinserve.service.protocols.v2.dialect import V2
from twinserve.service.service import Service
from twinserve.service.settings import BadSetting
from twinserve.testing.fakes import car, service_of, settings_of

Mount = Callable[[Service, Iterable[str] | None], Both]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Puts the doors of a service into hosts, under `/ml`."""
    with ExitStack() as stack:

        def mounted(service: Service, protocols: Iterable[str] | None) -> Both:
            web, api = flask.Flask(__name__), fastapi.FastAPI()
            web.register_blueprint(serve_flask.blueprint(service, protocols=protocols), url_prefix="/ml")
            api.include_router(serve_fastapi.router(service, protocols=protocols), prefix="/ml")
            site = of_wsgi(Urls([path("ml/", include(serve_django.urls_of(service, protocols=protocols)))]))
            doors: list[Door] = [FlaskDoor(web), FastAPIDoor(api), WSGIDoor(site, "django")]
            stack.callback(service.close)
            for door in doors:
                stack.callback(door.close)
            return Both(doors)

        yield mounted


def test_all_dialects_are_spoken_by_default() -> None:
    assert [dialect.name for dialect in spoken(settings_of())] == list(DIALECTS)
    assert settings_of().protocols == ALL


@pytest.mark.parametrize(("given", "names"), [("", []), (" v2 , v2", ["v2"]), (",", [])])
def test_the_setting_names_the_dialects(given: str, names: list[str]) -> None:
    assert [dialect.name for dialect in spoken(settings_of(protocols=given))] == names


def test_each_dialect_is_found_under_its_name() -> None:
    """In the table, and so are its routes, by which metrics name requests."""
    for dialect in spoken(settings_of(protocols=ALL)):
        assert dialect.name in DIALECTS
        assert all(route.name.startswith(dialect.name) for route in dialect.routes)


def test_a_host_has_no_dialects_unless_it_names_them(mount: Mount) -> None:
    """Not in its index either; what has a setting of its own is there."""
    both = mount(service_of(dialects=[V2, GRAPHQL], graphql=True), ())
    for door in both.doors:
        assert door.send("GET", "/ml/v2").status == 404
    paths = [entry["path"] for entry in both.send("GET", "/ml/").json()["paths"]]
    assert "graphql" in paths
    assert not any(path.startswith("v2") for path in paths)


@pytest.mark.parametrize("protocols", [["v2"], None])
def test_a_host_speaks_what_it_names(mount: Mount, protocols: list[str] | None) -> None:
    both = mount(service_of(dialects=[V2]), protocols)
    body = json_body(inputs_of([car()]))
    assert both.send("POST", f"/ml{INFER}", body).json()["model_version"] == "7"
    assert both.send("GET", "/ml/v2/").json()["name"] == "twinserve"
    assert both.send("DELETE", f"/ml{INFER}").json() == {"error": "This path takes OPTIONS, POST."}
    assert "v2/models/{name}/infer" in [entry["path"] for entry in both.send("GET", "/ml/").json()["paths"]]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["v2"], "TWINSERVE_PROTOCOLS leaves out v2, which the app asks for."),
        (["v9"], "There is no protocol 'v9'; there "),
    ],
)
def test_what_a_service_does_not_speak_is_refused(names: list[str], sentence: str) -> None:
    service = service_of()
    for make in (serve_flask.blueprint, serve_fastapi.router, serve_django.urls_of):
        with pytest.raises(BadSetting) as raised:
            make(service, protocols=names)
        assert str(raised.value).startswith(sentence)
    service.close()


def test_documents_have_no_dialects(open_doors: OpenDoors) -> None:
    """Neither ours nor those of an app: a client that is made from them has our own methods only."""
    service, app = service_of(dialects=[V2]), fastapi.FastAPI()
    app.include_router(serve_fastapi.router(service, protocols=["v2"]), prefix="/ml")
    assert all("/v2" not in path for path in app.openapi()["paths"])
    service.close()
    paths = open_doors(service_of(dialects=[V2])).send("GET", "/openapi.json").json()["paths"]
    assert not any(path.startswith("/v2") for path in paths)


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", "/v2/health/live", None),
        ("GET", "/v2/health/ready", None),
        ("GET", "/v2", "read"),
        ("GET", "/v2/models/tumor", "read"),
        ("GET", "/v2/models/tumor/versions/7/ready", "read"),
        ("POST", "/v2/repository/index", "read"),
        ("POST", INFER, "predict"),
        ("POST", "/v2/models/nobody/infer", "predict"),
    ],
)
def test_each_path_needs_its_scope(
    open_doors: OpenDoors, tmp_path: Path, method: str, path: str, scopes: str | None
) -> None:
    """Before anybody learns which models there are; refused in the protocol's own form."""
    file = tmp_path / "keys.json"
    keys = write_keys(file, read="read", predict="predict")
    both = open_doors(service_of(dialects=[V2], auth="keys", keys=file))
    for scope, key in ((None, None), *keys.items()):
        answer = both.send(method, path, b"{}", {} if key is None else {"X-API-Key": key})
        if scopes is None or scope == scopes:
            assert answer.status in (200, 400, 404)
        else:
            assert answer.status == (401 if scope is None else 403)
            assert list(answer.json()) == ["error"]


def test_probes_are_not_limited_by_a_rate(open_doors: OpenDoors) -> None:
    both = open_doors(service_of(dialects=[V2], rate=0.001, burst=1))
    assert [both.doors[0].send("GET", "/v2/health/live").status for _ in range(5)] == [200] * 5
    assert [both.doors[0].send("GET", "/v2").status for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"dataframe_split": {}}, "/invocations"),
        ({"instances": []}, "/v1/models/NAME:predict"),
        ({"inputs": []}, "/invocations"),
        ({"inputs": inputs_of([car()])}, "/v2/models/NAME/infer"),
    ],
)
def test_a_body_of_another_protocol_is_told_our_path_for_it(open_doors: OpenDoors, body: Any, path: str) -> None:
    """Where that protocol is spoken; else that it belongs to another server."""
    spoken_here = open_doors(service_of(dialects=spoken(settings_of())))
    (error,) = spoken_here.predict(body).json()["errors"]
    assert f", for {path} of this service; send here" in error["detail"]
    (error,) = open_doors(service_of()).predict(body).json()["errors"]
    assert "of this service" not in error["detail"]
    assert " server; send here" in error["detail"]


def test_a_host_tells_the_verb_of_v1_from_the_name(mount: Mount) -> None:
    both = mount(service_of(dialects=[V1]), ["v1"])
    body = json.dumps({"instances": [car()]}).encode()
    assert both.send("POST", "/ml/v1/models/tumor:predict", body).status == 200
    assert both.send("GET", "/ml/v1/models/tumor:predict").status == 405
    assert both.send("GET", "/ml/v1/models/tumor").status == 200

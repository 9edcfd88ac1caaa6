"""What guards somebody's own app guards our paths in it: each is a path operation, or a view, of that app."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import fastapi
import flask
import pytest
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

import serve_fastapi
import serve_flask
from harness.credentials import write_keys
from serve_fastapi.routes import current_service
from tests.doors import Both, Door, FastAPIDoor, FlaskDoor
from twinserve.service.http.routes import ROUTES
from twinserve.service.service import Service
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON
from twinserve.testing.contract.suite import example_path
from twinserve.testing.fakes import car, service_of

TOKEN = "let-me-in"
CAR = json.dumps(car()).encode()
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "DELETE", "FOO")


class Refused(fastapi.HTTPException):
    """The FastAPI host's own refusal."""

    def __init__(self) -> None:
        super().__init__(418, {"mine": "no"}, headers={"X-Host": "mine"})


def require_token(request: fastapi.Request) -> None:
    """A dependency of the FastAPI host."""
    if request.headers.get("x-token") != TOKEN:
        raise Refused


def fail() -> None:
    """A dependency that has a fault."""
    raise RuntimeError("the host's own fault")


async def read_body(request: fastapi.Request) -> bytes:
    """A dependency that reads the body, for a signature over it, say."""
    return await request.body()


def fastapi_door(app: fastapi.FastAPI) -> FastAPIDoor:
    """A FastAPI app whose faults it answers itself."""
    return FastAPIDoor(app, raising=False)


@pytest.fixture
def service() -> Iterator[Service]:
    """One service for one test; it ignores a query parameter of the host's."""
    opened = service_of(ignore_parameters="tenant")
    yield opened
    opened.close()


Ask = Callable[..., Answer]


@pytest.fixture
def ask(service: Service) -> Iterator[Callable[[Any], Ask]]:
    """Mount the service below `/ml` in an app, and ask that app."""
    doors: list[Door] = []

    def mount(app: fastapi.FastAPI | flask.Flask, **options: Any) -> Ask:
        if isinstance(app, flask.Flask):
            app.register_blueprint(serve_flask.blueprint(service), url_prefix="/ml", **options)
            doors.append(FlaskDoor(app))
        else:
            app.include_router(serve_fastapi.router(service), prefix="/ml", **options)
            doors.append(fastapi_door(app))
        return doors[-1].send

    yield mount
    for door in doors:
        door.close()


Mount = Callable[..., Ask]


# FastAPI: dependencies.


@pytest.fixture(scope="module", params=["app", "router", "include"])
def guarded(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """An app with a dependency, which is given in one of three places; one for all paths, as it takes long to make."""
    guard, service = [fastapi.Depends(require_token)], service_of(ignore_parameters="tenant")
    app = fastapi.FastAPI(openapi_url=None, dependencies=guard if request.param == "app" else None)
    if request.param == "router":
        app.router.dependencies = guard
    options: dict[str, Any] = {"dependencies": guard} if request.param == "include" else {}
    app.include_router(serve_fastapi.router(service), prefix="/ml", **options)
    door = fastapi_door(app)
    yield door.send
    door.close()
    service.close()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/predict", *(example_path(route) for route in ROUTES if route.path != "/predict")])
def test_dependencies_of_the_host_guard_every_path(guarded: Ask, both: Both, method: str, path: str) -> None:
    """Wherever they are given: without what they ask for the host's own refusal, unchanged; with it our answer."""
    send = guarded
    refused = send(method, f"/ml{path}", CAR)
    assert (refused.status, refused.headers["x-host"]) == (418, "mine")
    assert method == "HEAD" or refused.json() == {"detail": {"mine": "no"}}
    assert "Server-Timing" not in refused.headers
    if path not in ("/metrics", "/openapi.json"):
        sent = {"X-Token": TOKEN, "X-Request-Id": "a-fixed-request-id", **JSON}
        let_in = send(method, f"/ml{path}", CAR, sent)
        assert let_in.comparable() == both.send(method, path, CAR, JSON).comparable()


def test_bearer_security_of_the_host_guards_predictions(ask: Mount) -> None:
    """FastAPI's own `HTTPBearer`, as its tutorial has it."""
    send = ask(fastapi.FastAPI(), dependencies=[fastapi.Depends(HTTPBearer())])
    assert send("POST", "/ml/predict", CAR, JSON).json() == {"detail": "Not authenticated"}
    assert send("GET", "/ml/model").status == 401
    assert send("POST", "/ml/predict", CAR, {**JSON, "Authorization": "Bearer x"}).status == 200


def test_what_a_dependency_of_the_host_misses_is_its_own_answer(ask: Mount) -> None:
    """A parameter that it declares: FastAPI's 422, not ours."""

    def tenant(tenant: Annotated[int, fastapi.Query()]) -> int:
        return tenant

    send = ask(fastapi.FastAPI(), dependencies=[fastapi.Depends(tenant)])
    assert send("POST", "/ml/predict", CAR, JSON).json()["detail"][0]["loc"] == ["query", "tenant"]
    assert send("POST", "/ml/predict?tenant=1", CAR, JSON).status == 200
    assert send("POST", "/ml/predict?tenant=1&other=1", CAR, JSON).json()["errors"][0]["parameter"] == "other"


def test_a_fault_of_a_dependency_is_the_hosts(ask: Mount, service: Service) -> None:
    """Its handler answers, and no fault of ours is counted."""
    app = fastapi.FastAPI()
    app.add_exception_handler(RuntimeError, lambda _request, _error: JSONResponse({"host": 500}, 500))
    send = ask(app, dependencies=[fastapi.Depends(fail)])
    assert send("POST", "/ml/predict", CAR, JSON).json() == {"host": 500}
    assert b"twinserve_faults_total 0.0" in service.metrics.render()


def test_a_dependency_may_read_the_body(ask: Mount, both: Both) -> None:
    """We read it all the same."""
    send = ask(fastapi.FastAPI(), dependencies=[fastapi.Depends(read_body)])
    assert send("POST", "/ml/predict", CAR, JSON).body == both.predict(CAR).body


def test_overrides_of_the_host_hold(ask: Mount) -> None:
    """Of its own dependencies, as its tests do, and of the service behind our paths."""
    app = fastapi.FastAPI()
    send = ask(app, dependencies=[fastapi.Depends(require_token)])
    app.dependency_overrides[require_token] = lambda: None
    assert send("POST", "/ml/predict", json.dumps([car(), car()]).encode(), JSON).status == 200
    other = service_of(max_batch=1)
    app.dependency_overrides[current_service] = lambda: other
    assert send("POST", "/ml/predict", json.dumps([car(), car()]).encode(), JSON).status == 422
    other.close()


def test_the_hosts_limit_of_bodies_is_answered_by_the_host(ask: Mount) -> None:
    """Whether the length is told or not."""
    send = ask(fastapi.FastAPI(max_body_size=100))
    for body in (CAR, [CAR]):
        answer = send("POST", "/ml/predict", body, JSON)
        assert answer.status == 413
        assert "Server-Timing" not in answer.headers


def test_the_hosts_document_shows_our_paths_with_the_models_types(ask: Mount) -> None:
    """A valid document, with the host's tags and security; the schema of the body is the contract's own."""
    send = ask(fastapi.FastAPI(), tags=["ml"], dependencies=[fastapi.Security(HTTPBearer())])
    document = send("GET", "/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    assert {path for path in document["paths"] if path.startswith("/ml")} == {f"/ml{route.path}" for route in ROUTES}
    predict = document["paths"]["/ml/predict"]["post"]
    assert (predict["tags"], predict["security"]) == (["ml"], [{"HTTPBearer": []}])
    assert {"200", "400", "413", "415", "422", "503"} <= predict["responses"].keys()
    body = Draft202012Validator(predict["requestBody"]["content"]["application/json"]["schema"])
    assert [body.is_valid(value) for value in (car(), [car()], car(age="old"), [])] == [True, True, False, False]
    reply = Draft202012Validator(predict["responses"]["200"]["content"]["application/json"]["schema"])
    answered = send("POST", "/ml/predict", CAR, {**JSON, "Authorization": "Bearer x"}).json()
    assert reply.is_valid(answered)
    assert not reply.is_valid({**answered, "label": "unheard of"})


def test_two_models_in_one_document_have_ids_of_their_own() -> None:
    """And HEAD adds none twice: FastAPI warns of that, and a warning fails a test."""
    app, services = fastapi.FastAPI(), {"/one": service_of(), "/two": service_of()}
    for prefix, mounted in services.items():
        app.include_router(serve_fastapi.router(mounted), prefix=prefix)
    operations = [operation for path in app.openapi()["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids)) == 2 * len(ROUTES)
    for mounted in services.values():
        mounted.close()


def test_our_own_credentials_stand_in_the_hosts_document(tmp_path: Path) -> None:
    """Where the service itself asks for keys, the host's page has a field for them."""
    made = write_keys(tmp_path / "keys.json", alice="predict")
    app, opened = fastapi.FastAPI(), service_of(auth="keys", keys=tmp_path / "keys.json")
    app.include_router(serve_fastapi.router(opened), prefix="/ml")
    document = app.openapi()
    OpenAPIV31SpecValidator(document).validate()
    assert {"twinserve-key", "twinserve-bearer"} == document["components"]["securitySchemes"].keys()
    assert {"twinserve-key": []} in document["paths"]["/ml/predict"]["post"]["security"]
    assert "security" not in document["paths"]["/ml/health/live"]["get"]
    door = FastAPIDoor(app)
    assert door.send("POST", "/ml/predict", CAR, JSON).status == 401
    assert door.send("POST", "/ml/predict", CAR, {**JSON, "X-API-Key": made["alice"]}).status == 200
    door.close()
    opened.close()


def test_overrides_of_our_own_app_hold(service: Service) -> None:
    """The short way past the framework is for as long as there are none."""
    app, other = serve_fastapi.create_app(service), service_of(max_batch=1)
    door = FastAPIDoor(app)
    batch = json.dumps([car(), car()]).encode()
    assert door.send("POST", "/predict", batch, JSON).status == 200
    app.dependency_overrides[current_service] = lambda: other
    assert door.send("POST", "/predict", batch, JSON).status == 422
    door.close()
    other.close()


# Flask: hooks, preprocessors and signals.


def abort(*_: object, **__: object) -> None:
    """A refusal of the Flask host."""
    flask.abort(401)


def hook(app: flask.Flask) -> None:
    app.before_request(abort)


def preprocessor(app: flask.Flask) -> None:
    app.url_value_preprocessor(abort)


def signal(app: flask.Flask) -> None:
    flask.request_started.connect(abort, app)


def hook_of_the_blueprint(app: flask.Flask) -> None:
    app.before_request_funcs.setdefault("twinserve", []).append(lambda: flask.abort(401))


REFUSALS = (hook, preprocessor, signal, hook_of_the_blueprint)


@pytest.mark.parametrize("refuse", REFUSALS)
@pytest.mark.parametrize("own_handler", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_a_flask_host_that_refuses_is_heard(
    ask: Mount, refuse: Callable[[flask.Flask], None], own_handler: bool, method: str
) -> None:
    """In its own words or in Flask's, whichever hook, preprocessor or signal says it; for wrong methods, too."""
    app = flask.Flask(__name__)
    if own_handler:
        app.register_error_handler(401, lambda _: ({"mine": "no"}, 401))
    refuse(app)
    send = ask(app)
    for path in ("/ml/predict", "/ml/model", "/ml/health/live"):
        answer = send(method, path, CAR, JSON)
        assert answer.status == 401
        assert "Server-Timing" not in answer.headers
        assert answer.headers["content-type"].startswith("application/json" if own_handler else "text/html")


@pytest.mark.parametrize("refuse", REFUSALS)
def test_our_own_flask_app_hears_its_guards_too(refuse: Callable[[flask.Flask], None], service: Service) -> None:
    """Whatever was added to it since it was made."""
    app = serve_flask.create_app(service)
    refuse(app)
    door = FlaskDoor(app)
    assert [door.send("POST", path, CAR, JSON).status for path in ("/predict", "/model", "/nothing")] in (
        [401, 401, 401],
        [401, 401, 404],  # A hook of the blueprint is for its own paths.
    )
    door.close()


def test_a_view_that_was_exchanged_is_the_one_that_answers(service: Service) -> None:
    """As limiters do: they put one of their own around ours."""
    app = serve_flask.create_app(service)
    before = app.view_functions["twinserve.predict"]

    def limited(**parts: Any) -> Any:
        return ("slow down", 429) if "X-Often" in flask.request.headers else before(**parts)

    app.view_functions["twinserve.predict"] = limited
    door = FlaskDoor(app)
    assert door.send("POST", "/predict", CAR, JSON).status == 200
    assert door.send("POST", "/predict", CAR, {**JSON, "X-Often": "1"}).body == b"slow down"
    door.close()


def test_a_response_of_a_hook_is_the_answer(ask: Mount) -> None:
    """It need not raise."""
    app = flask.Flask(__name__)
    app.before_request(lambda: ("from the hook", 402))
    assert ask(app)("POST", "/ml/predict", CAR, JSON).body == b"from the hook"


def test_a_fault_of_a_hook_is_the_hosts(ask: Mount) -> None:
    """Its handler answers."""
    app = flask.Flask(__name__)
    app.before_request(fail)
    app.register_error_handler(500, lambda _: ({"host": 500}, 500))
    assert ask(app)("POST", "/ml/predict", CAR, JSON).json() == {"host": 500}


def test_the_flask_hosts_limit_of_bodies_is_answered_by_the_host(ask: Mount) -> None:
    """Whether the length is told or not."""
    app = flask.Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 100
    send = ask(app)
    for body in (CAR, [CAR]):
        answer = send("POST", "/ml/predict", body, JSON)
        assert answer.status == 413
        assert "Server-Timing" not in answer.headers


@pytest.mark.parametrize("own", [flask.Flask, fastapi.FastAPI])
def test_hooks_behind_a_view_see_our_answers(ask: Mount, own: type) -> None:
    """After-request functions and middleware may add to them."""
    if own is flask.Flask:
        app = flask.Flask(__name__)

        @app.after_request
        def add(response: flask.Response) -> flask.Response:
            response.headers["X-Host"] = "mine"
            return response

        send = ask(app)
    else:
        api = fastapi.FastAPI()

        @api.middleware("http")
        async def add_to(request: fastapi.Request, call_next: Any) -> fastapi.Response:
            response: fastapi.Response = await call_next(request)
            response.headers["X-Host"] = "mine"
            return response

        send = ask(api)
    answer = send("POST", "/ml/predict", CAR, JSON)
    assert (answer.status, answer.headers["x-host"]) == (200, "mine")


def test_on_a_subdomain_of_the_host_are_our_paths_and_nowhere_else(service: Service) -> None:
    """Wrong methods included."""
    app = flask.Flask(__name__, subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.test"
    app.register_blueprint(serve_flask.blueprint(service), url_prefix="/ml", subdomain="api")
    client = app.test_client()
    ours, other = "http://api.example.test/ml", "http://example.test/ml"
    assert client.post(f"{ours}/predict", json=car()).status_code == 200
    wrong = client.get(f"{ours}/predict")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "OPTIONS, POST")
    assert wrong.is_json
    assert {client.open(f"{other}/predict", method=method).status_code for method in METHODS} == {404}

"""Authentication and authorization, at both doors alike: every path with every credential; secrets are never shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from structlog.testing import capture_logs

from harness.credentials import HEADER, bearer, claims, hs256, token, write_keys, write_signing_key
from harness.fake_issuer import issuing, until
from tests.contract.conftest import OpenDoors
from tests.doors import Both
from twinserve.service.auth import reloading_file
from twinserve.service.http.routes import ROUTES, SCOPES, Route
from twinserve.service.service import Service
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON
from twinserve.testing.contract.suite import example_path
from twinserve.testing.fakes import car, service_of

EVERYTHING = " ".join(SCOPES)
BY_SCOPE: Mapping[str, Any] = {
    "nothing-useful": "manage",
    "predictor": "predict",
    "reader": "read",
    "manager": "manage",
    "all": EVERYTHING,
}
# What the design says, path by path; a path that is missing here fails its test.
NEEDS: Mapping[str, str | None] = {
    "/predict": "predict",
    "/explain": "predict",
    "/schema": "read",
    "/openapi.json": "read",
    "/openapi/bulk.json": "read",
    "/docs": "read",
    "/model": "read",
    "/metrics": "manage",
    "/health/live": None,
    "/health/ready": None,
    "/healthz": None,
    "/livez": None,
    "/readyz": None,
    "/": None,
    "/card": "read",
    "/live": "manage",
    "/assets/{name}": None,
    "/models": "read",
    "/models/{name}": "read",
    "/models/{name}/predict": "predict",
    "/models/{name}/explain": "predict",
    "/models/{name}/schema": "read",
    "/models/{name}/openapi.json": "read",
    "/models/{name}/card": "read",
}


def keyed(folder: Path, **settings: Any) -> tuple[Service, dict[str, str]]:
    """A service with `AUTH=keys`, and its keys."""
    made = write_keys(folder / "keys.json", **BY_SCOPE)
    return service_of(auth="keys", keys=folder / "keys.json", **settings), made


def with_tokens(folder: Path, **settings: Any) -> tuple[Service, dict[str, str]]:
    """A service that issues tokens, and the secrets of its clients."""
    made = write_keys(folder / "keys.json", **BY_SCOPE)
    given: dict[str, Any] = {"keys": folder / "keys.json", "signing_key": write_signing_key(folder)}
    return service_of(auth="oauth", **given, **settings), made


def ask(both: Both, route: Route, headers: Mapping[str, str]) -> Answer:
    """A valid request to a path, without credentials."""
    if route.kind == "predict":
        return both.send("POST", example_path(route), json.dumps(car()).encode(), {**JSON, **headers})
    if route.name == "metrics":  # Counts the very requests, so its bytes are not alike.
        return both.doors[0].send("GET", route.path, headers=headers)
    return both.send("GET", example_path(route), headers=headers)


def expected(route: Route, scopes: str | None) -> int:
    """The status that the table of scopes has."""
    needed = NEEDS[route.path]
    if needed is None:
        return 200
    if scopes is None:
        return 401
    return 200 if needed in scopes.split() else 403


def test_every_path_with_every_key(open_doors: OpenDoors, tmp_path: Path) -> None:
    """The statuses are those of the table of scopes, whichever header has the key."""
    service, made = keyed(tmp_path)
    both = open_doors(service)
    for route in ROUTES:
        assert ask(both, route, {}).status == expected(route, None)
        assert ask(both, route, bearer("wrong")).status == expected(route, None)
        for name, scopes in BY_SCOPE.items():
            for headers in ({"X-API-Key": made[name]}, bearer(made[name])):
                assert (route.path, name, ask(both, route, headers).status) == (
                    route.path,
                    name,
                    expected(route, scopes),
                )


def test_every_path_with_every_token(open_doors: OpenDoors, tmp_path: Path) -> None:
    """The statuses are those of the table for tokens of all scopes and of one scope, issued by the doors."""
    service, made = with_tokens(tmp_path)
    both = open_doors(service)
    for name, scopes in BY_SCOPE.items():
        for wanted in {scopes, *scopes.split()}:
            form = {"grant_type": "client_credentials", "client_id": name, "client_secret": made[name], "scope": wanted}
            tokens = [json.loads(answer.body) for answer in asked_each(both, form)]
            assert {got["scope"] for got in tokens} == {" ".join(sorted(wanted.split()))}
            for got in tokens:
                for route in ROUTES:
                    assert ask(both, route, bearer(got["access_token"])).status == expected(route, wanted)


def asked_each(both: Both, form: Mapping[str, str]) -> list[Answer]:
    """The same request for a token at each door; two tokens are never equal."""
    body = "&".join(f"{name}={value.replace(' ', '+')}" for name, value in form.items()).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [door.send("POST", "/oauth/token", body, headers) for door in both.doors]
    assert {answer.status for answer in answers} == {200}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    return answers


@pytest.mark.parametrize("public", ["docs", "metrics", "docs,metrics"])
def test_what_is_public_needs_nothing(open_doors: OpenDoors, tmp_path: Path, public: str) -> None:
    """Public paths need no credentials, and all others do."""
    both = open_doors(keyed(tmp_path, public=public)[0])
    open_now = {"docs": {"/docs", "/openapi.json", "/openapi/bulk.json", "/schema"}, "metrics": {"/metrics", "/live"}}
    free = set().union(*(open_now[word] for word in public.split(",")))
    for route in ROUTES:
        assert ask(both, route, {}).status == (200 if route.path in free else expected(route, None))


def test_all_wrong_credentials_are_answered_alike(open_doors: OpenDoors, tmp_path: Path) -> None:
    """All wrong credentials get the same status, headers and bytes, so that they tell nothing about the right ones."""
    service, made = keyed(tmp_path)
    both = open_doors(service)
    good = made["reader"]
    secret = good.rpartition(".")[2]
    wrong = [
        "x",
        good[:-1],
        good + "x",
        good.upper(),
        f"tw.nobody.{secret}",
        f"tw.manager.{secret}",
        secret,
        "x" * 8192,
        "tw.reader.",
        "\x7f",
        "..",
        "null",
        token(),
    ]
    answers = [both.send("GET", "/model", headers=bearer(key)).comparable() for key in wrong]
    answers += [both.send("GET", "/model", headers={"X-API-Key": key}).comparable() for key in wrong]
    answers.append(both.send("GET", "/model", headers={"Authorization": "Basic cmVhZGVyOng="}).comparable())
    assert all(answer == answers[0] for answer in answers)
    status, headers, body = answers[0]
    assert (status, dict(headers)["www-authenticate"]) == (401, 'Bearer realm="twinserve", error="invalid_token"')
    assert json.loads(body)["type"] == "urn:twinserve:problem:unauthorized"


def test_all_wrong_tokens_are_answered_alike(open_doors: OpenDoors, tmp_path: Path) -> None:
    """Some of the tokens of tests/twinserve/service/auth/test_jwt.py, over HTTP."""
    service, made = with_tokens(tmp_path)
    both = open_doors(service)
    good = token(claims(sub="all", scope=EVERYTHING))
    assert both.send("GET", "/model", headers=bearer(good)).status == 200
    wrong = [
        token(claims(sub="all", exp=1)),
        token(claims(sub="nobody")),
        token(claims(sub="all", aud="other")),
        token(claims(sub="all"), sign=hs256(b"x" * 32)),
        token(claims(sub="all"), header={**HEADER, "alg": "none"}),
        token(claims(sub="all"), header={**HEADER, "kid": "../../dev/null"}),
        token(b"[" * 3000),
        good[:-2],
        good + ".x.y",
        "a" * 20_000,
        made["all"],
    ]
    answers = [both.send("GET", "/model", headers=bearer(text)).comparable() for text in wrong]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/predict/", 404),
        ("GET", "/predict", 405),
        ("POST", "/model", 405),
        ("OPTIONS", "/model", 204),
    ],
)
def test_the_path_and_the_method_come_first(
    open_doors: OpenDoors, tmp_path: Path, method: str, path: str, status: int
) -> None:
    """404 and 405 come before 401."""
    both = open_doors(keyed(tmp_path)[0])
    assert both.send(method, path).status == status


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}, {"Content-Length": "999999999"}, JSON])
def test_who_comes_before_what(open_doors: OpenDoors, tmp_path: Path, headers: Mapping[str, str]) -> None:
    """401 comes before 415, 413 and 400, which an authenticated caller gets."""
    service, made = keyed(tmp_path)
    both = open_doors(service)
    answers = [door.send("POST", "/predict", b"", {**headers, "X-API-Key": "x"}).status for door in both.doors]
    assert answers == [401] * len(both.doors)
    answers = [
        door.send("POST", "/predict", b"", {**headers, "X-API-Key": made["reader"]}).status for door in both.doors
    ]
    assert answers == [403] * len(both.doors)
    known = [door.send("POST", "/predict", b"", {**headers, "X-API-Key": made["all"]}).status for door in both.doors]
    assert set(known) <= {400, 413, 415}


def test_a_revoked_key_is_refused_without_a_restart(
    open_doors: OpenDoors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revoked key is refused as soon as the file is read again."""
    monkeypatch.setattr(reloading_file, "INTERVAL", 0.0)
    service, made = keyed(tmp_path)
    both = open_doors(service)
    assert both.send("GET", "/model", headers=bearer(made["reader"])).status == 200
    again = write_keys(tmp_path / "keys.json", reader="read")
    assert both.send("GET", "/model", headers=bearer(made["reader"])).status == 401
    assert both.send("GET", "/model", headers=bearer(again["reader"])).status == 200


def test_a_foreign_token_is_good_at_both_doors(open_doors: OpenDoors) -> None:
    """A token of an issuer is accepted; while the issuer's keys are missing, the answer is 503 at once."""
    with issuing() as issuer:
        issuer.publish("a")
        issuer.may_answer.clear()
        both = open_doors(service_of(auth="oauth", issuer=issuer.url))
        good = issuer.token("a", scope="read")
        assert both.send("GET", "/health/ready").status == 200
        early = both.send("GET", "/model", headers=bearer(good))
        assert (early.status, early.headers["Retry-After"]) == (503, "1")
        issuer.may_answer.set()
        until(lambda: both.doors[0].send("GET", "/model", headers=bearer(good)).status == 200)
        assert both.predict(car(), {**JSON, **bearer(good)}).status == 403
        assert both.send("GET", "/model", headers=bearer(issuer.token("a", aud="other"))).status == 401
        assert both.send("POST", "/oauth/token").status == 404


def test_a_token_that_names_a_place_for_its_key_makes_nobody_go_there(open_doors: OpenDoors) -> None:
    """No URL in a token is fetched."""
    with issuing() as issuer, issuing() as trap:
        issuer.publish("a")
        trap.publish("a")
        both = open_doors(service_of(auth="oauth", issuer=issuer.url))
        until(lambda: both.doors[0].send("GET", "/model", headers=bearer(issuer.token("a"))).status == 200)
        for name in ("jku", "x5u"):
            bad = trap.token("a", header={name: f"{trap.url}/keys"}, iss=issuer.url)
            assert both.send("GET", "/model", headers=bearer(bad)).status == 401
        assert trap.asked == []


def test_the_token_path_exists_only_where_tokens_are_given(open_doors: OpenDoors, tmp_path: Path) -> None:
    """`/oauth/token` exists, and is listed in index and OpenAPI, only if tokens are issued."""
    without = open_doors(keyed(tmp_path)[0])
    assert {without.send(method, "/oauth/token").status for method in ("GET", "POST", "OPTIONS")} == {404}
    given = open_doors(with_tokens(tmp_path, public="docs")[0])
    assert given.send("GET", "/oauth/token").headers["Allow"] == "OPTIONS, POST"
    assert "oauth/token" in [entry["path"] for entry in given.send("GET", "/").json()["paths"]]
    assert "/oauth/token" in given.send("GET", "/openapi.json").json()["paths"]


def test_the_token_path_answers_as_rfc_6749_has_it(open_doors: OpenDoors, tmp_path: Path) -> None:
    """OAuth errors have the shape of RFC 6749; errors of HTTP are problems."""
    both = open_doors(with_tokens(tmp_path)[0])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    wrong = both.send("POST", "/oauth/token", b"grant_type=client_credentials&client_id=a&client_secret=b", form)
    assert (wrong.status, wrong.json()) == (401, {"error": "invalid_client"})
    assert wrong.headers["WWW-Authenticate"] == 'Basic realm="twinserve"'
    assert wrong.headers["Content-Type"] == "application/json"
    assert both.send("POST", "/oauth/token", b"{}", JSON).json() == {"error": "invalid_request"}
    large = both.send("POST", "/oauth/token", b"x" * 20_000, form)
    assert (large.status, large.headers["Content-Type"]) == (413, "application/problem+json")


def test_the_document_says_what_to_bring(open_doors: OpenDoors, tmp_path: Path) -> None:
    """Each operation of the OpenAPI document names its scope; the document is valid."""
    key_document = open_doors(keyed(tmp_path, public="docs", rate=1000)[0]).send("GET", "/openapi.json").json()
    oauth_document = open_doors(with_tokens(tmp_path, public="metrics", issuer="https://id.example")[0])
    headers = bearer(token(claims(sub="all", scope="read")))
    oauth = oauth_document.send("GET", "/openapi.json", headers=headers).json()
    for document in (key_document, oauth):
        validate(document)
    assert key_document["components"]["securitySchemes"].keys() == {"key", "bearer"}
    assert key_document["paths"]["/predict"]["post"]["security"] == [{"key": []}, {"bearer": []}]
    assert {"401", "403", "429"} <= key_document["paths"]["/predict"]["post"]["responses"].keys()
    assert key_document["paths"]["/docs"]["get"]["security"] == []
    flow = oauth["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "./oauth/token"
    assert oauth["components"]["securitySchemes"]["issuer"]["openIdConnectUrl"].startswith(
        "https://id.example/.well-known/"
    )
    for path, scope in NEEDS.items():
        for method, operation in oauth["paths"][path].items():
            needed = "predict" if (path, method) == ("/", "post") else scope
            wanted = [] if needed in (None, "manage") else [{"oauth": [needed]}, {"issuer": [needed]}]
            assert operation["security"] == wanted


def test_nothing_secret_is_logged_or_answered(open_doors: OpenDoors, tmp_path: Path) -> None:
    """Keys, tokens and secrets are neither logged nor answered, wherever they were sent; callers' names are logged."""
    service, made = with_tokens(tmp_path, access_log=True)
    both = open_doors(service)
    canary, good = "canary-7f3a9c", token(claims(sub="all", scope=EVERYTHING, canary="canary-7f3a9c"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    secret = made["all"].rpartition(".")[2]
    with capture_logs() as logs:
        answers = [
            both.send("GET", "/model", headers=bearer(good)),
            both.send("GET", "/model", headers=bearer(canary)),
            both.send("GET", f"/model?access_token={canary}", headers=bearer(good)),
            both.send("GET", "/model", headers={"X-API-Key": canary, "Cookie": canary}),
            both.send("GET", "/model", headers={"Authorization": f"Basic {canary}"}),
            both.send(
                "POST", "/oauth/token", f"grant_type={canary}&client_id={canary}&client_secret={secret}".encode(), form
            ),
            both.send("POST", "/oauth/token", canary.encode(), {**form, "Authorization": f"Basic {canary}"}),
            both.predict(canary.encode(), {**JSON, **bearer(good)}),
        ]
        answers += asked_each(
            both, {"grant_type": "client_credentials", "client_id": "all", "client_secret": made["all"]}
        )
        metrics = both.doors[0].send("GET", "/metrics", headers=bearer(good)).body.decode()
    said = json.dumps(logs, default=str)
    shown = "".join(f"{answer.headers.pairs}{answer.body.decode()}" for answer in answers)
    for hidden in (canary, secret, good.split(".")[1], good.split(".")[2]):
        assert hidden not in said
        assert hidden not in shown
        assert hidden not in metrics
    issued = answers[-1].json()["access_token"]
    assert issued not in said
    assert {entry.get("client") for entry in logs} == {None, "all"}

"""Flask apps with the libraries that people add to them: each does its part before or after us, and we do ours."""

from __future__ import annotations

import json
from functools import partial

import pytest
from openapi_spec_validator import validate

from harness.swapping import BODY
from tests.hosts.hosting import JSON, ONE_WORKER, Start, StartUnder

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.environments]
ORIGIN = {"Origin": "https://page.example"}


@pytest.fixture
def start(start_under: StartUnder) -> Start:
    """How to start one of the apps."""
    return partial(start_under, ONE_WORKER)


def test_flask_login_refuses_before_us(start: Start, expected: bytes) -> None:
    """Who has signed in is answered; health probes need not."""
    with start("with_login") as host:
        refused = host.predict(BODY)
        assert (refused.status, refused.type, refused.all("x-request-id")) == (401, "text/html; charset=utf-8", [])
        assert host.ask("GET", "/ml/health/ready").status == 200
        cookie = host.ask("POST", "/sign-in").one("set-cookie").partition(";")[0]
        answer = host.predict(BODY, Cookie=cookie)
        assert (answer.status, answer.body) == (200, expected)
        assert host.predict(b"{", Cookie=cookie).is_problem()
        assert host.ask("DELETE", "/ml/predict", headers={"Cookie": cookie}).is_problem()
        assert host.ask("GET", "/ml/metrics").status == 401


def test_flask_limiter_counts_our_paths(start: Start) -> None:
    """Its 429 is the app's own; refusals of ours count as well, and the rest of the app does not."""
    with start("with_limiter") as host:
        assert [host.predict(body).status for body in (BODY, b"{", BODY, BODY)] == [200, 400, 200, 429]
        refused = host.predict(BODY)
        assert (json.loads(refused.body), refused.all("x-request-id")) == ({"mine": "slow down"}, [])
        assert {host.ask("GET", "/own").status for _ in range(5)} == {200}


def test_flask_httpauth_guards_the_blueprint(start: Start, expected: bytes) -> None:
    """Every path of it, and no other."""
    with start("with_httpauth") as host:
        for token in ("", "Bearer wrong"):
            refused = host.predict(BODY, Authorization=token)
            assert (refused.status, json.loads(refused.body)) == (401, {"mine": "who are you?"})
            assert refused.one("www-authenticate").startswith("Bearer")
        assert host.predict(BODY, Authorization="Bearer secret").body == expected
        assert host.predict(b"{}", Authorization="Bearer secret").is_problem()
        assert [host.ask(*to).status for to in (("GET", "/ml/schema"), ("PUT", "/ml/predict"), ("GET", "/own"))] == [
            *(401, 401, 200)
        ]


def test_flask_cors_adds_its_headers_once(start: Start) -> None:
    """To answers and refusals of ours; a preflight is answered with what the app allows."""
    with start("with_cors") as host:
        for body, status in ((BODY, 200), (b"{", 400), (b"{}", 422)):
            answer = host.predict(body, **ORIGIN)
            assert (answer.status, answer.one("access-control-allow-origin")) == (status, "https://page.example")
            assert answer.one("access-control-expose-headers") == "X-Request-Id"
        asked = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        preflight = host.ask("OPTIONS", "/ml/predict", headers=asked)
        assert preflight.status in (200, 204)
        assert preflight.one("access-control-allow-origin") == "https://page.example"
        assert "POST" in preflight.one("access-control-allow-methods")
        assert preflight.one("access-control-allow-headers") == "content-type"
        assert host.ask("GET", "/own", headers=ORIGIN).all("access-control-allow-origin") == []


def test_flask_smorest_documents_its_own_part(start: Start, expected: bytes) -> None:
    """Its document stays valid, and ours is beside it; two models answer."""
    with start("with_smorest") as host:
        theirs = json.loads(host.ask("GET", "/openapi.json").body)
        validate(theirs)
        assert list(theirs["paths"]) == ["/orders/"]
        validate(json.loads(host.ask("GET", "/ml/openapi.json").body))
        assert host.ask("POST", "/orders/", b'{"amount": 2}', JSON).status == 201
        wrong = host.ask("POST", "/orders/", b'{"amount": "x"}', JSON)
        assert (wrong.status, json.loads(wrong.body)["status"]) == (422, "Unprocessable Entity")
        assert host.predict(BODY).body == expected
        assert json.loads(host.predict(BODY, "/other/predict").body)["model"] == "neighbours"
        assert host.predict(b"{}").is_problem()


def test_apiflask_keeps_its_document_and_its_errors(start: Start, expected: bytes) -> None:
    """It turns errors of its own into JSON, and leaves ours alone."""
    with start("with_apiflask") as host:
        theirs = json.loads(host.ask("GET", "/openapi.json").body)
        validate(theirs)
        assert set(theirs["paths"]) == {"/own", "/orders"}
        assert host.predict(BODY).body == expected
        assert host.predict(b"{").is_problem()
        assert host.ask("PUT", "/ml/predict").is_problem()
        assert json.loads(host.ask("GET", "/ml/nothing").body)["message"] == "Not Found"

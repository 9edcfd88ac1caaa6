"""FastAPI apps with what people add to them: each part does its work before or after us, and we do ours."""

from __future__ import annotations

import gzip
import hashlib
import json
from functools import partial

import pytest
from openapi_spec_validator import validate

from harness.swapping import BODY
from tests.hosts.hosting import Start, StartUnder

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.environments]
ORIGIN = {"Origin": "https://page.example"}


@pytest.fixture
def start(start_under: StartUnder) -> Start:
    """How to start one of the apps."""
    return partial(start_under, "uvicorn")


def test_a_bearer_dependency_refuses_before_us(start: Start, expected: bytes) -> None:
    """With FastAPI's own answers; who is let through gets ours."""
    with start("with_bearer") as host:
        refused, wrong = host.predict(BODY), host.predict(BODY, Authorization="Bearer wrong")
        assert (refused.status, wrong.status, json.loads(wrong.body)) == (401, 403, {"detail": "mine: not you"})
        assert refused.all("x-request-id") == wrong.all("x-request-id") == []
        assert host.predict(BODY, Authorization="Bearer secret").body == expected
        assert host.predict(b"{", Authorization="Bearer secret").is_problem()
        assert host.ask("PUT", "/ml/predict").status == 401
        document = json.loads(host.ask("GET", "/openapi.json").body)
        validate(document)
        assert document["paths"]["/ml/predict"]["post"]["security"] == [{"HTTPBearer": []}]


def test_oauth_of_the_app_is_asked_and_documented(start: Start, expected: bytes) -> None:
    """A token from the app's own endpoint; its scopes stand in the app's document."""
    with start("with_oauth") as host:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        tokens = {
            name: json.loads(host.ask("POST", "/token", f"username={name}&password=x", form).body)["access_token"]
            for name in ("alice", "bob")
        }
        assert host.predict(BODY).status == 401
        assert host.predict(BODY, Authorization=f"Bearer {tokens['bob']}").status == 403
        assert host.predict(BODY, Authorization=f"Bearer {tokens['alice']}").body == expected
        document = json.loads(host.ask("GET", "/openapi.json").body)
        validate(document)
        assert document["paths"]["/ml/predict"]["post"]["security"] == [{"OAuth2PasswordBearer": ["predict"]}]


def test_middleware_works_on_our_answers(start: Start, expected: bytes) -> None:
    """CORS headers once, compression that unpacks to the same bytes, and a body that was read before."""
    with start("with_middleware") as host:
        for body, status in ((BODY, 200), (b"{", 400), (b"{}", 422), (iter([BODY]), 200)):
            answer = host.predict(body, **ORIGIN, Accept_Encoding="gzip")
            assert (answer.status, answer.one("access-control-allow-origin")) == (status, "https://page.example")
            assert (answer.one("content-encoding"), answer.one("vary")) == ("gzip", "Accept-Encoding, Origin")
            if isinstance(body, bytes):
                assert answer.one("x-body-digest") == hashlib.sha256(body).hexdigest()
            if status == 200:
                assert gzip.decompress(answer.body) == expected
        assert host.predict(BODY).body == expected
        asked = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        assert host.ask("OPTIONS", "/ml/predict", headers=asked).one("access-control-allow-origin") == ORIGIN["Origin"]
        headed = host.ask("HEAD", "/ml/model", headers={"Accept-Encoding": "gzip"})
        assert (headed.status, headed.body) == (200, b"")
        assert host.predict(BODY.ljust(20_001)).status == 413


@pytest.mark.parametrize("prefix", ["/inner/ml", "/whole"])
def test_a_mounted_app_answers_below_its_path(start: Start, expected: bytes, prefix: str) -> None:
    """Whether it is ours as a whole or one that includes our router."""
    with start("with_mounts") as host:
        assert host.predict(BODY, f"{prefix}/predict").body == expected
        assert host.predict(b"{", f"{prefix}/predict").is_problem()
        assert host.ask("PUT", f"{prefix}/predict").is_problem()
        document = json.loads(host.ask("GET", f"{prefix}/openapi.json").body)
        validate(document)
        assert (document["servers"], host.ask("GET", f"{prefix}/docs").status) == ([{"url": "./"}], 200)
        assert host.ask("GET", f"{prefix}/health/ready").status == 200
        nothing = host.ask("GET", f"{prefix}/nothing")
        assert (nothing.status, nothing.is_problem()) == (404, prefix == "/whole")


def test_two_models_answer_and_are_documented_apart(start: Start) -> None:
    """Each with its own schema; no operation id comes twice."""
    with start("with_two_models") as host:
        for model in ("fruit", "neighbours"):
            assert json.loads(host.predict(BODY, f"/{model}/predict").body)["model"] == model
        document = json.loads(host.ask("GET", "/openapi.json").body)
        validate(document)
        operations = [each for path in document["paths"].values() for each in path.values()]
        ids = [each["operationId"] for each in operations]
        assert len(ids) == len(set(ids))
        assert {"/fruit/predict", "/neighbours/predict", "/fruit/model", "/own"} <= set(document["paths"])
        assert document["paths"]["/fruit/predict"]["post"]["tags"] == ["fruit"]
        assert "Warning" not in host.server.log.read_text()

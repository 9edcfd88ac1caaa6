"""Keys, tokens and OAuth client credentials: got once, renewed in time and after a 401, and never shown."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import fruit
from harness.credentials import SIGNING_KEY, write_keys
from tests.twinserve.client.conftest import Open
from tests.twinserve.client.scripted import http, problem, scripted
from twinserve.client import (
    AskedWrongly,
    AsyncClient,
    Client,
    ClientCredentials,
    Forbidden,
    TokenRefused,
    Unauthorized,
)
from twinserve.service.service import Service
from twinserve.service.settings import Settings

PEAR: dict[str, Any] = {"weight": 171.5, "skin": {"colour": "red", "spots": None}}
ANSWER = http(200, b'{"model":"m","version":"1","label":"a","probabilities":null,"warnings":[]}')


def granted(value: str, seconds: float = 3600) -> bytes:
    """A token response."""
    return http(200, json.dumps({"access_token": value, "token_type": "Bearer", "expires_in": seconds}).encode())


@pytest.fixture
def secured(fruit_store: Path, tmp_path: Path) -> Any:
    """A function that opens a service which asks for credentials, and gives the key of `alice` as well."""

    def make(auth: str, scopes: str = "predict read", **more: Any) -> tuple[Service, str]:
        key = write_keys(tmp_path / "keys.json", alice=scopes)["alice"]
        (tmp_path / "signing.key").write_bytes(SIGNING_KEY)
        given: dict[str, Any] = {"artifacts": fruit_store, "model": "fruit", "auth": auth, "max_batch": 50}
        given |= {"keys": tmp_path / "keys.json"}
        given |= {"signing_key": tmp_path / "signing.key"} if auth == "oauth" else {}
        settings = Settings(**given | more)
        return Service.open(settings), key

    return make


def test_a_key_lets_in(opened: Open, secured: Any) -> None:
    service, key = secured("keys")
    assert opened(service, key=key).predict(PEAR)["label"] == "apple"
    assert opened(service, token=key).predict(PEAR)["label"] == "apple"
    assert opened(service, token=lambda: key).predict(PEAR)["label"] == "apple"
    for wrong in ({}, {"key": "tw.alice.x"}):
        with pytest.raises(Unauthorized) as caught:
            opened(service, **wrong).predict(PEAR)
        assert caught.value.headers["www-authenticate"].startswith("Bearer")
    service.close()


def test_who_may_predict_but_not_read_may_ask_with_a_frame(opened: Open, secured: Any) -> None:
    """Its columns go by their flat names, and their own types decide."""
    service, key = secured("keys", "predict")
    client = opened(service, key=key)
    with pytest.raises(Forbidden):
        client.schema()
    frame = fruit.table(60).features
    answer = client.predict(frame)
    rows = [client.predict(row)["label"] for row in json.loads(frame.head(5).to_json(orient="records"))]
    assert list(answer["label"][:5]) == rows
    with pytest.raises(Exception, match=r"column 'weight', row 59"):
        client.predict(pd.concat([frame[:59], frame[59:].assign(weight=-1.0)]))
    service.close()


def test_a_token_is_got_and_used(opened: Open, secured: Any) -> None:
    """By HTTP Basic or in the form."""
    service, key = secured("oauth")
    ways: tuple[dict[str, Any], ...] = ({}, {"in_form": True}, {"scope": "predict"})
    for more in ways:
        client = opened(service, oauth=ClientCredentials("alice", key, **more))
        assert client.predict([PEAR])["predictions"][0]["label"] == "apple"
    with pytest.raises(Forbidden):
        opened(service, oauth=ClientCredentials("alice", key, scope="predict")).model()
    service.close()


@pytest.mark.parametrize(
    ("more", "code"), [({"secret": "wrong"}, "invalid_client"), ({"scope": "fly"}, "invalid_scope")]
)
def test_a_refusal_names_its_code_and_no_secret(opened: Open, secured: Any, more: dict[str, str], code: str) -> None:
    service, key = secured("oauth")
    given = {"id": "alice", "secret": key} | more
    with pytest.raises(TokenRefused, match=code) as caught:
        opened(service, oauth=ClientCredentials(**given)).predict(PEAR)
    assert (caught.value.code, given["secret"] in str(caught.value)) == (code, False)
    service.close()


def test_a_token_that_is_refused_is_renewed_once(opened: Open) -> None:
    """A server whose signing key was changed, say."""
    refused = problem("unauthorized", 401)
    with scripted(granted("first"), ANSWER, refused, granted("second"), ANSWER, ANSWER) as server:
        client = opened(server.url + "/ml", oauth=ClientCredentials("a", "s"))
        for _ in range(3):
            client.predict({"x": 1})
        paths = [request.split(b" ")[1].decode() for request in server.asked]
        assert paths == [
            "/ml/oauth/token",
            "/ml/predict",
            "/ml/predict",
            "/ml/oauth/token",
            "/ml/predict",
            "/ml/predict",
        ]
        assert [b"Bearer second" in request for request in server.asked] == [False] * 4 + [True] * 2
    with scripted(granted("first"), refused, granted("second"), refused) as server:
        with pytest.raises(Unauthorized):
            opened(server.url, oauth=ClientCredentials("a", "s")).predict({"x": 1})
        assert len(server.asked) == 4


def test_a_token_is_renewed_before_it_ends(opened: Open) -> None:
    """One of a tenth of a second is used for less; one of an hour for an hour."""
    with scripted(granted("first", 0.05), ANSWER, granted("second"), ANSWER) as server:
        client = opened(server.url, oauth=ClientCredentials("a", "s"))
        client.predict({"x": 1})
        import time

        time.sleep(0.06)
        client.predict({"x": 1})
        client.predict({"x": 1})
        assert [b"/oauth/token" in one.split(b"\r\n")[0] for one in server.asked] == [True, False, True, False, False]


@pytest.mark.parametrize("life", [b"9" * 4000, b"1e999", b"NaN", b"-1", b'"soon"', b"true"])
def test_an_odd_life_of_a_token_ends_nothing(opened: Open, life: bytes) -> None:
    reply = http(200, b'{"access_token": "x", "token_type": "Bearer", "expires_in": %s}' % life)
    with scripted(reply, ANSWER) as server:
        assert opened(server.url, oauth=ClientCredentials("a", "s")).predict({"x": 1})["label"] == "a"


def test_many_callers_get_one_token_together() -> None:
    """Threads of a client, and tasks."""

    def reply(request: bytes) -> bytes:
        return granted("one") if request.startswith(b"POST /oauth/token") else ANSWER

    oauth = ClientCredentials("a", "s")
    with scripted(reply) as server, Client(server.url, oauth=oauth) as client, ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(client.predict, [{"x": 1}] * 20))) == 20
        assert sum(one.startswith(b"POST /oauth/token") for one in server.asked) == 1

    async def many(url: str) -> int:
        async with AsyncClient(url, oauth=oauth) as client:
            return len(await asyncio.gather(*(client.predict({"x": 1}) for _ in range(20))))

    with scripted(reply) as server:
        assert asyncio.run(many(server.url)) == 20
        assert sum(one.startswith(b"POST /oauth/token") for one in server.asked) == 1


def test_an_issuer_is_asked_where_tokens_are(opened: Open) -> None:
    """Its discovery document says so; the service is sent the token only, and further fields go along."""
    with scripted(ANSWER) as server:

        def reply(request: bytes) -> bytes:
            if request.startswith(b"GET /realm/.well-known/openid-configuration"):
                return http(200, json.dumps({"token_endpoint": f"{issuer.url}/token?p=1"}).encode())
            return granted("issued")

        with scripted(reply) as issuer:
            oauth = ClientCredentials("a", "s e&c", issuer=f"{issuer.url}/realm/", more={"audience": "twinserve"})
            opened(server.url, oauth=oauth).predict({"x": 1})
            head, _, form = issuer.asked[1].partition(b"\r\n\r\n")
            assert head.startswith(b"POST /token?p=1 ")
            assert form == b"grant_type=client_credentials&audience=twinserve"
        assert len(server.asked) == 1
        assert b"Bearer issued" in server.asked[0]


@pytest.mark.parametrize(
    "reply",
    [
        http(200, b"<html>", "text/html"),
        http(200, b'{"token_type": "Bearer"}'),
        http(200, b'{"access_token": 5, "token_type": "Bearer"}'),
        http(200, b'{"access_token": "x", "token_type": "mac"}'),
        http(404, b"<html>secret</html>", "text/html"),
        http(400, b'{"error": "<secret>"}'),
        http(200, b"[" * 100_000),
    ],
)
def test_what_is_no_token_is_refused(opened: Open, reply: bytes) -> None:
    with scripted(reply) as server, pytest.raises(TokenRefused, match="grants no token") as caught:
        opened(server.url, oauth=ClientCredentials("a", "s")).predict({"x": 1})
    assert "secret" not in str(caught.value)


def test_a_token_that_no_header_holds_is_refused(opened: Open) -> None:
    with scripted(granted("a\nb")) as server, pytest.raises((AskedWrongly, TokenRefused)):
        opened(server.url, oauth=ClientCredentials("a", "s")).predict({"x": 1})


def test_no_secret_is_in_a_repr(opened: Open) -> None:
    assert "hunter2" not in repr(ClientCredentials("a", "hunter2"))
    with pytest.raises(AskedWrongly, match="ClientCredentials"):
        opened("http://host", oauth=("a", "hunter2"))
    with pytest.raises(AskedWrongly, match="issuer"):
        ClientCredentials("a", "s", issuer="host")

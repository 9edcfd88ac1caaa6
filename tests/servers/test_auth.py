"""Real servers and an independent client: tokens, keys, and refused starts."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

from harness.credentials import write_keys, write_signing_key
from harness.fake_issuer import issuing
from harness.running import DEADLINE, DJANGO, DOORS, golden, running, start
from twinserve.service.auth import keys

pytestmark = [pytest.mark.slow, pytest.mark.long]

each_door = pytest.mark.parametrize("door", DOORS)


@pytest.mark.parametrize("door", [*DOORS, DJANGO])
@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
def test_authlibs_client_gets_a_token_and_uses_it(door: str, way: str, tmp_path: Path, artifacts: Path) -> None:
    """Authlib's client gets a token, by both ways of authentication, and predicts with it."""
    made = write_keys(tmp_path / "keys.json", alice="predict read")
    files = {"keys": tmp_path / "keys.json", "signing_key": write_signing_key(tmp_path)}
    with running(door, tmp_path, artifacts, auth="oauth", token_seconds=120, **files) as server:
        base = f"http://127.0.0.1:{server.port}"
        with OAuth2Client("alice", made["alice"], token_endpoint_auth_method=way, scope="predict") as client:
            token = client.fetch_token(f"{base}/oauth/token", grant_type="client_credentials")
            assert (token["token_type"], token["scope"], token["expires_in"]) == ("Bearer", "predict", 120)
            headers = {"Content-Type": "application/json"}
            answer = client.post(f"{base}/predict", content=golden(artifacts), headers=headers)
            assert (answer.status_code, answer.json()["model"]) == (200, "tumor")
            assert client.get(f"{base}/model").status_code == 403
        other_client = OAuth2Client("alice", "wrong", token_endpoint_auth_method=way)
        with other_client, pytest.raises(OAuthError, match="invalid_client"):
            other_client.fetch_token(f"{base}/oauth/token", grant_type="client_credentials")
        log = server.log.read_text()
        assert made["alice"] not in log
        assert token["access_token"] not in log


@each_door
def test_a_key_that_is_revoked_ends_within_two_seconds(door: str, tmp_path: Path, artifacts: Path) -> None:
    """A revoked key is refused within two seconds, without a restart."""
    path = tmp_path / "keys.json"
    made = write_keys(path, alice="read")
    with running(door, tmp_path, artifacts, auth="keys", keys=path) as server:
        headers = f"X-API-Key: {made['alice']}\r\n"
        assert server.request("GET", "/model", headers=headers).status == 200
        assert server.request("GET", "/model").status == 401
        keys.replace(path, b'{"keys": []}')
        changed = time.monotonic()
        while server.request("GET", "/model", headers=headers).status == 200:
            assert time.monotonic() < changed + 2


@each_door
@pytest.mark.parametrize("name", ["Authorization", "X-API-Key"])
def test_a_header_that_comes_twice_is_no_credential(door: str, name: str, tmp_path: Path, artifacts: Path) -> None:
    """Two credential headers are refused even if one is valid: a proxy might check the other one."""
    made = write_keys(tmp_path / "keys.json", alice="read")
    good = f"{name}: {'Bearer ' if name == 'Authorization' else ''}{made['alice']}\r\n"
    with running(door, tmp_path, artifacts, auth="keys", keys=tmp_path / "keys.json") as server:
        assert server.request("GET", "/model", headers=good).status == 200
        for headers in (f"{name}: x\r\n{good}", f"{good}{name}: x\r\n", good + good):
            assert server.request("GET", "/model", headers=headers).status == 401


@each_door
def test_a_caller_cannot_choose_the_address_it_is_counted_by(door: str, tmp_path: Path, artifacts: Path) -> None:
    """`X-Forwarded-For` does not change the address that is counted."""
    with running(door, tmp_path, artifacts, rate=0.001, burst=3) as server:
        statuses = [
            server.request("GET", "/model", headers=f"X-Forwarded-For: 192.0.2.{number}\r\n").status
            for number in range(5)
        ]
    assert statuses == [200, 200, 200, 429, 429]


@each_door
def test_a_foreign_token_is_taken_by_a_real_server(door: str, tmp_path: Path, artifacts: Path) -> None:
    """A server fetches the issuer's keys by itself, also after a rotation."""
    with issuing() as issuer:
        issuer.publish("a")
        with running(door, tmp_path, artifacts, auth="oauth", issuer=issuer.url) as server:
            deadline = time.monotonic() + DEADLINE
            headers = f"Authorization: Bearer {issuer.token('a', scope='read')}\r\n"
            while server.request("GET", "/model", headers=headers).status == 503:
                assert time.monotonic() < deadline
            assert server.request("GET", "/model", headers=headers).status == 200


Make = Callable[[Path], dict[str, Any]]
REFUSED: dict[str, tuple[Make, str]] = {
    "open to others, unsaid": (lambda _: {"host": "0.0.0.0"}, "TWINSERVE_AUTH"),
    "keys without a file": (lambda _: {"auth": "keys"}, "TWINSERVE_KEYS"),
    "keys that are not there": (lambda folder: {"auth": "keys", "keys": folder / "none"}, "TWINSERVE_KEYS"),
    "oauth without anything": (lambda _: {"auth": "oauth"}, "TWINSERVE_ISSUER"),
    "an issuer in the clear": (lambda _: {"auth": "oauth", "issuer": "http://id.example"}, "TWINSERVE_ISSUER"),
    "auth misspelt": (lambda _: {"auth": "key"}, "TWINSERVE_AUTH"),
}


@each_door
@pytest.mark.parametrize("name", REFUSED)
def test_a_start_that_would_be_unsafe_is_one_sentence_and_exit_code_2(
    door: str, name: str, tmp_path: Path, artifacts: Path
) -> None:
    """An unsafe configuration ends the server with one sentence, before it listens."""
    make, named = REFUSED[name]
    process = start(door, tmp_path, artifacts, **make(tmp_path))
    try:
        assert process.wait(DEADLINE) == 2
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    said = (tmp_path / "stderr").read_text()
    assert named in said
    assert "Traceback" not in said

"""Authorization: credentials, scopes of paths, and rates."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from harness import ROOT
from harness.credentials import bearer, write_keys, write_signing_key
from harness.fake_issuer import issuing, until
from twinserve.service.auth.guard import Guard
from twinserve.service.http.problem import Problem
from twinserve.service.http.routes import BY_NAME, ROUTES
from twinserve.service.settings import BadSetting
from twinserve.testing.fakes import settings_of

HERE = "192.0.2.1"


def asked(guard: Guard, route: str, address: str = HERE, **headers: str) -> str | None:
    """Authorize a request with these headers, named with underscores."""
    given = {name.lower().replace("_", "-"): value for name, value in headers.items()}
    client = guard.authorize(BY_NAME[route], given.get, address)
    return None if client is None else client.name


def refused(guard: Guard, route: str, address: str = HERE, **headers: str) -> tuple[int, str | None]:
    """The status and the challenge of a refusal."""
    with pytest.raises(Problem) as raised:
        asked(guard, route, address, **headers)
    return int(raised.value.status), dict(raised.value.headers).get("WWW-Authenticate")


def test_without_settings_there_is_nothing_to_ask() -> None:
    """Without authentication every request is allowed."""
    assert not Guard(settings_of()).is_needed
    assert not Guard(settings_of(auth="none")).is_needed
    assert [asked(Guard(settings_of()), route.name) for route in ROUTES] == [None] * len(ROUTES)


def test_a_challenge_says_what_is_missing(tmp_path: Path) -> None:
    """The challenge is that of RFC 6750: no error if no credentials were sent."""
    made = write_keys(tmp_path / "keys", alice="predict")
    guard = Guard(settings_of(auth="keys", keys=tmp_path / "keys"))
    assert refused(guard, "predict") == (401, 'Bearer realm="twinserve"')
    assert refused(guard, "predict", Authorization="") == (401, 'Bearer realm="twinserve"')
    assert refused(guard, "predict", X_API_Key="") == (401, 'Bearer realm="twinserve"')
    wrong = (401, 'Bearer realm="twinserve", error="invalid_token"')
    for text in ("Bearer x", "Bearer", "Bearer ", "Basic YTpi", f"Basic {made['alice']}", made["alice"], "\x00", "é"):
        assert refused(guard, "predict", Authorization=text) == wrong
    assert refused(guard, "model", X_API_Key=made["alice"]) == (
        403,
        'Bearer realm="twinserve", error="insufficient_scope", scope="read"',
    )
    assert asked(guard, "predict", X_API_Key=made["alice"]) == "alice"
    assert asked(guard, "predict", Authorization=f"bEARER  {made['alice']} ") == "alice"


def test_a_bad_authorization_is_not_saved_by_a_good_key(tmp_path: Path) -> None:
    """Invalid `Authorization` is refused even with a valid `X-API-Key`."""
    made = write_keys(tmp_path / "keys", alice="predict")
    guard = Guard(settings_of(auth="keys", keys=tmp_path / "keys"))
    assert refused(guard, "predict", Authorization="Bearer x", X_API_Key=made["alice"])[0] == 401
    assert asked(guard, "predict", Authorization=f"Bearer {made['alice']}", X_API_Key="x") == "alice"


def test_under_oauth_a_key_is_no_token(tmp_path: Path) -> None:
    """With `AUTH=oauth` a key is refused, in either header."""
    made = write_keys(tmp_path / "keys", alice="predict")
    settings = settings_of(auth="oauth", keys=tmp_path / "keys", signing_key=write_signing_key(tmp_path))
    guard = Guard(settings)
    assert refused(guard, "predict", X_API_Key=made["alice"])[0] == 401
    assert refused(guard, "predict", **bearer(made["alice"]))[0] == 401


@pytest.mark.parametrize("content", [None, "", "{", '{"keys": [{}]}'])
def test_files_that_cannot_be_read_are_a_sentence(tmp_path: Path, content: str | None) -> None:
    """The error names the command that makes the file."""
    path = tmp_path / "file"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadSetting, match=r"twinserve keys create"):
        Guard(settings_of(auth="keys", keys=path))
    write_keys(tmp_path / "keys", alice="predict")
    with pytest.raises(BadSetting, match=r"twinserve keys signing-key"):
        Guard(settings_of(auth="oauth", keys=tmp_path / "keys", signing_key=path))


def test_each_caller_has_a_rate_of_its_own_and_health_has_none(tmp_path: Path) -> None:
    """Callers are counted by name, else by address; health is not counted."""
    made = write_keys(tmp_path / "keys", alice="predict", bob="predict")
    guard = Guard(settings_of(auth="keys", keys=tmp_path / "keys", rate=0.001, burst=2))
    for name in ("alice", "bob"):
        for number in range(2):
            assert asked(guard, "predict", address=f"192.0.2.{number}", X_API_Key=made[name]) == name
        assert refused(guard, "predict", X_API_Key=made[name])[0] == 429
    for _ in range(10):
        assert asked(guard, "live", address="192.0.2.9") is None
        assert asked(guard, "ready", address="192.0.2.9") is None
    assert [asked(guard, "index", address="192.0.2.9") for _ in range(2)] == [None, None]
    assert refused(guard, "index", address="192.0.2.9")[0] == 429


def test_no_name_is_an_address() -> None:
    """A client of an issuer whose name reads like our name for an address has another rate than the address."""
    with issuing() as issuer:
        issuer.publish("a")
        guard = Guard(settings_of(auth="oauth", issuer=issuer.url, rate=0.001, burst=1))
        others = (f"192.0.2.{number}" for number in count(100))
        foreign = bearer(issuer.token("a", aud="other"))
        until(lambda: refused(guard, "predict", next(others), **foreign)[0] == 401)  # The issuer's keys are there.
        name = f"address {HERE}"
        assert asked(guard, "model", **bearer(issuer.token("a", sub=name))) == name
        assert refused(guard, "model", **bearer(issuer.token("a", sub=name)))[0] == 429
        assert asked(guard, "index") is None


def test_guessing_is_slowed_down_and_hurts_nobody_else(tmp_path: Path) -> None:
    """Wrong credentials count against the address; valid ones from there do not."""
    made = write_keys(tmp_path / "keys", alice="predict")
    guard = Guard(settings_of(auth="keys", keys=tmp_path / "keys", rate=0.001, burst=5))
    statuses = [refused(guard, "predict", X_API_Key="wrong")[0] for _ in range(1000)]
    assert statuses == [401] * 5 + [429] * 995
    assert asked(guard, "predict", X_API_Key=made["alice"]) == "alice"
    statuses = [refused(guard, "model", X_API_Key=made["alice"])[0] for _ in range(6)]
    assert statuses == [403] * 4 + [429] * 2


def test_a_wrong_name_takes_as_long_as_a_wrong_secret(tmp_path: Path) -> None:
    """Within microseconds, so that times do not reveal names. In turns, as a processor's pace changes."""
    made = write_keys(tmp_path / "keys", alice="predict")
    guard = Guard(settings_of(auth="keys", keys=tmp_path / "keys"))
    secret = made["alice"].rpartition(".")[2]

    def seconds(key: str) -> float:
        begun = time.perf_counter()
        with pytest.raises(Problem):
            guard.authorize(BY_NAME["predict"], {"x-api-key": key}.get, HERE)
        return time.perf_counter() - begun

    keys = (f"tw.alice.{secret[::-1]}", f"tw.carol.{secret}")
    secrets, names = zip(*([seconds(key) for key in keys] for _ in range(3000)), strict=True)
    assert abs(min(secrets) - min(names)) < 5e-6


def test_serving_without_oauth_loads_nothing_of_it() -> None:
    """Neither joserfc nor cryptography is imported without OAuth."""
    program = (
        "import sys; from twinserve.service.service import Service; from twinserve.service.auth.guard import Guard; "
        "import serve_flask.routes, serve_fastapi.routes; "
        "sys.exit(any(name.split('.')[0] in ('joserfc', 'cryptography', 'authlib') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0

"""Which settings of authentication go together; access for everybody must be explicit."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from twinserve.service.addresses import is_loopback
from twinserve.service.http.routes import BY_NAME, HEALTH, ROUTES, TOKEN
from twinserve.service.process.startup import listen
from twinserve.service.settings import BadSetting, read_settings
from twinserve.testing.fakes import settings_of

KEYS = Path("keys.json")
LOOPBACK = ("127.0.0.1", "127.8.9.1", "::1", "localhost")
OTHERS = ("0.0.0.0", "::", "192.0.2.1", "example.com", "", "127.0.0.1.example.com", "localhost.", "::ffff:1.2.3.4")


@pytest.mark.parametrize("host", LOOPBACK)
def test_on_loopback_nothing_need_be_said(host: str) -> None:
    """On loopback no setting is needed."""
    assert is_loopback(host)
    assert settings_of(host=host).auth is None


@pytest.mark.parametrize("host", OTHERS)
def test_elsewhere_somebody_must_say_who_may_ask(host: str) -> None:
    """On other addresses authentication, or access for everybody, must be set."""
    assert not is_loopback(host)
    with pytest.raises(ValidationError, match="TWINSERVE_AUTH"):
        settings_of(host=host)
    assert settings_of(host=host, auth="none").auth == "none"
    assert settings_of(host=host, auth="keys", keys=KEYS).auth == "keys"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"auth": "keys"}, "TWINSERVE_KEYS"),
        ({"auth": "oauth"}, "TWINSERVE_ISSUER"),
        ({"auth": "oauth", "keys": KEYS}, "TWINSERVE_SIGNING_KEY"),
        ({"auth": "oauth", "issuer": "http://id.example"}, "TWINSERVE_ISSUER"),
        ({"auth": "oauth", "issuer": "id.example"}, "TWINSERVE_ISSUER"),
        ({"rate_store": "redis://127.0.0.1"}, "TWINSERVE_RATE"),
        ({"rate_store": "http://127.0.0.1", "rate": 1}, "TWINSERVE_RATE_STORE"),
    ],
)
def test_half_of_what_is_needed_is_refused_with_one_sentence(
    wrong: dict[str, object], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the missing setting."""
    for name, value in wrong.items():
        monkeypatch.setenv(f"TWINSERVE_{name.upper()}", str(value))
    with pytest.raises(BadSetting, match=named) as raised:
        read_settings()
    assert str(raised.value).count(".\n") == 0
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize(
    "wrong",
    [
        {"auth": "basic"},
        {"auth": "KEYS"},
        {"public": "predict"},
        {"public": "docs,model"},
        {"public": "docs,"},
        {"public": "docs\n"},
        {"algorithms": "HS256"},
        {"algorithms": "RS256,HS256"},
        {"algorithms": "none"},
        {"algorithms": ""},
        {"algorithms": "RS256\n"},
        {"cors_origins": "app.example"},
        {"cors_origins": "https://app.example/"},
        {"cors_origins": "https://App.example"},
        {"cors_origins": "https://app.example, https://b.example"},
        {"cors_origins": "https://app.example,*"},
        {"cors_origins": "https://app.example\n"},
        {"cors_origins": "null"},
        {"cors_origins": "https://app.example:443"},
        {"cors_origins": "http://app.example:80"},
        {"token_seconds": 3601},
        {"token_seconds": 119},
        {"rate": 0},
        {"burst": 0},
        {"max_concurrent": 0},
    ],
    ids=str,
)
def test_a_value_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    """Invalid values are refused, such as symmetric algorithms for an issuer."""
    with pytest.raises(ValidationError):
        settings_of(**wrong)


def test_an_open_path_is_one_that_says_so() -> None:
    """With authentication, health and index are public, other documents by the setting only, predictions never."""
    opened = {
        public: {route.name for route in ROUTES if settings_of(auth="keys", keys=KEYS, public=public).is_open(route)}
        for public in ("", "docs", "metrics", "docs,metrics")
    }
    always = {*HEALTH, "index", "asset"}
    docs = {"docs", "openapi", "bulk_openapi", "schema"}
    assert opened == {
        "": always,
        "docs": always | docs,
        "metrics": always | {"metrics", "live_page"},
        "docs,metrics": always | docs | {"metrics", "live_page"},
    }
    assert all(settings_of().is_open(route) for route in BY_NAME.values())


def test_the_scopes_are_the_contracts() -> None:
    """Each route has the scope of this table."""
    assert {route.name: route.scope for route in BY_NAME.values()} == {
        "predict": "predict",
        "explain": "predict",
        "schema": "read",
        "openapi": "read",
        "bulk_openapi": "read",
        "docs": "read",
        "model": "read",
        "models": "read",
        "named_model": "read",
        "named_predict": "predict",
        "named_explain": "predict",
        "named_schema": "read",
        "named_openapi": "read",
        "named_card": "read",
        "live": None,
        "ready": None,
        "healthz": None,
        "livez": None,
        "readyz": None,
        "metrics": "manage",
        "index": None,
        "form": "predict",
        "card": "read",
        "live_page": "manage",
        "asset": None,
        "token": None,
    }


def test_the_token_path_is_there_where_tokens_are_given() -> None:
    """`/oauth/token` exists only if tokens are issued."""
    given = settings_of(auth="oauth", keys=KEYS, signing_key=KEYS)
    assert TOKEN in given.routes
    for others in (
        {},
        {"auth": "none"},
        {"auth": "keys", "keys": KEYS},
        {"auth": "oauth", "issuer": "https://id.example"},
    ):
        assert TOKEN not in settings_of(**others).routes


def test_an_open_door_is_logged() -> None:
    """Access for everybody is logged if other machines can reach the port."""
    for host, auth, said in (("0.0.0.0", "none", 1), ("127.0.0.1", "none", 0), ("127.0.0.1", None, 0)):
        with capture_logs() as logs:
            listen(settings_of(host=host, auth=auth, port=0), 0).close()
        assert [entry["log_level"] for entry in logs] == ["warning"] * said

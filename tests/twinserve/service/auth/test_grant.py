"""`POST /oauth/token` by RFC 6749: tokens, and the exact error of each refusal."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote_plus, urlencode

import pytest

from harness.credentials import YESTERDAY, write_keys, write_signing_key
from twinserve.service.auth.grant import grant
from twinserve.service.auth.keys import Keys
from twinserve.service.auth.tokens import Tokens
from twinserve.service.http.reply import Reply
from twinserve.testing.fakes import settings_of

FORM = "application/x-www-form-urlencoded"


class Desk:
    """Issues tokens to the client alice, with the scopes predict and read."""

    def __init__(self, folder: Path) -> None:
        self.secrets = write_keys(folder / "keys", alice="predict read")
        self.keys = Keys(folder / "keys")
        settings = settings_of(auth="oauth", keys=folder / "keys", signing_key=write_signing_key(folder))
        self.tokens = Tokens(settings, self.keys)

    def ask(
        self, body: bytes | str | dict[str, str], media_type: str = FORM, authorization: str | None = None
    ) -> Reply:
        """Send one request."""
        form = urlencode(body) if isinstance(body, dict) else body
        headers = {"content-type": media_type, "authorization": authorization}
        return grant(self.keys, self.tokens, headers.get, form if isinstance(form, bytes) else form.encode())

    def form(self, **changes: str) -> dict[str, str]:
        """A valid form."""
        good = {"grant_type": "client_credentials", "client_id": "alice", "client_secret": self.secrets["alice"]}
        return good | changes


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A `Desk` with keys of its own."""
    return Desk(tmp_path)


def basic(name: str, secret: str) -> str:
    """HTTP Basic as in RFC 6749: both parts are form-encoded first."""
    return "Basic " + base64.b64encode(f"{quote_plus(name)}:{quote_plus(secret)}".encode()).decode()


def test_a_client_gets_a_token_by_form_or_by_basic(desk: Desk) -> None:
    """A client authenticates by form or by Basic; the reply has `Cache-Control: no-store`."""
    only_grant = {"grant_type": "client_credentials"}
    authorization = basic("alice", desk.secrets["alice"])
    replies = [
        desk.ask(desk.form()),
        desk.ask(only_grant, authorization=authorization),
        desk.ask(only_grant, authorization=authorization.replace("Basic", "bASIC ")),
        desk.ask({**only_grant, "client_id": "alice"}, authorization=authorization),
        desk.ask(desk.form(resource="ignored", scope=""), media_type=FORM.upper() + "; charset=utf-8"),
    ]
    for reply in replies:
        assert reply.status == 200
        content = json.loads(reply.body)
        assert (content["token_type"], content["expires_in"], content["scope"]) == ("Bearer", 900, "predict read")
        assert desk.tokens.verify(content["access_token"])
        assert dict(reply.headers) == {"Cache-Control": "no-store", "Pragma": "no-cache"}


def test_a_client_may_ask_for_less(desk: Desk) -> None:
    """A client may request some of its scopes, in any order; the reply names them."""
    assert json.loads(desk.ask(desk.form(scope="read")).body)["scope"] == "read"
    assert json.loads(desk.ask(desk.form(scope="read predict read")).body)["scope"] == "predict read"


def test_a_client_that_asks_for_all_scopes_gets_its_own(desk: Desk) -> None:
    """As the page's "select all" does; the reply names what was granted."""
    content = json.loads(desk.ask(desk.form(scope="predict read manage")).body)
    client = desk.tokens.verify(content["access_token"])
    assert client is not None
    assert (content["scope"], client.scopes) == ("predict read", frozenset({"predict", "read"}))


def refusals(desk: Desk) -> dict[str, tuple[Reply, str]]:
    """Refused requests, and the error of each."""
    good, secret = desk.form(), desk.secrets["alice"]
    only_grant = {"grant_type": "client_credentials"}
    known = basic("alice", secret)
    return {
        "no grant type": (desk.ask({"client_id": "alice", "client_secret": secret}), "invalid_request"),
        "empty grant type": (desk.ask(desk.form(grant_type="")), "invalid_request"),
        "password grant": (desk.ask(desk.form(grant_type="password")), "unsupported_grant_type"),
        "code grant": (desk.ask(desk.form(grant_type="authorization_code")), "unsupported_grant_type"),
        "no scope of its own": (desk.ask(desk.form(scope="manage")), "invalid_scope"),
        "scope unknown beside others": (desk.ask(desk.form(scope="read everything")), "invalid_scope"),
        "scope unknown": (desk.ask(desk.form(scope="everything")), "invalid_scope"),
        "JSON": (desk.ask(json.dumps(good), "application/json"), "invalid_request"),
        "no type": (desk.ask(good, ""), "invalid_request"),
        "nothing": (desk.ask(b""), "invalid_request"),
        "not UTF-8": (desk.ask(urlencode(good).encode() + b"&x=\xff"), "invalid_request"),
        "escaped, not UTF-8": (desk.ask(urlencode(good) + "&x=%ff"), "invalid_request"),
        "a field twice": (desk.ask(urlencode(good) + "&scope=read&scope=read"), "invalid_request"),
        "an unknown field twice": (desk.ask(urlencode(good) + "&x=1&x=2"), "invalid_request"),
        "many fields": (desk.ask(urlencode(good) + "&x" * 1000), "invalid_request"),
        "form and Basic": (desk.ask(good, authorization=known), "invalid_request"),
        "two names": (desk.ask({**only_grant, "client_id": "bob"}, authorization=known), "invalid_request"),
        "nobody": (desk.ask(only_grant), "invalid_client"),
        "no secret": (desk.ask({**only_grant, "client_id": "alice"}), "invalid_client"),
        "wrong secret": (desk.ask(desk.form(client_secret="wrong")), "invalid_client"),
        "another's name": (desk.ask(desk.form(client_id="bob")), "invalid_client"),
        "no name": (desk.ask({**only_grant, "client_secret": secret}), "invalid_client"),
        "Basic, wrong": (desk.ask(only_grant, authorization=basic("alice", "x")), "invalid_client"),
        "Basic, no colon": (desk.ask(only_grant, authorization="Basic YWxpY2U="), "invalid_client"),
        "Basic, no base64": (desk.ask(only_grant, authorization="Basic !"), "invalid_client"),
        "Basic, not UTF-8": (desk.ask(only_grant, authorization="Basic /////w=="), "invalid_client"),
        "Bearer": (desk.ask(only_grant, authorization=f"Bearer {secret}"), "invalid_client"),
    }


def test_a_refusal_is_the_error_of_rfc_6749(desk: Desk) -> None:
    """The reply has the status and the error, is not stored, and has a challenge if the client is unknown."""
    for name, (reply, error) in refusals(desk).items():
        assert (name, json.loads(reply.body)) == (name, {"error": error})
        assert (name, reply.status) == (name, 401 if error == "invalid_client" else 400)
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        if error == "invalid_client":
            headers["WWW-Authenticate"] = 'Basic realm="twinserve"'
        assert dict(reply.headers) == headers


def test_an_expired_client_gets_nothing(tmp_path: Path) -> None:
    """An expired client is answered as an unknown one."""
    desk = Desk(tmp_path)
    expired = write_keys(tmp_path / "keys", ends=YESTERDAY, alice="predict read")
    desk.keys = Keys(tmp_path / "keys")
    assert json.loads(desk.ask(desk.form(client_secret=expired["alice"])).body) == {"error": "invalid_client"}

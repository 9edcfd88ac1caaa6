"""`POST /oauth/token`: the client-credentials grant, with errors in the format of RFC 6749."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from twinserve.service.auth.client import Client
from twinserve.service.auth.keys import Keys
from twinserve.service.auth.tokens import Tokens
from twinserve.service.http.body import FORM
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.reply import JSON, Header, Reply
from twinserve.service.http.routes import SCOPES

MAX_FIELDS: Final = 20
STATUSES: Final = {"invalid_client": HTTPStatus.UNAUTHORIZED}
"""By error code; any other code is 400."""
NOT_STORED: Final[tuple[Header, ...]] = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


class Refused(Exception):
    """The token is refused; the argument is an error code of RFC 6749."""


def grant(keys: Keys, tokens: Tokens, header: HeaderLookup, body: bytes) -> Reply:
    """The reply to a token request: a token if the client authenticates, else an error.

    Of the scopes that are asked for it holds those that the client has, and the reply names them (section 3.3)."""
    try:
        fields = _fields(header("content-type") or "", body)
        if "grant_type" not in fields:
            raise Refused("invalid_request")
        client = _client(keys, fields, header("authorization"))
        if fields["grant_type"] != "client_credentials":
            raise Refused("unsupported_grant_type")
        wanted = fields.get("scope", "").split() or client.scopes
        scopes = [scope for scope in sorted(client.scopes) if scope in wanted]
        if not scopes or not set(SCOPES).issuperset(wanted):
            raise Refused("invalid_scope")
    except Refused as refusal:
        return _error(str(refusal))
    content = {
        "access_token": tokens.issue(client, scopes),
        "token_type": "Bearer",
        "expires_in": tokens.seconds,
        "scope": " ".join(scopes),
    }
    return Reply(HTTPStatus.OK, json.dumps(content).encode(), JSON, NOT_STORED)


def _fields(content_type: str, body: bytes) -> dict[str, str]:
    """The form's fields. An empty one counts as left out, a repeated one is an error (section 3.2)."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise Refused("invalid_request")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Refused("invalid_request") from None
    if len(dict(pairs)) < len(pairs):
        raise Refused("invalid_request")
    return {name: value for name, value in pairs if value}


def _client(keys: Keys, fields: dict[str, str], authorization: str | None) -> Client:
    """The client, authenticated by HTTP Basic or by the form, never by both (section 2.3)."""
    name, secret = fields.get("client_id"), fields.get("client_secret")
    if authorization:
        if secret is not None:
            raise Refused("invalid_request")
        given = name
        name, secret = _basic(authorization)
        if given is not None and given != name:
            raise Refused("invalid_request")
    client = keys.find(secret or "")
    if client is None or client.name != name:
        raise Refused("invalid_client")
    return client


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        name, separator, secret = base64.b64decode(encoded.strip(" "), validate=True).decode().partition(":")
    except ValueError:
        raise Refused("invalid_client") from None
    if scheme.lower() != "basic" or not separator:
        raise Refused("invalid_client")
    return unquote_plus(name), unquote_plus(secret)


def _error(code: str) -> Reply:
    status = STATUSES.get(code, HTTPStatus.BAD_REQUEST)
    challenge = (("WWW-Authenticate", 'Basic realm="twinserve"'),) if status == HTTPStatus.UNAUTHORIZED else ()
    return Reply(status, json.dumps({"error": code}).encode(), JSON, (*NOT_STORED, *challenge))

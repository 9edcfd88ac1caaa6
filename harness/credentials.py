"""Keys, clients and tokens for the tests. Tokens are built by hand, so that each part may be invalid."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from twinserve.service.auth import keys, signing

SECRET: Final = bytes(range(32))
SIGNING_KEY: Final = base64.urlsafe_b64encode(SECRET).rstrip(b"=") + b"\n"
KEY_ID: Final = next(iter(signing.parse(SIGNING_KEY)))
HEADER: Final[Mapping[str, Any]] = {"alg": "HS256", "typ": "at+jwt", "kid": KEY_ID}
YESTERDAY: Final = timedelta(days=-1)
Sign = Callable[[bytes], bytes]


def write_keys(path: Path, ends: timedelta | None = None, **scopes: str) -> dict[str, str]:
    """Write a key file with one caller for each name; returns their keys."""
    made = {name: keys.new_key(name) for name in scopes}
    now = datetime.now(UTC)
    entries = tuple(
        keys.Entry.model_validate(
            {
                "name": name,
                "digest": made[name][1],
                "scopes": allowed.split(),
                "created": now,
                "expires": now + ends if ends else None,
            }
        )
        for name, allowed in scopes.items()
    )
    keys.replace(path, keys.KeyFile(keys=entries).model_dump_json().encode())
    return {name: key for name, (key, _) in made.items()}


def write_signing_key(folder: Path) -> Path:
    """A file with the signing key that `token` signs with."""
    path = folder / "signing.key"
    path.write_bytes(SIGNING_KEY)
    return path


def claims(**changes: Any) -> dict[str, Any]:
    """Valid claims of a token; a change to None removes a claim."""
    now = int(time.time())
    good = {
        "iss": "twinserve",
        "aud": "twinserve",
        "sub": "alice",
        "scope": "predict read",
        "iat": now,
        "exp": now + 3600,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def hs256(secret: bytes = SECRET) -> Sign:
    """A function that signs with HS256."""
    return lambda message: hmac.new(secret, message, hashlib.sha256).digest()


def token(
    content: Mapping[str, Any] | bytes | None = None,
    header: Mapping[str, Any] | bytes = HEADER,
    sign: Sign | None = None,
) -> str:
    """A signed token of these parts, valid by default."""
    message = f"{segment(header)}.{segment(claims() if content is None else content)}"
    return f"{message}.{encode((sign or hs256())(message.encode()))}"


def segment(content: Mapping[str, Any] | bytes) -> str:
    """One part of a token, in base64url."""
    return encode(content if isinstance(content, bytes) else json.dumps(content).encode())


def encode(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def bearer(credential: str) -> dict[str, str]:
    """The header that carries a key or a token."""
    return {"Authorization": f"Bearer {credential}"}

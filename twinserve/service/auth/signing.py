"""The file of keys that sign our tokens, one per line: the first signs, all of them verify."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from typing import Final

BYTES: Final = 32
"""256 bits, the strength of HMAC with SHA-256. Keys are random, so none is weak."""


def renewed(content: bytes) -> bytes:
    """The file's content with a new first key; the previous first key is kept, older ones are dropped."""
    new = base64.urlsafe_b64encode(secrets.token_bytes(BYTES)).rstrip(b"=")
    return b"\n".join([new, *content.split()[:1], b""])


def parse(content: bytes) -> dict[str, bytes]:
    """The secrets by key id, in the file's order; raises `ValueError`."""
    held = [_secret(line) for line in content.split()]
    if not held:
        raise ValueError("there is no key in the file")
    return {hashlib.sha256(secret).hexdigest()[:16]: secret for secret in held}


def _secret(line: bytes) -> bytes:
    try:
        secret = base64.b64decode(line + b"=" * (-len(line) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("a line is not base64url") from None
    if len(secret) != BYTES:
        raise ValueError(f"a key must have {BYTES} bytes")
    return secret

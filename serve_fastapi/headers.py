"""Headers as ASGI has them: how those of a reply are encoded, and how those of a request are looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.reply import Header

Headers = Sequence[tuple[bytes, bytes]]
BLANK: Final = b" \t"


def encode(headers: Iterable[Header]) -> Headers:
    """Headers as ASGI takes them: lower-case names, bytes. A list, as a generator takes 0.4 us more."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


@lru_cache(maxsize=256)
def encode_once(headers: tuple[Header, ...]) -> Headers:
    """`encode` with a cache, for headers that are repeated: 0.2 us, not 2."""
    return encode(headers)


def header_lookup(scope: Mapping[str, Any]) -> HeaderLookup:
    """Look headers up by lower-case name; the values of a repeated one are joined by commas, as in WSGI.

    Blanks around a value are no part of it (RFC 9110 section 5.5), and httptools leaves those behind it."""
    fields: dict[bytes, bytes] = dict(scope["headers"])
    if len(fields) < len(scope["headers"]):
        for name in fields:
            fields[name] = b",".join(value.strip(BLANK) for other, value in scope["headers"] if other == name)

    def find(name: str) -> str | None:
        value = fields.get(header_key(name))
        return None if value is None else value.strip(BLANK).decode("latin-1")

    return find


@cache
def header_key(name: str) -> bytes:
    """A header's name as ASGI has it. The cache stays small: the service reads few headers."""
    return name.encode("latin-1")

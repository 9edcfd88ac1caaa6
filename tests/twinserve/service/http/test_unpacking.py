"""Compressed bodies: unpacked alike in pieces and as a whole, and never into more than is allowed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinserve.service.http.problem import Problem
from twinserve.service.http.unpacking import CODINGS, MALFORMED, PIECE, PIECEWISE, coding_of, unpacked, unpacker


def raw(body: bytes) -> bytes:
    """Deflate without zlib's bytes in front."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKED: Final[dict[str, tuple[str, Callable[[bytes], bytes]]]] = {
    "gzip": ("gzip", lambda body: gzip.compress(body, mtime=0)),
    "deflate": ("deflate", zlib.compress),
    "deflate without a head": ("deflate", raw),
}
FORMS: Final = pytest.mark.parametrize("form", PACKED)


@FORMS
@settings(max_examples=30)
@given(body=st.binary(max_size=300) | st.integers(0, 3 * PIECE).map(bytes), size=st.integers(1, 200))
def test_a_body_is_the_same_in_pieces_and_as_a_whole(form: str, body: bytes, size: int) -> None:
    coding, pack = PACKED[form]
    sent = pack(body)
    assert unpacked(sent, coding, len(body)) == body
    reader, parts = CODINGS[coding](is_series=False), list[bytes]()
    for start in range(0, len(sent), size):
        parts.append(reader.take(sent[start : start + size]))
        while reader.is_behind:
            parts.append(reader.take(b""))
    reader.require_end()
    assert max(map(len, parts)) <= PIECE
    assert b"".join(parts) == body


@FORMS
def test_one_byte_more_than_is_allowed_is_413(form: str) -> None:
    """Told after the piece with it: a bomb is unpacked no further."""
    coding, pack = PACKED[form]
    for size in (100, 100_000):
        with pytest.raises(Problem, match="The body must not exceed 99 bytes when it is unpacked") as caught:
            unpacked(pack(bytes(size)), coding, 99)
        assert caught.value.kind == "too-large"


@FORMS
@pytest.mark.parametrize("damage", [lambda sent: sent[:-1], lambda sent: sent + b"x", lambda _: b"", lambda _: b"x"])
def test_a_damaged_body_is_400(form: str, damage: Callable[[bytes], bytes]) -> None:
    """Too short, too long, or none at all."""
    coding, pack = PACKED[form]
    with pytest.raises(Problem, match=MALFORMED):
        unpacked(damage(pack(b"a body")), coding, 100)


def test_a_whole_body_is_of_one_member_and_one_in_pieces_of_any_number() -> None:
    twice = gzip.compress(b"a") * 2
    with pytest.raises(Problem, match=MALFORMED):
        unpacked(twice, "gzip", 100)
    reader = unpacker("gzip")
    assert reader is not None
    assert reader.take(twice) == b"aa"


def test_codings_are_known_by_their_names() -> None:
    """In any case, with the old name of gzip."""
    assert [coding_of(name, PIECEWISE) for name in (None, "identity", " GZIP", "x-gzip")] == [
        None,
        None,
        "gzip",
        "gzip",
    ]
    with pytest.raises(Problem, match="Content-Encoding must be identity, gzip or zstd"):
        coding_of("deflate", PIECEWISE)

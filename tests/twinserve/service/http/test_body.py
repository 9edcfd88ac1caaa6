"""Content-Type, Content-Length and the limits of bodies, in cases beyond the contract suite."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinserve.service.http.body import SMALL, Receipt, require_json
from twinserve.service.http.buffer import Room
from twinserve.service.http.problem import Problem

LIMIT = 10


def kind_of(step: Callable[[], None]) -> str | None:
    """The kind of the problem that a call raises; None if it raises none."""
    try:
        step()
    except Problem as refused:
        return refused.kind
    return None


@given(st.text(max_size=80) | st.text(st.sampled_from('aplicton/jsn+;="\\ \t'), max_size=80))
def test_any_content_type_is_taken_or_refused(content_type: str) -> None:
    """Any Content-Type is accepted or refused, without another error."""
    assert kind_of(lambda: require_json(content_type, None)) in (None, "unsupported-media-type")


@pytest.mark.parametrize(
    "content_type",
    ["a/" + "b+json" * 20_000, "application/json" + ";" * 50_000, 'application/json;a="' + "\\a" * 50_000],
)
def test_a_long_content_type_takes_no_long_time(content_type: str) -> None:
    """The patterns do not backtrack: otherwise this test hangs."""
    assert kind_of(lambda: require_json(content_type, None)) in (None, "unsupported-media-type")


@given(pieces=st.lists(st.binary(max_size=6), max_size=6))
def test_a_receipt_takes_what_fits_however_it_is_cut(pieces: list[bytes]) -> None:
    """Pieces are joined in order; the one that exceeds the limit is 413."""
    whole = b"".join(pieces)
    receipt = Receipt(None, LIMIT, Room(LIMIT))
    kinds = [kind_of(partial(receipt.add, piece)) for piece in pieces]
    if len(whole) > LIMIT:
        assert "too-large" in kinds
    else:
        assert set(kinds) <= {None}
        assert receipt.body() == whole


@pytest.mark.parametrize("length", ["11", "000011", "9" * 18, "9" * 30])
def test_a_declared_length_over_the_limit_is_refused_at_once(length: str) -> None:
    """A Content-Length over the limit is refused before any byte arrives."""
    with pytest.raises(Problem, match="must not exceed 10 bytes"):
        Receipt(length, LIMIT, Room(LIMIT))


@pytest.mark.parametrize("length", ["", "x", "-1", "1.5", "1e1", "٣", None])
def test_a_length_that_is_none_is_not_believed(length: str | None) -> None:
    """An invalid Content-Length is ignored; bytes are counted as they arrive."""
    receipt = Receipt(length, LIMIT, Room(LIMIT))
    receipt.add(b"abc")
    assert receipt.body() == b"abc"


def test_less_than_declared_is_no_body() -> None:
    """Fewer bytes than declared are 400: the connection ended early."""
    receipt = Receipt("5", LIMIT, Room(LIMIT))
    receipt.add(b"abcd")
    with pytest.raises(Problem, match="ended before"):
        receipt.body()
    receipt.add(b"e")
    assert receipt.body() == b"abcde"


def test_large_bodies_share_their_room_and_give_it_back() -> None:
    """Large bodies reserve memory until they are left, and are 503 beyond the limit; small ones need none."""
    room = Room(3 * SMALL)
    with Receipt(None, 10 * SMALL, room) as first, Receipt(None, 10 * SMALL, room) as second:
        first.add(b" " * 2 * SMALL)
        second.add(b" " * SMALL)
        with pytest.raises(Problem) as refused:
            second.add(b" " * SMALL)
    assert refused.value.status == 503
    with Receipt(None, 10 * SMALL, room) as third:
        third.add(b" " * 3 * SMALL)
        assert len(third.body()) == 3 * SMALL

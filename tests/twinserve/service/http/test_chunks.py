"""Chunked bodies, valid and invalid."""

from __future__ import annotations

import contextlib
import itertools
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinserve.service.http.chunks import LONGEST_LINE, MOST_FRAMING, MOST_TRAILERS, ODD_LINE, Chunks
from twinserve.service.http.problem import Problem


def taken(data: bytes, cuts: list[int]) -> bytes:
    """The content of these chunks, fed in pieces."""
    chunks, body = Chunks(), b""
    for start, end in itertools.pairwise([0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]):
        body += chunks.add(data[start:end])
    assert chunks.is_whole
    return body


@given(pieces=st.lists(st.binary(min_size=1, max_size=20), max_size=20), cuts=st.lists(st.integers(1, 300)))
def test_chunks_are_put_together(pieces: list[bytes], cuts: list[int]) -> None:
    """Chunks are joined; trailers are dropped."""
    data = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nA: b\r\n\r\n"
    assert taken(data, cuts) == b"".join(pieces)


@st.composite
def framed(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A chunk in any valid notation, and its content, which may look like framing."""
    piece = draw(
        st.binary(min_size=1, max_size=8) | st.sampled_from([b"\r\n", b"1\r\nx\r\n", b"\n1\r\n", b"0\r\n\r\n"])
    )
    size = b"0" * draw(st.sampled_from([0, 1, 99, 100])) + b"%x" % len(piece)
    return size + draw(st.sampled_from([b"", b";x", b" ;x=1"])) + b"\r\n" + piece + b"\r\n", piece


@given(pieces=st.lists(framed(), max_size=40), cuts=st.lists(st.integers(1, 600)))
def test_tiny_chunks_are_put_together(pieces: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    """Runs of tiny chunks, read in one step, among other chunks."""
    data = b"".join(chunk for chunk, _ in pieces) + b"0\r\n\r\n"
    assert taken(data, cuts) == b"".join(piece for _, piece in pieces)


def outcome(data: bytes, cuts: list[int]) -> bytes | None:
    """The content of these bytes with a small allowance of framing; None if they are refused."""
    chunks, body = Chunks(most_framing=60), b""
    try:
        for start, end in itertools.pairwise([0, *cuts, len(data)]):
            body += chunks.add(data[start:end])
    except Problem:
        return None
    return body


@given(pieces=st.lists(framed(), max_size=60), cuts=st.lists(st.integers(1, 600)))
def test_no_cut_makes_a_difference_to_a_refusal(pieces: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    """The refusal depends on the bytes until the end of a chunk, not on the cuts."""
    data = b"".join(chunk for chunk, _ in pieces) + b"0\r\n\r\n"
    at_once = outcome(data, [])
    assert outcome(data, sorted(cut for cut in cuts if cut < len(data))) == at_once
    assert outcome(data, list(range(1, len(data)))) == at_once


def refusal_of(data: bytes, step: int) -> int | None:
    """The position behind the piece with which these bytes are refused; None if they are not."""
    chunks = Chunks()
    for position in range(0, len(data), step):
        try:
            chunks.add(data[position : position + step])
        except Problem:
            return position + step
    return None


FAT = {
    "up and down": b"1\r\nx\r\n" * 20 + b"F\r\n123456789abcdef\r\n",
    "a byte each": b"1\r\nx\r\n",
    "zeros": b"00005\r\n12345\r\n",
    "one to four bytes": b"2\r\n\r\n\r\n4\r\n1\r\nx\r\n1\r\n\n\r\n",
    "an extension": b"f;" + b"x" * 100 + b"\r\n" + b"a" * 15 + b"\r\n",
    "large and small": b"1\r\nx\r\n" * 3 + b"8\r\n12345678\r\n",
}


@pytest.mark.parametrize("name", FAT)
@pytest.mark.parametrize("step", [3, 64, 1 << 30])
def test_framing_may_exceed_what_it_holds_by_so_much(name: str, step: int) -> None:
    """The allowance of framing is exact, whatever follows and however the bytes are cut."""
    chunk = FAT[name]
    held = len(taken(chunk + b"0\r\n\r\n", []))
    odd = ODD_LINE if name in ("zeros", "an extension") else 0
    peak = 10 if name == "up and down" else 7 if name == "large and small" else 0  # Before the last, large chunk.
    most = (MOST_FRAMING - peak) // (len(chunk) - 2 * held + odd)
    assert refusal_of(chunk * most + b"0\r\n\r\n", step) is None
    data = chunk * (most + 1)
    assert refusal_of(data + b"20000\r\n" + b" " * 0x20000 + b"\r\n0\r\n\r\n", step) is not None
    assert refusal_of(data, step) == refusal_of(data + chunk * 1000, step)


def test_framing_may_grow_with_what_it_holds() -> None:
    """A megabyte in chunks of eight bytes is accepted."""
    assert taken(b"8\r\n12345678\r\n" * 131_072 + b"0\r\n\r\n", [1000, 900_000]) == b"12345678" * 131_072


@pytest.mark.parametrize("name", FAT)
def test_chunks_take_few_steps(name: str) -> None:
    """The number of Python lines and calls for 64 KiB is bounded, and independent of the count of the tiniest chunks.
    Steps are counted because times vary."""
    data, steps = FAT[name] * (65_536 // len(FAT[name])), 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        with contextlib.suppress(Problem):
            Chunks().add(data)
    finally:
        sys.setprofile(before)
    assert steps < (100 if name in ("a byte each", "one to four bytes") else 8 * data.count(b"\r\n"))


@pytest.mark.parametrize(
    "data",
    [
        *(size + b"\r\nab\r\n0\r\n\r\n" for size in (b"-6", b"+2", b"0x2", b"0_2", b"", b"z", b"f" * 17, b"2 ", b" 2")),
        b"2\nab\r\n0\r\n\r\n",
        b"2;a=b\nab\r\n0\r\n\r\n",
        b"2;a\nb\r\nab\r\n0\r\n\r\n",
        b"2;\0\r\nab\r\n",
        b"2\r\nabc\r\n",
        b"2\r\nab\n",
        b"1" + b";" * LONGEST_LINE,
        b"0\r\nno field\r\n\r\n",
        b"0" * LONGEST_LINE + b"2\r\nab\r\n",
        b"0\r\n" + b"a: b\r\n" * MOST_TRAILERS,
        b"0\r\n" + b"a: b\r\n" * MOST_TRAILERS + b"\r\n",
    ],
)
def test_what_is_no_chunk_is_refused_at_once(data: bytes) -> None:
    """Invalid framing is 400 at once; a negative size must not move the position back."""
    with pytest.raises(Problem) as refused:
        Chunks().add(data)
    assert refused.value.kind == "bad-request"

"""Chunked bodies, and what is none."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.chunks import LONGEST_LINE, MOST_TRAILERS, Chunks
from service.problem import Problem


def taken(data: bytes, cuts: list[int]) -> bytes:
    """What the chunks hold, however they are cut."""
    chunks, body = Chunks(), b""
    for start, end in itertools.pairwise([0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]):
        body += chunks.add(data[start:end])
    assert chunks.is_whole
    return body


@given(pieces=st.lists(st.binary(min_size=1, max_size=20), max_size=20), cuts=st.lists(st.integers(1, 300)))
def test_chunks_are_put_together(pieces: list[bytes], cuts: list[int]) -> None:
    """Trailers behind them are dropped."""
    data = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nA: b\r\n\r\n"
    assert taken(data, cuts) == b"".join(pieces)


@pytest.mark.parametrize(
    "data",
    [
        *(size + b"\r\nab\r\n0\r\n\r\n" for size in (b"-6", b"+2", b"0x2", b"0_2", b"", b"z", b"f" * 17, b"2 ", b" 2")),
        b"2\nab\r\n0\r\n\r\n",
        b"2;\0\r\nab\r\n",
        b"2\r\nabc\r\n",
        b"2\r\nab\n",
        b"1" + b";" * LONGEST_LINE,
        b"0\r\nno field\r\n\r\n",
        b"0\r\n" + b"a: b\r\n" * MOST_TRAILERS,
    ],
)
def test_what_is_no_chunk_is_refused_at_once(data: bytes) -> None:
    """400, whatever follows; a negative size may not send anybody backwards for ever."""
    with pytest.raises(Problem) as refused:
        Chunks().add(data)
    assert refused.value.kind == "bad-request"

"""The bytes of a request, however they are cut on their way."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve_flask.arrival import CONTINUE, Arrival
from service.wire import MAX_FIELDS

MAX_HEAD = 64 * 1024
MAX_BODY = 1000
START = b"POST /predict HTTP/1.1\r\nHost: here\r\n"
WHOLE = {
    "no body": b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
    "a length": START + b"Content-Length: 5\r\n\r\nhello",
    "a length of none": START + b"content-length:0\r\n\r\n",
    "chunks": START + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=1\r\nyou\r\n0\r\n\r\n",
    "a chunk that looks like an end": START + b"Transfer-Encoding: chunked\r\n\r\n7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
    "trailers": START + b"Transfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n",
    "an expectation": START + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    "an expectation in another case": START + b"EXPECT:100-Continue \r\nContent-Length: 2\r\n\r\n{}",
}


def arrive(data: bytes, cuts: list[int]) -> tuple[list[bool], bytes, bytes]:
    """Bytes in pieces: was it whole after each, what the client was sent, and what the parser behind will read."""
    arrival = Arrival(MAX_HEAD, MAX_BODY)
    places = [0, *sorted(cuts), len(data)]
    states, sent = [], b""
    for start, end in itertools.pairwise(places):
        sent += arrival.add(data[start:end])
        states.append(arrival.is_whole())
    return states, sent, arrival.request()


@given(name=st.sampled_from(sorted(WHOLE)), cuts=st.lists(st.integers(1, 60), max_size=6))
def test_any_split_has_the_same_outcome(name: str, cuts: list[int]) -> None:
    """Whole at the last byte and not before; the same bytes are handed on and the same answer is given meanwhile."""
    data = WHOLE[name]
    inside = [cut for cut in cuts if cut < len(data)]
    states, sent, handed_on = arrive(data, inside)
    assert (sent, handed_on) == arrive(data, [])[1:]
    assert states[-1]
    assert not any(states[:-1])


@given(name=st.sampled_from(sorted(WHOLE)))
def test_byte_by_byte_is_a_split_too(name: str) -> None:
    """The finest."""
    data = WHOLE[name]
    states, sent, handed_on = arrive(data, list(range(1, len(data))))
    assert states.index(True) == len(data) - 1
    assert (sent, handed_on) == arrive(data, [])[1:]


def test_an_expectation_is_answered_once_and_taken_out() -> None:
    """So that nobody behind answers it again."""
    _, sent, handed_on = arrive(WHOLE["an expectation"], [])
    assert sent == CONTINUE
    assert b"Expect" not in handed_on
    assert handed_on == WHOLE["a length"]


def test_nobody_is_asked_for_what_is_too_large() -> None:
    """A length over the limit is whole at once: it will be refused."""
    states, sent, _ = arrive(START + b"Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n", [])
    assert (states, sent) == ([True], b"")


@given(junk=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_any_bytes_are_taken(junk: bytes, cuts: list[int]) -> None:
    """Whatever it is, the parser behind may look at it; here nothing fails."""
    arrive(START + b"Transfer-Encoding: chunked\r\n\r\n" + junk, [cut for cut in cuts if cut <= len(junk)])
    arrive(junk, [cut for cut in cuts if cut <= len(junk)])


def test_an_endless_head_is_too_large() -> None:
    """And is told as soon as it is."""
    arrival = Arrival(MAX_HEAD, MAX_BODY)
    arrival.add(b"GET / HTTP/1.1\r\nX: " + b"a" * 60_000)
    assert not arrival.head_too_large
    arrival.add(b"a" * 10_000)
    assert arrival.head_too_large


def test_endless_chunks_are_whole_once_they_are_too_much() -> None:
    """So that they are refused rather than stored."""
    arrival = Arrival(MAX_HEAD, MAX_BODY)
    arrival.add(START + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        arrival.add(b"400\r\n" + b"a" * 1024 + b"\r\n")
    assert arrival.is_whole()


@given(size=st.integers(1, 3 * MAX_BODY), length=st.integers(0, 4 * MAX_BODY))
def test_of_too_much_in_chunks_nothing_but_the_length_is_told(size: int, length: int) -> None:
    """However much has come: else the parser behind would find that it ended early, and not that it is too large."""
    chunks = b"%x\r\n%s\r\n" % (size, b"a" * size) * (MAX_BODY // size + 4)
    arrival = Arrival(MAX_HEAD, MAX_BODY)
    arrival.add(START + b"Transfer-Encoding: chunked\r\n\r\n" + chunks[:length])
    if not arrival.is_whole():
        arrival.add(chunks[length:])
        assert arrival.is_whole()
    head, told, rest = arrival.request().partition(b"Content-Length: ")
    assert (head, told) == (START, b"Content-Length: ")
    assert int(rest) > MAX_BODY
    assert rest.endswith(b"\r\n\r\n")


def test_a_chunk_size_that_is_no_number_counts_as_whole() -> None:
    """The parser behind refuses it."""
    arrival = Arrival(MAX_HEAD, MAX_BODY)
    arrival.add(START + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n")
    assert arrival.is_whole()


@pytest.mark.parametrize("size", [b"-6", b"+2", b"0x2", b"0_2", b"", b"z", b"f" * 17])
def test_a_chunk_size_that_is_none_counts_as_whole(size: bytes) -> None:
    """The parser behind refuses it; a negative one may not send this loop backwards for ever."""
    arrival = Arrival(MAX_HEAD, MAX_BODY)
    arrival.add(START + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n\r\n")
    assert arrival.is_whole()


def test_a_head_of_too_many_fields_is_too_large() -> None:
    """As at the other door."""
    arrival = Arrival(MAX_HEAD, MAX_BODY)
    arrival.add(START + b"A: b\r\n" * MAX_FIELDS + b"\r\n")
    assert arrival.head_too_large


@given(chunks=st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=20), cuts=st.lists(st.integers(1, 200)))
def test_many_chunks_reach_the_parser_as_one(chunks: list[bytes], cuts: list[int]) -> None:
    """However they are cut; trailers stay behind them."""
    head = START + b"Transfer-Encoding: chunked\r\n\r\n"
    data = head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\nA: b\r\n\r\n"
    arrival = Arrival(MAX_HEAD, MAX_BODY)
    for start, end in itertools.pairwise([0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]):
        arrival.add(data[start:end])
        arrival.is_whole()
    whole = b"".join(chunks)
    assert arrival.is_whole()
    assert arrival.request() == head + b"%x\r\n%s\r\n0\r\nA: b\r\n\r\n" % (len(whole), whole)


def test_a_faulty_chunk_is_left_to_the_parser() -> None:
    """Behind the good ones, as it came."""
    head = START + b"Transfer-Encoding: chunked\r\n\r\n"
    arrival = Arrival(MAX_HEAD, MAX_BODY)
    arrival.add(head + b"1\r\na\r\n1\r\nb\r\n2\r\nabXX0\r\n\r\n")
    assert arrival.is_whole()
    assert arrival.request() == head + b"2\r\nab\r\n2\r\nabXX0\r\n\r\n"

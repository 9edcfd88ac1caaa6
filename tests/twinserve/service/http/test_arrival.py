"""The bytes of a request, cut in any way."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinserve.service.http.arrival import Arrival
from twinserve.service.http.head import MAX_FIELDS

MAX_HEAD = 64 * 1024
START = b"POST /predict HTTP/1.1\r\nHost: here\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"
BEHIND = b"GET / HTTP/1.1\r\n"
WHOLE = {
    "no body": (b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", b""),
    "an empty line before": (b"\r\nGET / HTTP/1.1\r\nHost: here\r\n\r\n", b""),
    "a length": (START + b"Content-Length: 5\r\n\r\nhello", b"hello"),
    "a length of none": (START + b"content-length:0\r\n\r\n", b""),
    "chunks": (CHUNKED + b"5\r\nhello\r\n3;x=1\r\nyou\r\n0\r\n\r\n", b"helloyou"),
    "a chunk that looks like an end": (CHUNKED + b"7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", b"\r\n0\r\n\r\n"),
    "a long size": (CHUNKED + b"0000000000000000000000001\r\nx\r\n0\r\n\r\n", b"x"),
    "trailers": (CHUNKED + b"1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", b"x"),
    "an expectation": (START + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
}
each = pytest.mark.parametrize("name", WHOLE)


def status_of(arrival: Arrival) -> int | None:
    """The status of the refusal; None if there is none."""
    return None if arrival.problem is None else int(arrival.problem.status)


def arrive(data: bytes, cuts: list[int]) -> tuple[Arrival, bytes, list[bool]]:
    """Feed bytes in pieces: the parts of the body, and whether it was complete after each."""
    arrival, body, states = Arrival(MAX_HEAD), b"", list[bool]()
    for start, end in itertools.pairwise([0, *sorted(cuts), len(data)]):
        if arrival.problem is None and not arrival.is_whole:
            body += arrival.add(data[:end], start)
        states.append(arrival.is_whole)
    return arrival, body, states


@given(name=st.sampled_from(sorted(WHOLE)), cuts=st.lists(st.integers(1, 90), max_size=6))
def test_any_split_has_the_same_outcome(name: str, cuts: list[int]) -> None:
    """The body is complete at its last byte, and equal for all cuts."""
    data, expected = WHOLE[name]
    arrival, body, states = arrive(data, [cut for cut in cuts if cut < len(data)])
    assert (body, arrival.problem, arrival.rest) == (expected, None, 0)
    assert states[-1]
    assert not any(states[:-1])


@each
def test_byte_by_byte_is_a_split_too(name: str) -> None:
    """A request may come byte by byte."""
    data, expected = WHOLE[name]
    arrival, body, states = arrive(data, list(range(1, len(data))))
    assert (body, states.index(True), arrival.problem) == (expected, len(data) - 1, None)


@each
def test_what_follows_is_left(name: str) -> None:
    """The bytes behind a request are left for the next one."""
    data, expected = WHOLE[name]
    arrival = Arrival(MAX_HEAD)
    assert arrival.add(data + BEHIND) == expected
    assert (arrival.is_whole, arrival.rest) == (True, len(BEHIND))


@given(junk=st.binary(max_size=300), cuts=st.lists(st.integers(0, 400), max_size=5))
def test_any_bytes_are_taken(junk: bytes, cuts: list[int]) -> None:
    """Any bytes are a request, a part of one or a refusal, the same for all cuts."""
    for data in (junk, CHUNKED + junk):
        arrival, body, _ = arrive(data, [cut for cut in cuts if cut <= len(data)])
        once, at_once, _ = arrive(data, [])
        assert status_of(arrival) == status_of(once)
        if once.problem is None:
            assert body == at_once


@pytest.mark.parametrize("data", [b"", b"\r", b"\r\n", b"\r\n\r"])
def test_one_empty_line_begins_nothing(data: bytes) -> None:
    """An empty line, or a part of it, does not begin a request."""
    for cuts in (list[int](), list(range(1, len(data)))):
        arrival, _, _ = arrive(data, cuts)
        assert (arrival.has_begun, arrival.problem, arrival.is_whole) == (False, None, False)
        arrival.add(b"G" if data[-1:] != b"\r" else b"\n")
        assert arrival.has_begun is (data != b"\r")


def test_a_second_empty_line_is_no_head() -> None:
    """A second empty line is refused; otherwise a client could send them for ever."""
    data = b"\r\n\r\n" + WHOLE["no body"][0]
    for cuts in ([], [1], [2], [3], list(range(1, len(data)))):
        assert status_of(arrive(data, cuts)[0]) == 400


def test_an_endless_head_is_too_large() -> None:
    """A head is 431 as soon as it exceeds the limit."""
    arrival = Arrival(MAX_HEAD)
    arrival.add(b"GET / HTTP/1.1\r\nX: " + b"a" * 60_000)
    assert status_of(arrival) is None
    arrival.add(b"a" * 10_000)
    assert status_of(arrival) == 431


def test_a_head_of_too_many_fields_is_too_large() -> None:
    """One field more than the limit is 431."""
    for number, status in ((MAX_FIELDS - 1, None), (MAX_FIELDS, 431)):
        arrival = Arrival(MAX_HEAD)
        arrival.add(START + b"A: b\r\n" * number + b"\r\n")
        assert status_of(arrival) == status


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01", b"SSH-2.0\r\n", b"GET / HTTP/1.1\n", b"GET /\r\n", b"GET / HTTP/1.1\rX", b"a\0"]
)
def test_what_can_become_no_head_is_refused_before_its_end(junk: bytes) -> None:
    """Bytes that cannot begin a head are refused at once."""
    arrival = Arrival(MAX_HEAD)
    arrival.add(junk)
    assert status_of(arrival) == 400

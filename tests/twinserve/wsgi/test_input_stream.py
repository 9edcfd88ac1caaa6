"""A body ends where the request says, whatever the stream of the server does there."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import pytest

from twinserve.service.http.problem import Problem
from twinserve.wsgi.input_stream import input_stream


class Failing:
    """The stream of a server that raises this exception."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, _size: int, /) -> bytes:
        """Fail."""
        raise self._error


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"CONTENT_LENGTH": "5"}, b"abcde"),
        ({"CONTENT_LENGTH": " 5 "}, b"abcde"),
        ({"CONTENT_LENGTH": "0"}, b""),
        ({"CONTENT_LENGTH": ""}, b""),
        ({"CONTENT_LENGTH": "-1"}, b""),
        ({"CONTENT_LENGTH": "²"}, b""),
        ({}, b""),
        ({"HTTP_TRANSFER_ENCODING": "Chunked", "CONTENT_LENGTH": "5"}, b""),
        ({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}, b"abcdefg"),
        ({"CONTENT_LENGTH": "5", "wsgi.input_terminated": True}, b"abcdefg"),
    ],
)
def test_a_body_ends_where_its_length_or_its_server_says(given: Mapping[str, object], expected: bytes) -> None:
    """Where neither says it, there is none: reading on could wait for ever."""
    stream = input_stream({"wsgi.input": BytesIO(b"abcdefg"), **given})
    assert stream.read(-1) == expected


def test_pieces_are_as_large_as_was_asked_for() -> None:
    stream = input_stream({"wsgi.input": BytesIO(b"abcdefg"), "CONTENT_LENGTH": "5"})
    assert [stream.read(3), stream.read(3), stream.read(3)] == [b"abc", b"de", b""]


@pytest.mark.parametrize("stream", [BytesIO(b"abc"), Failing(OSError()), Failing(ValueError())])
def test_a_client_that_leaves_early_is_a_problem(stream: object) -> None:
    """Whether the server ends the stream or raises."""
    body = input_stream({"wsgi.input": stream, "CONTENT_LENGTH": "5"})
    with pytest.raises(Problem, match="had arrived completely"):
        body.read(-1)


class BrokenChunk(Exception):
    """What a server may raise: no `OSError`."""


@pytest.mark.parametrize("error", [OSError(), BrokenChunk()])
def test_a_body_that_its_server_cannot_end_is_a_problem(error: Exception) -> None:
    """A chunk that is cut off or malformed is the caller's fault."""
    with pytest.raises(Problem, match="had arrived completely"):
        input_stream({"wsgi.input": Failing(error), "wsgi.input_terminated": True}).read(1)


@pytest.mark.parametrize("error", [TimeoutError(), MemoryError()])
def test_what_is_no_fault_of_the_caller_passes(error: Exception) -> None:
    """The answer is then 408, or 500."""
    with pytest.raises(type(error)):
        input_stream({"wsgi.input": Failing(error), "wsgi.input_terminated": True}).read(1)


def test_a_client_that_is_too_slow_has_not_left() -> None:
    """The answer is then 408."""
    with pytest.raises(TimeoutError):
        input_stream({"wsgi.input": Failing(TimeoutError()), "CONTENT_LENGTH": "5"}).read(1)

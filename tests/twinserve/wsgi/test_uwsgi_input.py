"""Under uWSGI a body without a length is read from uWSGI's own interface. `tests/hosts/` has the real server."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final

import pytest

from twinserve.service.http.problem import Problem
from twinserve.wsgi.input_stream import input_stream

CHUNKED: Final = {"uwsgi.version": b"2", "HTTP_TRANSFER_ENCODING": "chunked"}


class Uwsgi:
    """The module of that name; after its chunks it fails, as with a client that has gone."""

    def __init__(self, chunks: list[bytes], opt: Mapping[str, object]) -> None:
        self.opt = opt
        self._chunks: Iterator[bytes] = iter(chunks)

    def chunked_read(self) -> bytes:
        """The next chunk; empty at the end of the body."""
        for chunk in self._chunks:
            return chunk
        raise OSError


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that puts a server in place which receives these chunks."""

    def receive(*chunks: bytes, opt: Mapping[str, object]) -> None:
        monkeypatch.setitem(sys.modules, "uwsgi", Uwsgi(list(chunks), opt))

    return receive


def body(given: Mapping[str, object]) -> bytes:
    """The whole body of a request whose `wsgi.input` has other bytes."""
    return input_stream({"wsgi.input": BytesIO(b"other"), **given}).read(-1)


def test_the_chunks_are_read_until_the_last_one(sent: Any) -> None:
    """In pieces of the size that was asked for."""
    sent(b"abcde", b"fg", b"", opt={"http-chunked-input": True})
    stream = input_stream({"wsgi.input": BytesIO(), **CHUNKED})
    assert [stream.read(3) for _ in range(5)] == [b"abc", b"de", b"fg", b"", b""]
    sent(b"abcde", b"fg", b"", opt={"http-chunked-input": True})
    assert body(CHUNKED) == b"abcdefg"


def test_a_body_that_does_not_end_is_a_client_that_has_gone(sent: Any) -> None:
    sent(b"abcde", opt={"http-chunked-input": True})
    with pytest.raises(Problem, match="had arrived completely"):
        body(CHUNKED)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({**CHUNKED, "CONTENT_LENGTH": "5"}, b""),
        ({**CHUNKED, "wsgi.input_terminated": True}, b"other"),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, b""),
        ({"uwsgi.version": b"2"}, b""),
    ],
    ids=["a length as well", "read by the host", "another server", "no body"],
)
def test_every_other_body_is_that_of_wsgi(sent: Any, given: Mapping[str, object], expected: bytes) -> None:
    sent(b"abcde", b"", opt={"http-chunked-input": True})
    assert body(given) == expected


def test_without_the_option_no_chunk_is_waited_for(sent: Any) -> None:
    sent(b"abcde", b"", opt={})
    assert body(CHUNKED) == b""

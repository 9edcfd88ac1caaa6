"""A body within a Django project, wherever the server or a middleware has left it."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO, RawIOBase
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from serve_django.app import set_up
from serve_django.reading import Body
from twinserve.service.http.problem import Problem

set_up()


class Failing(RawIOBase):
    """The stream of a server that raises this exception."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def read(self, _size: int = -1, /) -> bytes:
        """Fail."""
        raise self._error


def request_of(stream: Any, given: Mapping[str, Any]) -> WSGIRequest:
    """A request with this body."""
    environ = RequestFactory().get("/").environ
    environ.pop("CONTENT_LENGTH", None)
    return WSGIRequest({**environ, "wsgi.input": stream, **given})


@pytest.mark.parametrize("is_read", [False, True])
def test_a_body_is_read_whether_a_middleware_has_read_it_or_not(is_read: bool) -> None:
    request = request_of(BytesIO(b"abcdefg"), {"CONTENT_LENGTH": "5"})
    if is_read:
        assert request.body == b"abcde"
    body = Body(request)
    assert [body.read(3), body.read(3), body.read(3)] == [b"abc", b"de", b""]


def test_a_body_in_chunks_is_read_where_the_server_ends_it() -> None:
    """Django itself finds it empty, also where a middleware asks."""
    request = request_of(BytesIO(b"abcdefg"), {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True})
    assert request.body == b""
    assert Body(request).read() == b"abcdefg"


@pytest.mark.parametrize("stream", [BytesIO(b"abc"), Failing(OSError())])
def test_a_client_that_leaves_early_is_a_problem(stream: Any) -> None:
    with pytest.raises(Problem, match="had arrived completely"):
        Body(request_of(stream, {"CONTENT_LENGTH": "5"})).read()


def test_a_client_that_is_too_slow_has_not_left() -> None:
    """Django has one name for both; the answer is then 408."""
    with pytest.raises(TimeoutError):
        Body(request_of(Failing(TimeoutError()), {"CONTENT_LENGTH": "5"})).read()

"""A body within a host app: the server's refusals become problems; the app's refusals stay the app's."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from serve_fastapi.reading import Body
from twinserve.service.http.problem import Problem, bad_request


def body_of(error: Exception) -> Body:
    """The body of a request whose server raises this exception when it is read."""

    async def receive() -> Message:
        raise error

    return Body(Request({"type": "http", "method": "POST", "headers": []}, receive))


def test_a_refusal_of_the_server_is_not_taken_for_one_of_the_app() -> None:
    body = body_of(bad_request("No."))
    with pytest.raises(Problem):
        asyncio.run(body.receive())
    assert body.failure is None


def test_a_limit_of_the_app_is_kept_as_its_own() -> None:
    error = RuntimeError("too much")
    body = body_of(error)
    with pytest.raises(RuntimeError):
        asyncio.run(body.receive())
    assert body.failure is error

"""Refusals of what never became a request."""

from __future__ import annotations

import json
import re

import pytest

from service.problem import incomplete_body
from service.settings import Settings
from service.wire import head_too_large, refusal, too_slow

SETTINGS = Settings()
REFUSALS = {"408": too_slow(SETTINGS), "431": head_too_large(SETTINGS), "400": incomplete_body()}


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_carries_what_every_response_does(status: str) -> None:
    """As docs/contract.md has it; only their values are not a request's own."""
    head, _, body = refusal(REFUSALS[status]).partition(b"\r\n\r\n")
    start, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert start.startswith(f"HTTP/1.1 {status} ")
    assert headers.pop("X-Request-Id").encode() in body
    assert headers == {
        "Server-Timing": "total;dur=0.000",
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


@pytest.mark.parametrize(("given", "is_taken"), [("abc", True), ("a b", False), ("", False), ("a" * 65, False)])
def test_a_refusal_carries_the_id_that_the_request_brought(given: str, is_taken: bool) -> None:
    """If it is one, as every answer does; in the header and as the problem's instance."""
    head, _, body = refusal(incomplete_body(), given).partition(b"\r\n\r\n")
    (sent,) = re.findall(r"X-Request-Id: (\S+)", head.decode())
    assert json.loads(body)["instance"] == sent
    assert (sent == given) is is_taken

"""Refusals that a server sends itself."""

from __future__ import annotations

import json

import pytest
from structlog.testing import capture_logs

from twinserve.service.http.arrival import head_too_large
from twinserve.service.http.head import too_many_fields
from twinserve.service.http.problem import bad_request, incomplete_body, not_implemented, unavailable
from twinserve.service.raw_refusals import refusal, too_slow
from twinserve.service.settings import Settings
from twinserve.testing.fakes import service_of

SETTINGS = Settings()
REFUSALS = {
    "408": too_slow(SETTINGS),
    "431": head_too_large(SETTINGS.max_head),
    "431 ": too_many_fields(),
    "400": incomplete_body(),
    "400 ": bad_request("No."),
    "501": not_implemented("No."),
    "503": unavailable("No."),
}


def parts(data: bytes) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers and body of a response."""
    head, _, body = data.partition(b"\r\n\r\n")
    start, *lines = head.decode().split("\r\n")
    return start, dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_carries_what_every_response_does(status: str) -> None:
    """A refusal has the headers of docs/contract.md."""
    start, headers, body = parts(refusal(REFUSALS[status], service_of().begin_unseen()))
    assert start.startswith(f"HTTP/1.1 {status.strip()} ")
    assert headers.pop("X-Request-Id").encode() in body
    assert headers.pop("Server-Timing").startswith("total;dur=")
    headers.pop("Retry-After", None)
    assert headers == {
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def test_a_refusal_is_counted_and_logged_like_any_answer() -> None:
    """A refusal is counted once under `unknown`; nothing of the request is logged."""
    service = service_of(access_log=True)
    with capture_logs() as lines:
        _, headers, _ = parts(refusal(bad_request("No."), service.begin_unseen()))
    (line,) = lines
    assert line["request_id"] == headers["X-Request-Id"]
    assert (line["event"], line["method"], line["path"], line["status"]) == ("request", "-", "-", 400)
    text = service.metrics.render().decode()
    assert 'twinserve_requests_total{method="OTHER",route="unknown",status="400"} 1.0' in text


def test_a_refusal_within_an_exchange_bears_its_id() -> None:
    """A refusal within an exchange has its request id in header and body."""
    exchange = service_of().begin("predict", "POST", "/predict", "http", {"x-request-id": "abc"}.get)
    _, headers, body = parts(refusal(incomplete_body(), exchange))
    assert (headers["X-Request-Id"], json.loads(body)["instance"]) == ("abc", "abc")


def test_a_fault_says_nothing_of_itself() -> None:
    """A 500 has nothing of the exception."""
    start, _, body = parts(refusal(ValueError("secret"), service_of().begin_unseen()))
    assert start.startswith("HTTP/1.1 500 ")
    assert b"secret" not in body

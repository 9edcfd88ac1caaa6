"""Errors: every refusal is a problem (RFC 9457) of one shape, whether the service or a framework refuses.

Specification. A 4xx is an error of the request, a 5xx one of the service. The body is `application/problem+json`
(RFC 9457), an object with exactly these members in this order:

- `type`      `urn:twinserve:problem:<kind>`; each kind has one status and one title
- `title`     the name of the kind, always the same
- `status`    the status, a number
- `detail`    one or more sentences on this occurrence
- `instance`  the request id, as in `X-Request-Id`
- `errors`    a list of `{"pointer", "code", "detail"}`; empty but for `invalid-input`

405 and 503 carry `Allow` and `Retry-After`; 408, 413, 431 and a body that ended early end the connection. Nothing holds
a submitted value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import pytest

from twinserve.service.http.problem import KINDS
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON, REQUEST_ID, Client
from twinserve.testing.contract.suite import Suite

MARKER: Final = "Zq7xMarker"
NUMBER: Final = 918273.645546
RequestParts = tuple[str, str, bytes, Mapping[str, str]]
"""Method, path, body and headers."""
REQUESTS: Final[Mapping[str, RequestParts]] = {
    "malformed-json": ("POST", "/predict", b"{", JSON),
    "method-not-allowed": ("DELETE", "/model", b"", {}),
    "unsupported-media-type": ("POST", "/predict", b"{}", {"Content-Type": "text/plain"}),
    "invalid-input": ("POST", "/predict", b"5", JSON),
}
"""Requests that a service of any model refuses, by the kind of the problem."""
VALID_IDS: Final = ("a", "A.b_c-9", "0" * 64, "....", "-", "2f1c4b7e-8a0d-4d39-9d25-1f0f5a2f6f6c")
INVALID_IDS: Final = ("", " ", "0" * 65, "a b", "a/b", "a\tb", "<script>", '"', "a,b", "a;b", "%41", "a\x7f", "{}")


def require_problem(answer: Answer, kind: str) -> None:
    """Check an answer to a request with `REQUEST_ID` against the specification above."""
    status, title = KINDS[kind]
    body = answer.json()
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json", "an error must be `application/problem+json`"
    assert answer.headers["X-Request-Id"] == REQUEST_ID, "the reply must have the X-Request-Id of the request"
    assert list(body) == ["type", "title", "status", "detail", "instance", "errors"]
    assert body["type"] == f"urn:twinserve:problem:{kind}"
    assert (body["title"], body["status"], body["instance"]) == (title, status, REQUEST_ID)
    assert re.fullmatch(r"[A-Z0-9].*\.", body["detail"]), "`detail` must be a sentence"
    assert bool(body["errors"]) == (kind == "invalid-input"), "only `invalid-input` has `errors`"
    assert all(list(error) == ["pointer", "code", "detail"] for error in body["errors"])
    assert ("Allow" in answer.headers) == (kind == "method-not-allowed"), "405, and no other, has Allow"
    assert ("Retry-After" in answer.headers) == (kind == "unavailable"), "503, and no other, has Retry-After"


class ProblemsContract(Suite):
    """Refusals of an app that mounts the paths of the contract."""

    @pytest.mark.parametrize("kind", REQUESTS)
    def test_every_refusal_is_a_problem(self, served: Client, kind: str) -> None:
        """Every refusal is a problem, also those that a framework would answer itself (405)."""
        require_problem(served.send(*REQUESTS[kind]), kind)

    @pytest.mark.parametrize("kind", REQUESTS)
    def test_a_problem_is_never_stored_nor_sniffed(self, served: Client, kind: str) -> None:
        """A problem has `Cache-Control: no-store` and `X-Content-Type-Options: nosniff`."""
        answer = served.send(*REQUESTS[kind])
        assert answer.headers["Cache-Control"] == "no-store", "every reply needs `Cache-Control: no-store`"
        assert answer.headers["X-Content-Type-Options"] == "nosniff", "every reply needs X-Content-Type-Options"

    @pytest.mark.parametrize(
        "body",
        [
            f'{{"maker":"{MARKER}"',
            f'{{"{MARKER}":1,"{MARKER}":2}}',
            f'{{"a":{MARKER}}}',
            f"{MARKER}",
            f'["{MARKER}\\x"]',
            f'["\\ud800{MARKER}"]',
            f"[918273.645546.1,{NUMBER}]",
        ],
    )
    def test_a_400_does_not_repeat_the_body(self, served: Client, body: str) -> None:
        """A 400 holds no part of the malformed body."""
        answer = served.predict(body.encode())
        assert answer.status == 400
        assert MARKER.encode() not in answer.body
        assert b"918273" not in answer.body

    def test_a_refusal_does_not_repeat_header_query_or_method(self, served: Client) -> None:
        """A refusal holds no header, query or method that was sent."""
        refused = [
            served.predict(b"{}", {"Content-Type": f"application/{MARKER}"}),
            served.predict(b"{}", {**JSON, "Content-Encoding": MARKER}),
            served.send("PUT", f"/schema?{MARKER}=1", headers={"Cookie": MARKER, "Accept": MARKER}),
            served.send(MARKER.upper(), "/predict"),
        ]
        for answer in refused:
            assert answer.status >= 400
            assert MARKER.lower().encode() not in answer.body.lower()
            assert MARKER not in str(answer.headers)


class RepliesContract(Suite):
    """`X-Request-Id` and `Server-Timing` of every reply."""

    @pytest.mark.parametrize("given_id", VALID_IDS)
    @pytest.mark.parametrize(("method", "path"), [("GET", "/health/live"), ("PUT", "/health/live")])
    def test_a_valid_request_id_is_kept(self, served: Client, method: str, path: str, given_id: str) -> None:
        """A valid `X-Request-Id` is repeated in the reply's header and as `instance` of a problem."""
        answer = served.send(method, path, headers={"X-Request-Id": given_id})
        assert answer.headers["X-Request-Id"] == given_id, "a valid X-Request-Id must be kept"
        assert answer.json().get("instance", given_id) == given_id

    @pytest.mark.parametrize("given_id", INVALID_IDS)
    def test_an_invalid_request_id_is_replaced(self, served: Client, given_id: str) -> None:
        """An invalid `X-Request-Id` is replaced by a new id of 32 hexadecimal digits."""
        answers = [served.send("PUT", "/model", headers={"X-Request-Id": given_id}) for _ in range(2)]
        ours = [answer.headers["X-Request-Id"] for answer in answers]
        assert [answer.json()["instance"] for answer in answers] == ours
        assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in ours)
        assert ours[0] != ours[1]

    @pytest.mark.parametrize(
        ("method", "path"), [("GET", "/model"), ("POST", "/predict"), ("PUT", "/model"), ("OPTIONS", "/")]
    )
    def test_every_reply_has_server_timing(self, served: Client, instance: Any, method: str, path: str) -> None:
        """Every reply has `Server-Timing` in milliseconds, and one `X-Request-Id`."""
        body = json.dumps(instance).encode() if method == "POST" else b""
        headers = served.send(method, path, body, JSON).headers
        assert re.fullmatch(r"total;dur=[0-9]+\.[0-9]{3}", headers["Server-Timing"])
        assert len(headers.every("X-Request-Id")) == 1

"""The one shape of every error, whoever makes it.

Specification. The status says whose fault it is: 4xx the caller's, 5xx ours. The body is `application/problem+json`
(RFC 9457), an object with exactly these members in this order:

- `type`      `urn:twinserve:problem:<kind>`; each kind has one status and one title
- `title`     what this kind of problem is, the same every time
- `status`    the status, a number
- `detail`    one sentence, or a few, on this occurrence
- `instance`  the request's id, as in `X-Request-Id`
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
Asked = tuple[str, str, bytes, Mapping[str, str]]
"""Method, path, body and headers."""
REQUESTS: Final[Mapping[str, Asked]] = {
    "malformed-json": ("POST", "/predict", b"{", JSON),
    "method-not-allowed": ("DELETE", "/model", b"", {}),
    "unsupported-media-type": ("POST", "/predict", b"{}", {"Content-Type": "text/plain"}),
    "invalid-input": ("POST", "/predict", b"5", JSON),
}
"""Refused by any model."""
GOOD_IDS: Final = ("a", "A.b_c-9", "0" * 64, "....", "-", "2f1c4b7e-8a0d-4d39-9d25-1f0f5a2f6f6c")
BAD_IDS: Final = ("", " ", "0" * 65, "a b", "a/b", "a\tb", "<script>", '"', "a,b", "a;b", "%41", "a\x7f", "{}")


def require_problem(answer: Answer, kind: str) -> None:
    """Hold an answer to a request with the suite's own id against the specification above."""
    status, title = KINDS[kind]
    body = answer.json()
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"] == REQUEST_ID
    assert list(body) == ["type", "title", "status", "detail", "instance", "errors"]
    assert body["type"] == f"urn:twinserve:problem:{kind}"
    assert (body["title"], body["status"], body["instance"]) == (title, status, REQUEST_ID)
    assert re.fullmatch(r"[A-Z0-9].*\.", body["detail"])
    assert bool(body["errors"]) == (kind == "invalid-input")
    assert all(list(error) == ["pointer", "code", "detail"] for error in body["errors"])
    assert ("Allow" in answer.headers) == (kind == "method-not-allowed")
    assert ("Retry-After" in answer.headers) == (kind == "unavailable")


class ProblemsContract(Suite):
    """What any app with our paths in it refuses, and how."""

    @pytest.mark.parametrize("kind", REQUESTS)
    def test_every_refusal_has_the_one_shape(self, served: Client, kind: str) -> None:
        """What the frameworks would otherwise answer themselves included."""
        require_problem(served.send(*REQUESTS[kind]), kind)

    @pytest.mark.parametrize("kind", REQUESTS)
    def test_a_problem_is_never_stored_nor_sniffed(self, served: Client, kind: str) -> None:
        """As every reply, it says so."""
        answer = served.send(*REQUESTS[kind])
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

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
    def test_no_malformed_body_comes_back(self, served: Client, body: str) -> None:
        """Not even a piece of it."""
        answer = served.predict(body.encode())
        assert answer.status == 400
        assert MARKER.encode() not in answer.body
        assert b"918273" not in answer.body

    def test_no_header_query_or_method_comes_back(self, served: Client) -> None:
        """They are values of the caller's, too."""
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
    """The id and the time that each reply carries."""

    @pytest.mark.parametrize("given_id", GOOD_IDS)
    @pytest.mark.parametrize(("method", "path"), [("GET", "/health/live"), ("PUT", "/health/live")])
    def test_a_good_request_id_comes_back(self, served: Client, method: str, path: str, given_id: str) -> None:
        """The caller's own, in the header and in a problem's body."""
        answer = served.send(method, path, headers={"X-Request-Id": given_id})
        assert answer.headers["X-Request-Id"] == given_id
        assert answer.json().get("instance", given_id) == given_id

    @pytest.mark.parametrize("given_id", BAD_IDS)
    def test_a_bad_request_id_is_replaced(self, served: Client, given_id: str) -> None:
        """By one of ours, which is new each time."""
        answers = [served.send("PUT", "/model", headers={"X-Request-Id": given_id}) for _ in range(2)]
        ours = [answer.headers["X-Request-Id"] for answer in answers]
        assert [answer.json()["instance"] for answer in answers] == ours
        assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in ours)
        assert ours[0] != ours[1]

    @pytest.mark.parametrize(
        ("method", "path"), [("GET", "/model"), ("POST", "/predict"), ("PUT", "/model"), ("OPTIONS", "/")]
    )
    def test_every_reply_tells_how_long_it_took(self, served: Client, instance: Any, method: str, path: str) -> None:
        """`Server-Timing`, in milliseconds, once."""
        body = json.dumps(instance).encode() if method == "POST" else b""
        headers = served.send(method, path, body, JSON).headers
        assert re.fullmatch(r"total;dur=[0-9]+\.[0-9]{3}", headers["Server-Timing"])
        assert len(headers.every("X-Request-Id")) == 1

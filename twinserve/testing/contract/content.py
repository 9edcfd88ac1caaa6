"""Content-Type and Content-Encoding (415), the size of a body (413), and the order of all checks."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from twinserve.testing.client import JSON, Client, Serve
from twinserve.testing.contract.suite import OpenedSuite, Suite
from twinserve.testing.fakes import car, service_of

READ: Final = (
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "application/json ; charset=utf8",
    'application/json; charset="UTF-8"',
    "application/json; CHARSET=Utf-8",
    "application/json; charset=utf-8; version=1",
    'application/json; title="a;b=\\"c\\""',
    "application/json;",
    "application/json; ",
    "application/problem+json",
    "application/vnd.acme.v1+json; charset=utf-8",
    "image/svg+json",
)
REFUSED: Final = (
    *("", " ", ";", "application", "application/", "/json", "text/plain", "text/json", "text/html"),
    *("application/x-json", "application/jsonp", "application/json5", "application/xjson", "application/json-seq"),
    *("application/+json", "+json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
    *("application/octet-stream", "*/*", "application/*", "application/json, text/plain"),
    "text/plain; application/json",
    "application/json; charset=latin-1",
    "application/json; charset=utf-16",
    "application/json; charset=",
    'application/json; charset=""',
    'application/json; charset="utf-8',
    "application/json; charset=utf-8; charset=latin-1",
    "application/json charset=utf-8",
    "application/json; =utf-8",
    "application/ json",
    "application /json",
    "application/json/x",
)
LARGEST: Final = 8 * 1024 * 1024
"""The default of `max_body`, in bytes."""


class ContentContract(Suite):
    """Content-Type and Content-Encoding."""

    @pytest.mark.parametrize("content_type", READ)
    def test_every_json_media_type_is_accepted(self, served: Client, instance: Any, content_type: str) -> None:
        """`application/json` and `*/*+json` are accepted, in any case, with `charset=utf-8` and any other parameter."""
        answer = served.predict(instance, {"Content-Type": content_type})
        assert answer.status == 200, f"Content-Type {content_type!r} is JSON and must be accepted"

    @pytest.mark.parametrize("content_type", REFUSED)
    def test_any_other_content_type_is_415(self, served: Client, instance: Any, content_type: str) -> None:
        """Any other Content-Type is refused with 415, even if the body is JSON."""
        answer = served.predict(instance, {"Content-Type": content_type})
        assert (answer.status, answer.json()["type"]) == (415, "urn:twinserve:problem:unsupported-media-type")

    def test_a_missing_content_type_is_415(self, served: Client, instance: Any) -> None:
        """A body without a Content-Type is refused with 415."""
        assert served.predict(instance, {}).status == 415, "a body without a Content-Type must be refused"

    @pytest.mark.parametrize("encoding", ["identity", "Identity", "IDENTITY", " identity "])
    def test_the_encoding_identity_is_accepted(self, served: Client, instance: Any, encoding: str) -> None:
        """`Content-Encoding: identity` is accepted, in any case."""
        assert served.predict(instance, {**JSON, "Content-Encoding": encoding}).status == 200

    @pytest.mark.parametrize(
        "encoding", ["gzip", "deflate", "br", "zstd", "x-gzip", "identity, gzip", "utf-8", "*", "none"]
    )
    def test_any_other_encoding_is_415(self, served: Client, instance: Any, encoding: str) -> None:
        """Any Content-Encoding but identity is refused with 415; bodies are never decompressed."""
        answer = served.predict(instance, {**JSON, "Content-Encoding": encoding})
        assert (answer.status, answer.json()["detail"]) == (415, "Content-Encoding must be identity.")


class BodyLimitContract(OpenedSuite):
    """The largest body, and the order of the checks."""

    def test_the_largest_body_is_read_and_one_byte_more_is_413(self, served: Client) -> None:
        """A body of `max_body` bytes is read; one byte more is 413."""
        body = json.dumps(car()).encode()
        assert served.predict(body.ljust(LARGEST)).status == 200
        answer = served.predict(body.ljust(LARGEST + 1))
        assert (answer.status, answer.json()["type"]) == (413, "urn:twinserve:problem:too-large")

    def test_max_body_sets_the_limit(self, serve: Serve) -> None:
        """The setting `max_body` is the limit in bytes."""
        body = json.dumps(car()).encode()
        served = serve(service_of(max_body=len(body)))
        assert served.predict(body).status == 200
        assert served.predict(body + b" ").status == 413

    def test_checks_run_in_the_contracts_order(self, serve: Serve) -> None:
        """The order is 404, 405, 503, 415, 413, 400, 422: each request fails one check and all later ones."""
        service = service_of(max_body=100)
        served = serve(service)
        text, big = {"Content-Type": "text/plain"}, b"{" * 101
        assert served.send("PUT", "/nothing", big, text).status == 404
        assert served.send("PUT", "/predict", big, text).status == 405
        assert served.send("POST", "/predict", big, text).status == 415
        assert served.send("POST", "/predict", big, JSON).status == 413
        assert served.send("POST", "/predict", b'{"a":NaN}', JSON).status == 400
        assert served.send("POST", "/predict", b'{"a":1}', JSON).status == 422
        service.close()
        assert served.send("PUT", "/nothing", big, text).status == 404
        assert served.send("PUT", "/predict", big, text).status == 405
        assert served.send("POST", "/predict", big, text).status == 503

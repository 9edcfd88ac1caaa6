"""What a body must announce and how large it may be: 415 and 413, and which check comes first."""

from __future__ import annotations

import json

import pytest

from harness.fakes import car, service_of
from tests.contract.conftest import OpenDoors
from tests.doors import JSON, Both, Door

INSTANCE = json.dumps(car()).encode()
LIMIT = 8 * 1024 * 1024


@pytest.mark.parametrize(
    "content_type",
    [
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
    ],
)
def test_json_under_any_of_its_names_is_read(both: Both, content_type: str) -> None:
    """`application/json` and `+json`, with UTF-8 in any case and parameters of any kind."""
    assert both.predict(INSTANCE, {"Content-Type": content_type}).status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        " ",
        ";",
        "application",
        "application/",
        "/json",
        "text/plain",
        "text/json",
        "text/html",
        "application/x-json",
        "application/jsonp",
        "application/json5",
        "application/xjson",
        "application/json-seq",
        "application/+json",
        "+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "*/*",
        "application/*",
        "application/json, text/plain",
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
    ],
)
def test_anything_else_is_415(both: Both, content_type: str) -> None:
    """Even when the body is JSON."""
    answer = both.predict(INSTANCE, {"Content-Type": content_type})
    assert (answer.status, answer.json()["type"]) == (415, "urn:twinserve:problem:unsupported-media-type")


def test_no_type_is_415(both: Both) -> None:
    """JSON is never guessed."""
    assert both.predict(INSTANCE, {}).status == 415


@pytest.mark.parametrize("encoding", ["identity", "Identity", "IDENTITY", " identity "])
def test_identity_is_no_encoding(both: Both, encoding: str) -> None:
    """The one Content-Encoding that changes nothing."""
    assert both.predict(INSTANCE, {**JSON, "Content-Encoding": encoding}).status == 200


@pytest.mark.parametrize(
    "encoding", ["gzip", "deflate", "br", "zstd", "x-gzip", "identity, gzip", "utf-8", "*", "none"]
)
def test_any_other_encoding_is_415(both: Both, encoding: str) -> None:
    """No decompression, so no bomb."""
    answer = both.predict(INSTANCE, {**JSON, "Content-Encoding": encoding})
    assert (answer.status, answer.json()["detail"]) == (415, "Content-Encoding must be identity.")


def test_the_largest_body_is_read_and_one_byte_more_is_413(both: Both) -> None:
    """Exactly at `max_body`; the connection is closed behind the refusal."""
    assert both.predict(INSTANCE.ljust(LIMIT)).status == 200
    answer = both.predict(INSTANCE.ljust(LIMIT + 1))
    assert (answer.status, answer.json()["type"]) == (413, "urn:twinserve:problem:too-large")
    assert answer.headers["Connection"] == "close"


def test_the_limit_is_a_setting(open_doors: OpenDoors) -> None:
    """`max_body` in bytes."""
    doors = open_doors(service_of(max_body=len(INSTANCE)))
    assert doors.predict(INSTANCE).status == 200
    assert doors.predict(INSTANCE + b" ").status == 413


def test_a_body_without_length_is_counted_as_it_comes(client: Door) -> None:
    """Chunked: small ones are put together, and a large one is refused before its end."""
    assert client.send("POST", "/predict", iter([INSTANCE[:50], INSTANCE[50:]]), JSON).status == 200
    assert client.send("POST", "/predict", iter([b" " * 1_000_000] * 10), JSON).status == 413


def test_a_declared_length_is_enough_to_refuse(client: Door) -> None:
    """Nothing needs to arrive."""
    assert client.send("POST", "/predict", b"{}", {**JSON, "Content-Length": str(LIMIT + 1)}).status == 413


def test_a_body_shorter_than_declared_is_400(client: Door) -> None:
    """The connection ended early; whatever came is not looked at."""
    answer = client.send("POST", "/predict", INSTANCE, {**JSON, "Content-Length": str(len(INSTANCE) + 5)})
    assert (answer.status, answer.json()["type"]) == (400, "urn:twinserve:problem:incomplete-body")
    assert answer.headers["Connection"] == "close"


def test_checks_run_in_the_contracts_order(open_doors: OpenDoors) -> None:
    """404, 405, 503, 415, 413, 400, 422: each request is wrong in its own way and in all that follow."""
    service = service_of(max_body=100)
    doors = open_doors(service)
    text, big = {"Content-Type": "text/plain"}, b"{" * 101
    assert doors.send("PUT", "/nothing", big, text).status == 404
    assert doors.send("PUT", "/predict", big, text).status == 405
    assert doors.send("POST", "/predict", big, text).status == 415
    assert doors.send("POST", "/predict", big, JSON).status == 413
    assert doors.send("POST", "/predict", b'{"a":NaN}', JSON).status == 400
    assert doors.send("POST", "/predict", b'{"a":1}', JSON).status == 422
    service.close()
    assert doors.send("PUT", "/nothing", big, text).status == 404
    assert doors.send("PUT", "/predict", big, text).status == 405
    assert doors.send("POST", "/predict", big, text).status == 503

"""Body limits and lengths, for bodies that are sent in chunks or shorter than declared."""

from __future__ import annotations

import json

from tests.doors import Door
from twinserve.testing.client import JSON
from twinserve.testing.fakes import car

INSTANCE = json.dumps(car()).encode()
LIMIT = 8 * 1024 * 1024


def test_a_body_without_length_is_counted_as_it_comes(client: Door) -> None:
    """A small chunked body is accepted; a large one is refused before its end."""
    assert client.send("POST", "/predict", iter([INSTANCE[:50], INSTANCE[50:]]), JSON).status == 200
    assert client.send("POST", "/predict", iter([b" " * 1_000_000] * 10), JSON).status == 413


def test_a_declared_length_is_enough_to_refuse(client: Door) -> None:
    """A Content-Length over the limit is refused before the body arrives."""
    assert client.send("POST", "/predict", b"{}", {**JSON, "Content-Length": str(LIMIT + 1)}).status == 413


def test_a_body_shorter_than_declared_is_400(client: Door) -> None:
    """A body that ends before its Content-Length is 400, whatever it holds."""
    answer = client.send("POST", "/predict", INSTANCE, {**JSON, "Content-Length": str(len(INSTANCE) + 5)})
    assert (answer.status, answer.json()["type"]) == (400, "urn:twinserve:problem:incomplete-body")

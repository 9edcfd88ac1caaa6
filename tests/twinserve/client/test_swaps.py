"""A model that is swapped between two requests, for a version with other answers or with another input."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pandas as pd
import pytest

from tests.twinserve.client.conftest import Open
from tests.twinserve.client.scripted import Reply, http, scripted
from tests.twinserve.signature.made import feature, signature
from twinserve.client import InvalidInput, MixedVersions
from twinserve.signature import Signature, json_schema

BATCH = 10
OLD, NEW = signature(feature("old")), signature(feature("new"))


def invalid(pointer: str, code: str, detail: str) -> bytes:
    """A 422 with one error."""
    errors = [{"pointer": pointer, "code": code, "detail": detail}]
    body = {"type": "urn:twinserve:problem:invalid-input", "detail": "1 error in the input.", "errors": errors}
    return http(422, json.dumps(body).encode(), "application/problem+json")


def answering(schemas: list[Signature], versions: Any, names: str = "old new") -> Reply:
    """Replies with each schema in turn, and predicts for rows whose field is the last word of `names`."""
    given, told = iter(schemas), iter(versions)

    def reply(request: bytes) -> bytes:
        if request.startswith(b"GET /schema "):
            return http(200, json.dumps(json_schema(next(given))).encode())
        rows = json.loads(request.partition(b"\r\n\r\n")[2])
        wrong = [name for name in rows[0] if name != names.split()[-1]]
        if wrong:
            return invalid(f"/0/{wrong[0]}", "unknown", "Not part of the input.")
        if len(rows) > BATCH:
            return invalid("", "length", f"A batch may hold {BATCH} instances at most.")
        version = next(told)
        one: dict[str, Any] = {"label": f"v{version}", "probabilities": None, "warnings": []}
        predictions = [one] * len(rows)
        return http(200, json.dumps({"model": "m", "version": version, "predictions": predictions}).encode())

    return reply


def test_columns_that_fit_the_schema_of_now_are_answered(opened: Open) -> None:
    """Whether the client sees it in the frame, or the service in the rows."""
    with scripted(answering([OLD, NEW], ["2", "2"])) as server:
        client = opened(server.url)
        assert list(client.predict(pd.DataFrame({"new": [1.0]}))["label"]) == ["v2"]
        assert list(client.predict(pd.DataFrame({"new": [1.0]}))["label"]) == ["v2"]
        assert [one.split(b" ")[1] for one in server.asked] == [b"/schema", b"/schema", b"/predict", b"/predict"]
    with scripted(answering([OLD, NEW], [])) as server, pytest.raises(InvalidInput) as caught:
        opened(server.url).predict(pd.DataFrame({"old": [1.0]}))
    assert [(one.column, one.code) for one in caught.value.findings] == [("new", "missing"), ("old", "unknown")]


def test_columns_that_fit_no_schema_are_refused_once(opened: Open) -> None:
    with scripted(answering([OLD, OLD], [])) as server:
        with pytest.raises(InvalidInput):
            opened(server.url).predict(pd.DataFrame({"new": [1.0]}))
        assert len(server.asked) == 2


@pytest.mark.parametrize(("versions", "last"), [("11121111", "1"), ("1112222222", "2"), ("2221111111", "1")])
def test_the_version_that_serves_answers_the_whole_table(opened: Open, versions: str, last: str) -> None:
    """After one swap, for a later or an earlier one, and after a swap that was taken back."""
    rows = 4 * BATCH
    with scripted(answering([NEW], versions)) as server:
        answer = opened(server.url, at_once=1).predict(pd.DataFrame({"new": [1.0] * rows}))
        assert (set(answer["label"]), len(answer)) == ({f"v{last}"}, rows)
        assert answer.attrs["versions"] == [last]


def test_versions_that_never_agree_are_told(opened: Open) -> None:
    """Behind a balancer of two versions."""
    with scripted(answering([NEW], ("12"[number % 2] for number in count()))) as server:
        with pytest.warns(MixedVersions, match="several versions"):
            answer = opened(server.url, at_once=1).predict(pd.DataFrame({"new": [1.0] * 4 * BATCH}))
        assert sorted(answer.attrs["versions"]) == ["1", "2"]

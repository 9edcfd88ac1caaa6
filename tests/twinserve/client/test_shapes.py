"""Answers of a good status that are not what was asked for: every question raises `UnexpectedAnswer`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.twinserve.client.conftest import Open, rows
from tests.twinserve.client.scripted import http, scripted
from twinserve.client import UnexpectedAnswer
from twinserve.client.__main__ import main

HTML = b"<html>secret</html>"
NONE_OF_JSON = [b"", b"{", b"\xff", b"[" * 100_000]
NO_OBJECTS = [*NONE_OF_JSON, b"[]", b"null", b"5", b'"x"']
PAGES: list[Any] = [{}, {"models": []}, {"models": 5, "next": None}, {"models": [5], "next": None}]
PAGES += [{"models": [{}], "next": 5}, {"models": [], "next": "a"}, {"models": [{"name": "a"}], "next": "a"}]


@pytest.mark.parametrize(
    ("question", "bodies"),
    [
        ("schema", NO_OBJECTS),
        ("model", NO_OBJECTS),
        ("openapi", NO_OBJECTS),
        ("health", NO_OBJECTS),
        ("models", [*NO_OBJECTS, *(json.dumps(page).encode() for page in PAGES)]),
        ("card", [b"{}", HTML]),
    ],
)
def test_json_of_another_shape_is_no_answer(opened: Open, question: str, bodies: list[bytes]) -> None:
    for body in bodies:
        with scripted(http(200, body)) as server, pytest.raises(UnexpectedAnswer, match="answered 200") as caught:
            getattr(opened(server.url), question)()
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("body", NO_OBJECTS)
def test_who_is_not_ready_says_so_in_json(opened: Open, body: bytes) -> None:
    with scripted(http(503, body)) as server, pytest.raises(UnexpectedAnswer):
        opened(server.url).health()


@pytest.mark.parametrize("given", [[5], ["x"], [{}], [{"pointer": 5}], {}, None])
def test_warnings_without_a_place_are_none(opened: Open, given: object) -> None:
    row = {"label": "a", "warnings": given}
    answer = {"model": "m", "version": "1", **row, "predictions": [row]}
    with scripted(http(200, json.dumps(answer).encode())) as server:
        for asked in ({"x": 1}, [{"x": 1}]):
            with pytest.raises(UnexpectedAnswer, match="no prediction"):
                opened(server.url).predict(asked)


@pytest.mark.parametrize("line", [b"5", b"[]", b"null", b"{"])
def test_a_line_that_is_no_object_answers_no_row(opened: Open, line: bytes) -> None:
    with scripted(http(200, line + b"\n", "application/x-ndjson")) as server, pytest.raises(UnexpectedAnswer):
        rows(opened(server.url), [{"x": 1}])


@pytest.mark.parametrize(
    "reply",
    [
        http(200, HTML, "text/html"),
        http(200, b"{}", "application/json"),
        http(200, b"x" * (8 << 20), "text/html"),
        http(206, b"label\na\n", "text/csv"),
        http(202, b"", "text/csv"),
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    ],
    ids=lambda reply: reply[9:70].decode(),
)
def test_what_is_no_table_becomes_no_file(opened: Open, tmp_path: Path, reply: bytes) -> None:
    """Of any length, of which the error keeps the beginning."""
    (tmp_path / "rows.csv").write_text("x\n1\n")
    with scripted(reply) as server, pytest.raises(UnexpectedAnswer, match="/predict answered 20") as caught:
        opened(server.url).score(tmp_path / "rows.csv", tmp_path / "out.csv")
    assert len(caught.value.body) <= 64 * 1024
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize("model", [{"task": "regression", "quantiles": ["x", 1]}, {"classes": 5}, {"targets": [5]}])
def test_types_of_no_model_are_told_in_a_sentence(model: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    schema = {"properties": {"x": {"type": "number"}}}
    told = {"task": "multi-output", **model} if "targets" in model else model
    with scripted(http(200, json.dumps(schema).encode()), http(200, json.dumps(told).encode())) as server:
        assert main(["types", server.url]) == 1
    assert capsys.readouterr().err == "twinserve.client: The service's /model is not one that this client can read.\n"

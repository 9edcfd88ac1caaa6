"""Answers in bulk that are cut off, repeated or none: what a client makes of them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tests.twinserve.client.conftest import Open, rows
from tests.twinserve.client.scripted import http, problem, scripted
from twinserve.client import AskedWrongly, ConnectionFailed, Retries, Unavailable, UnexpectedAnswer

QUICK = Retries(first=0.01, longest=0.02)


def test_an_answer_that_is_cut_off_is_no_file(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x\n1\n")
    cut = http(200, b"label\n", "text/csv", length=1000)
    with scripted(cut) as server, pytest.raises(ConnectionFailed, match="before its answer was complete"):
        opened(server.url).score(tmp_path / "rows.csv", tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_a_file_is_sent_again_and_a_stream_is_not(opened: Open, tmp_path: Path) -> None:
    """A stream that was read is gone."""
    (tmp_path / "rows.csv").write_text("x\n1\n")
    full, good = problem("unavailable", 503, "Retry-After: 0"), http(200, b"label\na\n", "text/csv")
    with scripted(full, b"", good) as server:
        client = opened(server.url, retries=QUICK)
        assert client.score(tmp_path / "rows.csv", tmp_path / "out.csv") == 8
        assert len(server.asked) == 3
    with scripted(full, good) as server, pytest.raises(Unavailable):
        opened(server.url, retries=QUICK).score(iter([b"x\n"]), tmp_path / "out.csv", form="csv")


def test_lines_are_asked_again_and_counted(opened: Open) -> None:
    """A request that was lost is repeated; an answer with too few lines, or none of the form, is no answer."""
    good = http(200, b'{"label":"a"}\n{"label":"b"}\n', "application/x-ndjson")
    with scripted(b"", problem("unavailable", 503), good) as server:
        assert rows(opened(server.url, retries=QUICK), [{"x": 1}, {"x": 2}]) == [{"label": "a"}, {"label": "b"}]
    lines = "application/x-ndjson"
    for bad in (http(200, b"{}\n", lines), http(200, b"{}\n{", lines), http(200, b"{}\n{}\n")):
        with scripted(bad) as server, pytest.raises(UnexpectedAnswer):
            rows(opened(server.url, retries=QUICK), [{"x": 1}, {"x": 2}])


@pytest.mark.parametrize("wrong", [{"x": 1}, "text", b"x", 5, [5], [[{"x": 1}]]])
def test_what_is_no_row_is_refused(opened: Open, wrong: object) -> None:
    client = opened("http://host")
    with pytest.raises(AskedWrongly):
        rows(client, wrong)
    assert rows(client, []) == []
    with pytest.raises(AskedWrongly, match="at_a_time"):
        rows(client, [{"x": 1}], at_a_time=0)


def test_what_is_no_row_is_named_by_its_position(opened: Open) -> None:
    """Counted from the first of all, in whatever requests these go."""
    batch = pa.RecordBatch.from_pylist([{"x": 1}] * 3)
    for given, position in (([{"x": 1}, 5], 1), ([{"x": float("nan")}] * 7 + [None], 7), ([batch.slice(3), 5], 0)):
        with pytest.raises(AskedWrongly, match=rf"\(position {position}\)"):
            rows(opened("http://host"), given)


def test_what_comes_back_is_found_through_lists(opened: Open) -> None:
    """As the service finds it."""
    row = {"x": float("nan"), "wheels": [1, {"size": 2}, (3, 4)]}
    names = ["wheels.0", "wheels.1.size", "wheels.2.1", "wheels.3", "wheels.x", "wheels.-1", "wheels.00"]
    answer = rows(opened("http://host"), [row], pass_=names)[0]
    assert [answer[name] for name in names] == [1, 2, 4, None, None, None, None]


def test_rows_that_json_cannot_hold_are_told_in_their_place(opened: Open) -> None:
    """Without a request, where there are no others."""
    answers = rows(opened("http://host"), [{"x": float("nan")}, {"x": b"y"}])
    assert [(one["errors"][0]["pointer"], one["errors"][0]["code"]) for one in answers] == [("/x", "not-json")] * 2


def test_files_of_no_form_are_refused_before_anything_is_asked(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x\n1\n")
    (tmp_path / "rows.txt").write_text("x\n1\n")
    (tmp_path / "rows.arrow").write_bytes(b"ARROW1")
    client = opened("http://host")
    for source, destination in (("rows.arrow", "out.csv"), ("rows.csv", "out.feather")):
        with pytest.raises(AskedWrongly, match=r"file format .* name the file \.arrows"):
            client.score(tmp_path / source, tmp_path / destination)
    with pytest.raises(FileNotFoundError):
        client.score(tmp_path / "rows.csv", tmp_path / "no folder" / "out.csv")
    for source, destination in (("rows.txt", "out.csv"), ("rows.csv", "out.txt")):
        with pytest.raises(AskedWrongly):
            client.score(tmp_path / source, tmp_path / destination)
    for options in ({"form": "excel"}, {"answer": "excel"}, {"pass_": "id"}):
        with pytest.raises(AskedWrongly):
            client.score(tmp_path / "rows.csv", tmp_path / "out.csv", **options)
    with pytest.raises(FileNotFoundError):
        client.score(tmp_path / "none.csv", tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.arrow", "rows.csv", "rows.txt"]

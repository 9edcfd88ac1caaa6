"""Rows without end, and whole files: answers in their order, a bad row in its place, and nothing lost on the way."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from harness import fruit
from tests.twinserve.client.conftest import Blocking, Open, rows, transport
from twinserve.client import (
    AskedWrongly,
    AsyncClient,
    InvalidInput,
    Problem,
    Retries,
)
from twinserve.service.service import Service

PEAR: dict[str, Any] = {"weight": 171.5, "skin": {"colour": "red", "spots": None}}
QUICK = Retries(first=0.01, longest=0.02)


def orchard(count: int) -> pa.Table:
    """Rows of the training table, with a number of their own."""
    frame = fruit.table(count).features
    return pa.Table.from_pandas(frame.assign(tree=range(count)), preserve_index=False)


def test_each_row_has_its_answer_in_its_place(client: Blocking) -> None:
    """What the service answers to it alone, and what is wrong with it, told here or there."""
    given = [PEAR, {"weight": 1}, PEAR | {"weight": float("nan")}, PEAR]
    one = {
        name: value for name, value in client.predict(PEAR, coverage=0.9).items() if name not in ("model", "version")
    }
    answers = rows(client, given * 3, coverage=0.9, at_a_time=5)
    assert len(answers) == 12
    assert answers[0::4] == answers[3::4] == [one] * 3
    assert [answer["errors"][0]["code"] for answer in answers[1::4]] == ["missing"] * 3
    assert [answer["errors"][0]["code"] for answer in answers[2::4]] == ["not-json"] * 3
    assert answers[2]["errors"][0]["pointer"] == "/weight"


def test_what_comes_back_beside_an_answer_comes_back_beside_an_error(client: Blocking) -> None:
    """Wherever that was found, and also from within a group."""
    bad: list[Any] = [PEAR | {"weight": -1, "tree": 7}, PEAR | {"weight": float("nan"), "tree": 7}]
    given = [*bad, {"weight": 1e999, "skin": 3}]
    answers = rows(client, given, pass_=["tree", "skin.colour"])
    assert [{name: value for name, value in answer.items() if name != "errors"} for answer in answers] == [
        {"tree": 7, "skin.colour": "red"},
        {"tree": 7, "skin.colour": "red"},
        {"tree": None, "skin.colour": None},
    ]


def test_a_dataframe_is_for_another_question(client: Blocking) -> None:
    """Which the error names."""
    with pytest.raises(AskedWrongly, match=re.escape("A DataFrame goes to predict()")):
        rows(client, fruit.table(3).features)


def test_answers_come_while_rows_do(opened: Open, service: Service) -> None:
    """Of a source without an end the first answers can be read."""
    client = opened(service)
    taken: list[int] = []

    def endless() -> Iterator[dict[str, Any]]:
        while True:
            taken.append(1)
            yield PEAR

    async def some() -> list[Any]:
        answers = []
        async for answer in client.client.bulk(endless(), at_a_time=10):
            answers.append(answer)
            if len(answers) == 25:
                break
        return answers

    if isinstance(client.client, AsyncClient):
        assert len(client.run(some())) == 25
    else:
        stream = client.client.bulk(endless(), at_a_time=10)
        assert len([next(stream) for _ in range(25)]) == 25
    assert len(taken) == 30


def test_batches_of_arrow_get_batches(client: Blocking) -> None:
    table = orchard(130)
    answers = pa.Table.from_batches(rows(client, table, pass_=["tree"], at_a_time=50))
    assert answers.column_names[0] == "tree"
    assert answers["tree"].to_pylist() == list(range(130))
    expected = [client.predict(row)["label"] for row in table.slice(125).drop_columns("tree").to_pylist()]
    assert answers["label"].to_pylist()[125:] == expected
    assert len(rows(client, iter(table.drop_columns("tree").to_batches(max_chunksize=7)))) == 19


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("answer", [".csv", ".ndjson", ".arrows", ".parquet"])
def test_a_file_is_answered_into_a_file(client: Blocking, tmp_path: Path, answer: str, packed: bool) -> None:
    """In the form that its name says."""
    table = orchard(300).to_pandas()
    path = tmp_path / ("rows.csv.gz" if packed else "rows.csv")
    table.to_csv(path, index=False)
    size = client.score(path, tmp_path / f"out{answer}", pass_=["tree"])
    content = (tmp_path / f"out{answer}").read_bytes()
    assert len(content) == size
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([f"out{answer}", path.name])
    starts = {".csv": b"tree,label", ".ndjson": b'{"tree":', ".arrows": b"\xff\xff\xff\xff", ".parquet": b"PAR1"}
    assert content.startswith(starts[answer])
    if answer in (".csv", ".ndjson"):
        assert content.count(b"\n") == 300 + (answer == ".csv")


def test_bytes_and_open_files_go_in_and_out(client: Blocking) -> None:
    line = json.dumps(PEAR).encode() + b"\n"
    for source in (line * 40, io.BytesIO(line * 40), [line * 10] * 4, iter([line * 20] * 2)):
        out = io.BytesIO()
        client.score(source, out, form="ndjson")
        assert out.getvalue().count(b'{"label":"apple"') == 40
        assert not out.closed


def test_what_is_wrong_before_the_first_row_is_a_problem(client: Blocking, tmp_path: Path) -> None:
    """And leaves no file behind."""
    (tmp_path / "rows.csv").write_text("weight,skin.colour,other\n1,red,2\n")
    with pytest.raises(InvalidInput, match="column 'other'"):
        client.score(tmp_path / "rows.csv", tmp_path / "out.csv")
    (tmp_path / "rows.parquet").write_bytes(b"no Parquet")
    with pytest.raises(Problem, match="malformed-table"):
        client.score(tmp_path / "rows.parquet", tmp_path / "out.csv")
    with pytest.raises(FileNotFoundError):
        client.score(tmp_path / "none.csv", tmp_path / "out.csv")
    for source, destination in (("rows.txt", "out.csv"), ("rows.csv", "out.txt")):
        with pytest.raises(AskedWrongly):
            client.score(tmp_path / source, tmp_path / destination)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv", "rows.parquet"]


def test_rows_may_come_asynchronously(service: Service) -> None:
    async def coming() -> AsyncIterator[dict[str, Any]]:
        for _ in range(5):
            await asyncio.sleep(0)
            yield PEAR

    async def asked() -> list[Any]:

        async with AsyncClient("http://testserver", transport=transport("async", service)) as client:  # type: ignore[arg-type]
            return [answer["label"] async for answer in client.bulk(coming(), at_a_time=2)]

    assert asyncio.run(asked()) == ["apple"] * 5

"""Whole files: the same answers as in pieces, under their name whole or not at all, and after a kill to the byte."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from harness import fruit
from tests.twinserve.bulk.made import opened, scored
from twinserve.bulk.files import journal
from twinserve.bulk.files.database import QuerySource
from twinserve.bulk.files.folder import Table, to_folder
from twinserve.bulk.files.in_use import InUse, locked
from twinserve.bulk.files.job import Asking, Summary, to_file, to_stream
from twinserve.bulk.files.source import open_source
from twinserve.bulk.forms import Form, form_of
from twinserve.bulk.options import Options
from twinserve.bulk.version import BulkVersion
from twinserve.bulk.writing.parquet_footer import MAGIC
from twinserve.errors import ModelError
from twinserve.store.artifact import Trust, open_version

OPTIONS = Options(passed=("id",), coverage=0.9)
NAMES = ("a.parquet", "a.csv", "a.ndjson", "a.arrows", "a.arrow")
BAD = {7: -1.0, 333: -2.0}
"""The weight of some rows, which no fruit has."""


@pytest.fixture(scope="module")
def pear(pristine_fruit: Path) -> BulkVersion:
    """Fruit: a number, a category and a number that may be null."""
    return opened(pristine_fruit.parents[1])


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 rows in each form, of which two have errors; in groups of 30 where a form has groups."""
    folder = tmp_path_factory.mktemp("tables")
    frame = fruit.table(400).features
    for row, weight in BAD.items():
        frame.loc[row, "weight"] = weight
    table = pa.Table.from_pandas(frame.assign(id=range(400)), preserve_index=False)
    parquet.write_table(table, folder / "in.parquet", row_group_size=30)
    frame.assign(id=range(400)).to_csv(folder / "in.csv", index=False)
    for name, writer in (("in.arrows", pa.ipc.new_stream), ("in.arrow", pa.ipc.new_file)):
        with writer(str(folder / name), table.schema) as file:
            file.write_table(table, max_chunksize=30)
    rows = [
        {"weight": row["weight"], "skin": {"colour": row["skin.colour"], "spots": row["skin.spots"]}, "id": row["id"]}
        for row in table.to_pylist()
    ]
    (folder / "in.ndjson").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (folder / "in.csv.gz").write_bytes(gzip.compress((folder / "in.csv").read_bytes()))
    return folder


def form(name: str) -> Form:
    """The form of a file."""
    found = form_of(name.removesuffix(".gz").removesuffix(".zst"))
    assert found is not None
    return found


def answer(
    version: BulkVersion, read: Path, target: Path, tell: Callable[[int, int], None] = lambda *_: None, **more: Any
) -> Summary:
    """Answer a file in groups of 60 rows."""
    asking = Asking(version, OPTIONS, form(target.name), 2, 60)
    source = open_source(str(read), form(read.name), version, OPTIONS)
    return to_file(asking, source, read, target, tell, **more)


def values(path: Path) -> Any:
    """What a file says."""
    match form(path.name):
        case "parquet":
            return parquet.read_table(path).to_pylist()
        case "arrow":
            held = path.read_bytes()
            opening = pa.ipc.open_file if held.startswith(b"ARROW1") else pa.ipc.open_stream
            return opening(held).read_all().to_pylist()
        case _:
            return path.read_text()


@pytest.mark.parametrize("read", ["in.parquet", "in.csv", "in.csv.gz", "in.ndjson", "in.arrow", "in.arrows"])
@pytest.mark.parametrize("written", NAMES)
def test_a_file_says_what_the_pieces_say(
    pear: BulkVersion, tables: Path, tmp_path: Path, read: str, written: str
) -> None:
    """In every form from every form; nothing else stays behind."""
    summary = answer(pear, tables / read, tmp_path / written)
    assert summary == Summary(400, len(BAD))
    assert [path.name for path in tmp_path.iterdir()] == [written]
    body = (tables / read.removesuffix(".gz").replace("in.arrow", "in.arrows").replace("ss", "s")).read_bytes()
    whole = tmp_path / f"whole{Path(written).suffix}"
    whole.write_bytes(scored(pear, form(read), form(written), body, OPTIONS))
    assert values(tmp_path / written) == values(whole)


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("read", ["in.parquet", "in.csv", "in.ndjson", "in.arrows"])
@pytest.mark.parametrize("written", NAMES)
def test_a_run_that_goes_on_writes_the_same_bytes(
    pear: BulkVersion, tables: Path, tmp_path: Path, read: str, written: str
) -> None:
    """Wherever the last one was killed, and if it had begun to write more than the journal knows."""
    expected = tmp_path / f"expected-{written}"
    answer(pear, tables / read, expected)
    target, told, summary = tmp_path / written, list[int](), Summary(0, 0)

    def tell(rows: int, _place: int) -> None:
        told.append(rows)
        if len(told) % 2 == 0:
            raise Killed

    for _ in range(20):
        try:
            summary = answer(pear, tables / read, target, tell, goes_on=True)
        except Killed:
            assert not target.exists()
            for ending, torn in (("partial", b"torn"), ("journal", b'{"place":')):
                with target.with_name(f"{written}.{ending}").open("ab") as file:
                    file.write(torn)
        else:
            break
    assert summary == Summary(400, len(BAD))
    assert target.read_bytes() == expected.read_bytes()
    assert told == sorted(told)
    assert {path.name for path in tmp_path.iterdir()} == {written, expected.name}


def test_an_end_that_was_written_is_not_written_again(
    pear: BulkVersion, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process may be killed before and after the file has its name."""
    target, read = tmp_path / "a.parquet", tables / "in.parquet"
    calls: list[object] = []

    def killed(*_: object) -> None:
        raise Killed

    def third(folder: Path) -> None:
        calls.append(folder)
        if len(calls) == 3:
            raise Killed

    for owner, name, kill in ((Path, "replace", killed), (journal, "sync_folder", third)):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, kill)
            with pytest.raises(Killed):
                answer(pear, read, target)
        content = target.with_name("a.parquet.partial") if owner is Path else target
        before = content.read_bytes()
        assert answer(pear, read, target, goes_on=True) == Summary(400, len(BAD))
        assert target.read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
        target.unlink()


def test_another_run_does_not_go_on(pear: BulkVersion, tables: Path, tmp_path: Path) -> None:
    """With another table or other options it would mix two answers; without --resume it begins anew."""
    target = tmp_path / "a.csv"

    def killed(*_: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        answer(pear, tables / "in.csv", target, killed)
    with pytest.raises(journal.OtherRun, match="another run"):
        answer(pear, tables / "in.ndjson", target, goes_on=True)
    assert answer(pear, tables / "in.ndjson", target).rows == 400


@pytest.mark.parametrize("change", [{"size": "9"}, {"place": None}, {"note": 5}, {"rows": True}])
def test_a_journal_that_is_damaged_does_not_go_on(
    pear: BulkVersion, tables: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    """Of its own run; what stands in place of a number is none."""
    target = tmp_path / "a.csv"

    def killed(rows: int, _place: int) -> None:
        if rows:
            raise Killed

    with pytest.raises(Killed):
        answer(pear, tables / "in.csv", target, killed)
    kept = tmp_path / "a.csv.journal"
    run, group = kept.read_text().splitlines()
    kept.write_text(f"{run}\n{json.dumps(json.loads(group) | change)}\n")
    with pytest.raises(journal.OtherRun, match="damaged"):
        answer(pear, tables / "in.csv", target, goes_on=True)


def test_two_processes_do_not_write_one_file(pear: BulkVersion, tables: Path, tmp_path: Path) -> None:
    """The second one is told so, and the first one goes on."""
    target = tmp_path / "a.csv"

    def again(rows: int, _place: int) -> None:
        if rows == 0:
            with pytest.raises(InUse, match="Another process"):
                answer(pear, tables / "in.csv", target)

    assert answer(pear, tables / "in.csv", target, again).rows == 400


@pytest.mark.parametrize("written", ["ndjson", "csv", "arrow", "parquet"])
def test_a_stream_has_the_same_answers(pear: BulkVersion, tables: Path, tmp_path: Path, written: Form) -> None:
    """As standard output gets them."""
    asking, read = Asking(pear, OPTIONS, written, 2, 60), tables / "in.parquet"
    sink = tmp_path / f"a.{written}"
    with sink.open("wb") as file:
        to_stream(asking, open_source(str(read), "parquet", pear, OPTIONS), file, lambda *_: None)
    body = scored(pear, "parquet", written, read.read_bytes(), OPTIONS)
    (tmp_path / f"b.{written}").write_bytes(body)
    assert values(sink) == values(tmp_path / f"b.{written}")


def test_no_rows_are_a_whole_file(pear: BulkVersion, tmp_path: Path) -> None:
    """With the columns of the answer."""
    empty = pa.table({"weight": [1.0], "skin.colour": ["red"], "id": [1]}).slice(0, 0)
    parquet.write_table(empty, tmp_path / "in.parquet")
    for name in NAMES:
        assert answer(pear, tmp_path / "in.parquet", tmp_path / name) == Summary(0, 0)
    assert parquet.read_table(tmp_path / "a.parquet").column_names == [
        "id",
        "label",
        "probabilities.apple",
        "probabilities.pear",
        "set",
        "warnings",
        "error",
    ]
    assert (tmp_path / "a.csv").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.parquet", MAGIC, r"The Parquet file is damaged, or cut off\."),
        ("x.parquet", b"abcdefgh", r"The bytes are no Parquet file\."),
        ("x.arrow", b"ARROW1", r"The bytes are no Arrow file\."),
        ("x.arrows", b"abcdefgh", r"The bytes are no Arrow stream\."),
    ],
)
def test_what_is_no_table_is_told_in_a_sentence(
    pear: BulkVersion, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    """Before anything is written."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=told):
        answer(pear, tmp_path / name, tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("read", ["x.csv.gz", "x.csv.zst"])
def test_a_packed_file_without_its_end_is_told_in_a_sentence(
    pear: BulkVersion, tables: Path, tmp_path: Path, read: str
) -> None:
    """As one is that was copied in part."""
    content = (tables / "in.csv").read_bytes() * 100
    packed = gzip.compress(content) if read.endswith("gz") else pa.compress(content, "zstd", asbytes=True)
    for broken in (packed[:-20], b"no such thing" + packed):
        (tmp_path / read).write_bytes(broken)
        with pytest.raises(ModelError, match="packed file is damaged"):
            answer(pear, tmp_path / read, tmp_path / "a.csv")


def test_an_arrow_file_with_places_outside_of_its_bytes_is_refused(pear: BulkVersion, tmp_path: Path) -> None:
    """pyarrow would read what is not there, and the process end."""
    texts = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.array([0, 1 << 28, 5], pa.int32()).buffers()[1], pa.py_buffer(b"redxx")]
    )
    table = pa.record_batch({"weight": [1.0, 2.0], "skin.colour": texts, "id": [1, 2]})
    with pa.ipc.new_file(str(tmp_path / "x.arrow"), table.schema) as file:
        file.write_batch(table)
    with pytest.raises(ModelError, match="Arrow file is damaged"):
        answer(pear, tmp_path / "x.arrow", tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["x.arrow", "x.arrows"])
def test_names_that_are_not_utf_8_are_told_as_over_http(pear: BulkVersion, tmp_path: Path, name: str) -> None:
    """Of a file with an index, and of a stream."""
    table = pa.record_batch({"weight": [1.0], "skin.colour": ["red"], "strange": [1]})
    with (pa.ipc.new_file if name == "x.arrow" else pa.ipc.new_stream)(str(tmp_path / name), table.schema) as file:
        file.write_batch(table)
    content = (tmp_path / name).read_bytes().replace(b"strange", b"stra\xffge")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match="must be in UTF-8"):
        answer(pear, tmp_path / name, tmp_path / "a.csv")


def test_the_answers_to_a_query_are_written_in_groups(pear: BulkVersion, tmp_path: Path) -> None:
    """So that memory does not grow with its rows."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine(url := f"sqlite:///{tmp_path / 'fruit.db'}")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text('create table fruit (weight real, "skin.colour" text)'))
        rows = [{"weight": 120.0, "colour": "red"}] * 25_000
        connection.execute(sqlalchemy.text("insert into fruit values (:weight, :colour)"), rows)
    engine.dispose()
    told: list[tuple[int, int]] = []
    source = QuerySource(url, "select * from fruit", pear, Options())
    asking = Asking(pear, Options(), "csv", 1, 10_000)
    summary = to_file(asking, source, None, tmp_path / "a.csv", lambda *done: told.append(done))
    assert summary.rows == 25_000
    assert told == [(0, 0), (10_000, 10_000), (20_000, 20_000), (25_000, 25_000)]


def test_a_footer_with_no_such_type_is_refused() -> None:
    """Nothing else in a file is read as a footer."""
    from twinserve.bulk.writing.parquet_footer import moved

    with pytest.raises(ValueError, match="no such type"):
        moved(b"\x1d", 1)


def test_a_folder_goes_on_file_by_file(pear: BulkVersion, tables: Path, tmp_path: Path) -> None:
    """Wherever it was killed; files that were whole are not answered again, and the folder appears at once."""
    read, target = tmp_path / "in", tmp_path / "out"
    read.mkdir()
    for name in ("a.parquet", "b.parquet", "c.parquet"):
        (read / name).write_bytes((tables / "in.parquet").read_bytes())
    asking, told = Asking(pear, OPTIONS, "parquet", 2, 60), list[int]()

    def answer_tables(tables: Sequence[Table]) -> Iterator[Summary]:
        before = 0

        def tell(rows: int, _place: int) -> None:
            told.append(before + rows)
            if len(told) % 4 == 0:
                raise Killed

        for file, written, place in tables:
            source = open_source(str(file), "parquet", pear, OPTIONS)
            yield (summary := to_file(asking, source, file, written, tell, goes_on=True, journal_at=place))
            before += summary.rows

    def run() -> Summary:
        return to_folder(read, target, None, "parquet", answer_tables, goes_on=True)

    for _ in range(30):
        with suppress(Killed):
            assert run() == Summary(1200, 3 * len(BAD))
            break
        assert not target.exists()
    assert told == sorted(told)
    answer(pear, tables / "in.parquet", tmp_path / "one.parquet")
    for name in ("a.parquet", "b.parquet", "c.parquet"):
        assert (target / name).read_bytes() == (tmp_path / "one.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "one.parquet", "out"]


@pytest.mark.parametrize(("name", "writes"), [("b.csv", "csv"), ("a.csv", "ndjson")])
def test_a_folder_with_other_tables_or_another_form_does_not_go_on(
    tables: Path, tmp_path: Path, name: str, writes: Form
) -> None:
    """It would have answers to tables that are gone, or all answers twice."""
    read, target = tmp_path / "in", tmp_path / "out"
    read.mkdir()
    (read / "a.csv").write_bytes((tables / "in.csv").read_bytes())

    def killed(tables: Sequence[Table]) -> Iterator[Summary]:
        for table in tables:
            table.written.write_text("")
            table.journal.write_text("")
            raise Killed
        yield Summary(0, 0)

    for _ in range(2):
        with pytest.raises(Killed):
            to_folder(read, target, None, "csv", killed, goes_on=True)
    (read / "a.csv").rename(read / name)
    with pytest.raises(journal.OtherRun, match="other tables, or another form"):
        to_folder(read, target, None, writes, killed, goes_on=True)
    assert to_folder(read, target, None, "csv", lambda _: iter(())) == Summary(0, 0)


@pytest.mark.parametrize("kept", range(4))
def test_a_whole_folder_goes_on_whose_journals_were_half_removed(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """The process may be killed after each of them; the names of the tables are the last ones to go."""
    read, target, removed = tmp_path / "in", tmp_path / "out", list[Path]()
    read.mkdir()
    for name in ("a.csv", "b.csv"):
        (read / name).write_bytes((tables / "in.csv").read_bytes())

    def answer_tables(tables: Sequence[Table]) -> Iterator[Summary]:
        for table in tables:
            table.written.write_text("")
            table.journal.write_text("")
            yield Summary(1, 0)

    unlink_first = Path.unlink

    def unlink(path: Path, **_: Any) -> None:
        if len(removed) == kept:
            raise Killed
        removed.append(path)
        unlink_first(path)

    def rmtree(path: Path, **_: Any) -> None:
        for held in sorted(path.iterdir()) if path.exists() else ():
            held.unlink()

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", unlink)
        patched.setattr("twinserve.bulk.files.folder.shutil.rmtree", rmtree)
        with pytest.raises(Killed):
            to_folder(read, target, None, "csv", answer_tables)
    with pytest.raises(journal.OtherRun, match="another form"):
        to_folder(read, target, None, "ndjson", answer_tables, goes_on=True)
    with pytest.raises(ModelError, match="there already"):
        to_folder(read, target, None, "csv", answer_tables)
    assert to_folder(read, target, None, "csv", answer_tables, goes_on=True) == Summary(2, 0)
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["a.csv", "a.csv", "b.csv", "b.csv"]


def test_two_runs_do_not_write_one_folder(tables: Path, tmp_path: Path) -> None:
    """The second one is refused before it removes what the first one wrote; nothing of a refusal stays behind."""
    read, target = tmp_path / "in", tmp_path / "out"
    read.mkdir()
    with pytest.raises(ModelError, match="no table"):
        to_folder(read, target, None, "csv", lambda _: iter(()))
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    (read / "a.csv").write_bytes((tables / "in.csv").read_bytes())

    def second(_tables: Sequence[Table]) -> Iterator[Summary]:
        raise AssertionError

    def first(tables: Sequence[Table]) -> Iterator[Summary]:
        (table,) = tables
        table.written.write_text("answers")
        for goes_on in (False, True):
            with pytest.raises(ModelError, match="Another process writes"):
                to_folder(read, target, None, "csv", second, goes_on=goes_on)
        yield Summary(1, 0)

    assert to_folder(read, target, None, "csv", first) == Summary(1, 0)
    assert (target / "a.csv").read_text() == "answers"
    with pytest.raises(ModelError, match="there already"):
        to_folder(read, target, None, "csv", second)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_a_lock_is_that_of_the_file_at_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ended between the opening of a file and its lock gave the file another name."""
    place, opened_first = tmp_path / "a.partial", os.open

    def opening(path: Path, *more: Any) -> int:
        descriptor = opened_first(path, *more)
        monkeypatch.undo()
        place.rename(tmp_path / "a")
        return descriptor

    monkeypatch.setattr(os, "open", opening)
    descriptor = locked(place, tmp_path / "a")
    assert os.path.samestat(os.fstat(descriptor), place.stat())
    os.close(descriptor)


def test_a_model_that_is_not_compiled_is_answered_by_scikit_learn(
    pristine_own: Path, tables: Path, tmp_path: Path
) -> None:
    """From several threads, in the order of the rows."""
    artifact = open_version(pristine_own, Trust(pickles=True))
    assert artifact.predictor.kind == "scikit-learn"
    version = BulkVersion(artifact, "1")
    options = Options(passed=("id",))
    asking = Asking(version, options, "parquet", 4, 60)
    source = open_source(str(tables / "in.parquet"), "parquet", version, options)
    assert to_file(asking, source, None, tmp_path / "a.parquet", lambda *_: None) == Summary(400, len(BAD))
    body = scored(version, "parquet", "parquet", (tables / "in.parquet").read_bytes(), options)
    given, expected = parquet.read_table(tmp_path / "a.parquet"), parquet.read_table(pa.BufferReader(body))
    assert given["id"].to_pylist() == list(range(400))
    assert given["label"].equals(expected["label"])

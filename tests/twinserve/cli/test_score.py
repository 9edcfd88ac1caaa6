"""`twinserve score`: from its arguments to what is written, said and returned."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import parquet

from harness import fruit
from twinserve.cli.main import main
from twinserve.store.registry import Registry

Score = Callable[..., int]


@pytest.fixture
def folder(pristine_fruit: Path, tmp_path: Path) -> Path:
    """A store whose champion is a model of fruit, and tables of 50 rows."""
    shutil.copytree(pristine_fruit.parents[1], tmp_path / "store")
    Registry(tmp_path / "store", "fruit").promote(1)
    frame = fruit.table(50).features.assign(id=range(50))
    frame.to_parquet(tmp_path / "in.parquet")
    frame.to_csv(tmp_path / "in.csv", index=False)
    return tmp_path


@pytest.fixture
def score(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Score:
    """Run the command in that folder; gives its exit code."""
    monkeypatch.chdir(folder)
    return lambda *arguments: main(["score", *arguments, "--artifacts", "store", "--pass", "id"])


def test_a_table_is_answered(score: Score, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line on standard error says how many rows; standard output has nothing."""
    assert score("in.csv", "out.parquet", "--coverage", "0.9", "--version", "1", "--model", "fruit") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"50 rows in [0-9.]+ s \([0-9,]+ a second\)\n", said.err)
    table = parquet.read_table("out.parquet")
    assert table.column_names[:2] == ["id", "label"]
    assert "set" in table.column_names
    assert table["id"].to_pylist() == [str(row) for row in range(50)]


@pytest.mark.parametrize("written", [["-"], ["sqlite:///out.db", "--table", "answers"]])
def test_what_cannot_go_on_has_no_rows_of_an_earlier_run(
    score: Score, capsys: pytest.CaptureFixture[str], written: list[str]
) -> None:
    """All rows are its own, and count for its rate."""
    assert score("in.csv", *written, *(["--to", "csv"] if written == ["-"] else [])) == 0
    assert re.fullmatch(r"50 rows in [0-9.]+ s \([0-9,]+ a second\)\n", capsys.readouterr().err)


def test_rows_with_errors_have_an_exit_code(score: Score, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything is written nevertheless."""
    (folder / "in.csv").write_text("weight,skin.colour,id\n-1,red,7\n100,red,8\n")
    assert score("in.csv", "out.csv") == 4
    assert "2 rows" in (said := capsys.readouterr().err)
    assert said.endswith("; 1 have errors in place of an answer\n")
    first, second = csv.DictReader((folder / "out.csv").read_text().splitlines())
    assert (first["id"], first["label"], json.loads(first["error"])[0]["code"]) == ("7", "", "bound")
    assert (second["label"], second["error"]) == ("apple", "")


def test_explanations_stand_beside_the_answers(score: Score, folder: Path) -> None:
    """As `POST /explain` gives them."""
    assert score("in.parquet", "out.ndjson", "--explain", "--top", "1", "--class", "pear") == 0
    for line in (folder / "out.ndjson").read_text().splitlines():
        explanation = json.loads(line)["explanation"]
        assert (explanation["class"], len(explanation["contributions"])) == ("pear", 1)


def test_a_folder_gives_a_folder(score: Score, folder: Path) -> None:
    """With a file for each table, in the folders where these are; it replaces no other."""
    frame = fruit.table(9).features.assign(id=1)
    for name in ("in/b.parquet", "in/year=1/a.parquet", "in/_x.parquet", "in/readme.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(folder / name)
    assert score("in", "out") == 0
    found = [str(path.relative_to(folder / "out")) for path in sorted((folder / "out").rglob("*")) if path.is_file()]
    assert found == ["b.parquet", "year=1/a.parquet"]
    assert parquet.read_table(folder / "out" / "b.parquet").num_rows == 9
    assert score("in", "out") == 2
    assert score("in", "csv", "--to", "csv", "--resume") == 0
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(("csv", "out"))) == ["csv", "out"]
    assert (folder / "csv" / "b.parquet.csv").read_text().startswith("id,label,")


def test_standard_streams(score: Score, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Their form must be said; answers have that of the rows unless another is given."""
    for to, begins in (([], "id,label,"), (["--to", "ndjson"], '{"id":"0",')):
        with (folder / "in.csv").open() as given, (tmp_path / "out").open("w+") as taken:
            monkeypatch.setattr(sys, "stdin", given)
            monkeypatch.setattr(sys, "stdout", taken)
            assert score("-", "-", "--format", "csv", *to) == 0
        assert (tmp_path / "out").read_text().startswith(begins)


def test_a_database_is_read_and_written(score: Score, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Into a new table, all or nothing."""
    frame = fruit.table(50).features.assign(id=range(50))
    with sqlite3.connect(folder / "fruit.db") as database:
        frame.to_sql("fruit", database, index=False)
    query = ["--query", "select * from fruit order by id"]
    assert score("sqlite:///fruit.db", "out.csv", *query) == 0
    assert score("in.csv", "sqlite:///out.db", "--table", "answers") == 0
    with sqlite3.connect(folder / "out.db") as database:
        held = pd.read_sql_query("select * from answers", database)
    assert score("in.csv", "all.csv") == 0
    written = pd.read_csv(folder / "all.csv", dtype={"id": str})
    assert held.drop(columns="error").equals(written.drop(columns="error"))
    assert (folder / "out.csv").read_text() == (folder / "all.csv").read_text()
    capsys.readouterr()
    assert score("in.csv", "sqlite:///out.db", "--table", "answers") == 2
    assert "is there already" in capsys.readouterr().err
    assert score("sqlite:///fruit.db", "x.csv", "--query", "select * from nowhere") == 1
    assert "no such table: nowhere" in capsys.readouterr().err
    assert score("sqlite:///none.db", "x.csv", "--query", "select 1") == 2
    assert "Cannot read 'none.db': No such file or directory." in capsys.readouterr().err
    assert not (folder / "none.db").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing.csv", "out.csv"], "Cannot read 'nothing.csv': No such file or directory."),
        (["nothing/", "out/"], "Cannot read 'nothing': No such file or directory."),
        (["in.csv", "in.csv"], "'in.csv' is the table itself"),
        (["in.csv", "no/out.csv"], "There is no folder 'no'"),
        (
            ["in.csv", "out.txt"],
            "The ending of 'out.txt' names no form; give --to with one of: ndjson, csv, arrow, parquet",
        ),
        (["-", "out.csv"], "Standard input names no form; give --format"),
        (["in.csv", "out.csv.gz"], "Answers are not packed: leave out the last ending of 'out.csv.gz'"),
        (["in.csv", "store", "--to", "csv"], "'store' is a folder; name a file in it"),
        (["in.csv", "out.csv", "--pass", "number"], "There is no column 'number'."),
        (["in.csv", "out.csv", "--coverage", "0.2"], "coverage: Must be from 0.5 to 0.99."),
        (["in.csv", "out.csv", "--explain", "--class", "plum"], "class: The model does not have this class."),
    ],
)
def test_what_cannot_be_done_is_told(
    score: Score, folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    """In one sentence, with exit code 2; nothing is written."""
    before = sorted(folder.iterdir())
    assert score(*arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("twinserve: ")
    assert sentence in said
    assert said.count("\n") == 1
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-", "out.csv", "--resume"], "--resume takes files only"),
        (["in.csv", "-", "--resume"], "--resume takes files only"),
        (["sqlite:///x.db", "out.csv"], "IN is the URL of a database: give --query"),
        (["in.csv", "out.csv", "--query", "select 1"], "--query belongs to a database, whose URL IN is"),
        (["in.csv", "sqlite:///x.db"], "OUT is the URL of a database: give --table"),
        (["in.csv", "out.csv", "--table", "answers"], "--table belongs to a database, whose URL OUT is"),
        (["in.csv", "out.csv", "--top", "3"], "--class and --top belong to --explain"),
    ],
)
def test_options_that_contradict_each_other_are_a_wrong_usage(
    score: Score, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    """As the parser tells it."""
    with pytest.raises(SystemExit) as end:
        score(*arguments)
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_table_without_the_columns_is_refused(score: Score, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each column is named before the first row."""
    (folder / "in.csv").write_text("skin.colour,id,price\nred,1,2\n")
    assert score("in.csv", "out.csv") == 2
    assert capsys.readouterr().err == (
        "twinserve: The table does not fit the model. /weight: This field is required. "
        "/price: This field is not part of the input.\n"
    )


@pytest.mark.parametrize(
    ("read", "written"),
    [
        ("a.csv.partial", "a.csv"),
        ("a.csv.journal", "a.csv"),
        ("link.csv", "a.csv"),
        ("a.csv.partial", "to_a.csv"),
        ("same.csv", "h.csv"),
        ("f.partial", "f"),
        ("f.partial/g", "f"),
        ("f.journals", "f"),
        ("linked", "f"),
        ("linked", "linked/out"),
        ("sqlite:///a.csv.partial", "a.csv"),
    ],
)
def test_no_table_is_destroyed_by_its_answers(
    score: Score, folder: Path, capsys: pytest.CaptureFixture[str], read: str, written: str
) -> None:
    """Whatever stands beside the answers until they are whole, and whatever leads there."""
    tables = [folder / name for name in ("a.csv.partial", "a.csv.journal", "f.partial/g/t.csv", "f.journals/t.csv")]
    for path in tables:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((folder / "in.csv").read_bytes())
    (folder / "link.csv").symlink_to("a.csv.partial")
    (folder / "to_a.csv").symlink_to("a.csv")
    (folder / "linked").mkdir()
    (folder / "linked" / "t.csv").symlink_to(folder / "f.partial" / "g" / "t.csv")
    (folder / "same.csv").write_bytes((folder / "in.csv").read_bytes())
    (folder / "h.csv.partial").hardlink_to(folder / "same.csv")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    query = ["--query", "select 1"] if "://" in read else ["--format", "csv"]
    assert score(read, written, *query) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "another name" in said or "elsewhere" in said
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_table_in_the_folder_of_the_answers_is_told_as_that(
    score: Score, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not that folder itself."""
    (folder / "out" / "in").mkdir(parents=True)
    (folder / "out" / "in" / "a.csv").write_bytes((folder / "in.csv").read_bytes())
    assert score("out/in", "out") == 2
    assert "'out/in' is in 'out', which would be written over; give" in capsys.readouterr().err


def test_what_is_no_file_is_not_replaced_by_one(score: Score, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A FIFO, which stands here for a device too: no test names one, as a fault would take it from the machine."""
    os.mkfifo(folder / "pipe.csv")
    (folder / "link.csv").symlink_to("pipe.csv")
    for name in ("pipe.csv", "link.csv"):
        assert score("in.csv", name) == 2
        assert (
            f"'{name}' is no file; to write to a device, a pipe or a socket, give - as OUT." in capsys.readouterr().err
        )
        assert (folder / name).is_fifo()


def test_a_link_is_followed(score: Score, folder: Path) -> None:
    """Its target has the answers, and what stands beside them until then; the link stays."""
    (folder / "there").mkdir()
    (folder / "link.csv").symlink_to("there/out.csv")
    assert score("in.csv", "link.csv") == 0
    assert (folder / "link.csv").is_symlink()
    assert [path.name for path in (folder / "there").iterdir()] == ["out.csv"]


@pytest.mark.parametrize(("names", "to"), [(["c/a", "c/a.csv"], []), (["a.csv", "a.csv.ndjson"], ["--to", "ndjson"])])
def test_two_tables_do_not_share_a_name(
    score: Score, folder: Path, capsys: pytest.CaptureFixture[str], names: list[str], to: list[str]
) -> None:
    """The answers to one of them would be lost."""
    for name in names:
        (folder / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "d" / name).write_bytes((folder / "in.csv").read_bytes())
    assert score("d", "out", "--format", "csv", *to) == 2
    said = capsys.readouterr().err
    assert all(repr(f"d/{name}") in said for name in names)
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("name", "content", "code", "sentence"),
    [
        ("b.parquet", b"no such thing", 1, "d/b.parquet: The bytes are no Parquet file."),
        ("b.csv", b"id,price\n1,2\n", 2, "d/b.csv: The table does not fit the model. /weight: This field is required."),
        ("b.csv", b"weight,skin.colour\n1,red\n", 2, "d/b.csv: pass: There is no column 'id'."),
        (
            "b.csv",
            b"weight;skin.colour;id\n1;red;1\n",
            2,
            "d/b.csv: The names in the header are separated by semicolons.",
        ),
    ],
)
def test_a_failure_in_a_folder_names_the_file(
    score: Score, folder: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, code: int, sentence: str
) -> None:
    """As it was given."""
    (folder / "d").mkdir()
    (folder / "d" / "a.csv").write_bytes((folder / "in.csv").read_bytes())
    (folder / "d" / name).write_bytes(content)
    assert score("d", "out") == code
    assert capsys.readouterr().err.startswith(f"twinserve: {sentence}")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_is_told(
    score: Score, folder: Path, capsys: pytest.CaptureFixture[str], separator: str
) -> None:
    """In place of a list of columns that seem to be missing."""
    (folder / "in.csv").write_text((folder / "in.csv").read_text().replace(",", separator))
    assert score("in.csv", "out.csv") == 2
    assert "The names in the header are separated by " in capsys.readouterr().err


DAMAGED = '{"run":{}}\n{"place":1,"rows":1,"bad_rows":0,"size":"9","note":""}\n'


@pytest.mark.parametrize("content", ["hi\n", "[]\n", "{}\n", "hi", '{"run":{}}\n', DAMAGED])
def test_a_foreign_journal_is_told(
    score: Score, folder: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    """In a sentence; nothing is changed."""
    (folder / "out.csv.journal").write_text(content)
    before = sorted(folder.iterdir())
    assert score("in.csv", "out.csv", "--resume") == 2
    assert "Leave out --resume to begin anew." in capsys.readouterr().err
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("content", ["", "{", '{"run":{"ta'])
def test_a_journal_that_was_hardly_begun_is_begun_anew(score: Score, folder: Path, content: str) -> None:
    """A power cut may leave a part of its first line: there are no rows to go on behind."""
    (folder / "out.csv.journal").write_text(content)
    (folder / "out.csv.partial").write_text("id,lab")
    assert score("in.csv", "out.csv", "--resume") == 0
    assert (folder / "out.csv").read_text().count("\n") == 51


def test_the_version_that_is_not_there_is_a_failure(score: Score) -> None:
    """As with the other commands."""
    assert score("in.csv", "out.csv", "--version", "9") == 1
    assert score("in.csv", "out.csv", "--name", "nope") == 1


def test_a_full_disk_is_that_of_the_answers(
    score: Score, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not the store's."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("twinserve.bulk.files.journal.os.fsync", full)
    assert score("in.csv", "out.csv") == 1
    assert "No space left on device: out.csv." in capsys.readouterr().err


def test_closed_standard_output_is_a_failure(folder: Path) -> None:
    """Nobody would have the answers."""
    words = program(folder, "in.csv", "-")
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "twinserve: Standard output is closed.\n")


ROWS = 1_500_000


@pytest.fixture(scope="module")
def large(pristine_fruit: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store and a table that takes seconds."""
    folder = tmp_path_factory.mktemp("large")
    shutil.copytree(pristine_fruit.parents[1], folder / "store")
    Registry(folder / "store", "fruit").promote(1)
    fruit.table(ROWS).features.assign(id=range(ROWS)).to_parquet(folder / "in.parquet", row_group_size=100_000)
    return folder


def program(folder: Path, *arguments: str) -> list[str]:
    """The command as a process."""
    given = [str(folder / one) if one.startswith(("in.", "out.", "all.")) else one for one in arguments]
    return [sys.executable, "-m", "twinserve.cli.main", "score", *given, "--artifacts", str(folder / "store")]


@pytest.mark.long
@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_run_that_is_killed_at_any_moment_goes_on(large: Path, ending: str) -> None:
    """By SIGKILL, again and again, at moments that nobody chose: the file has the bytes of a run without."""
    begun = time.monotonic()
    subprocess.run(program(large, "in.parquet", f"all.{ending}", "--pass", "id"), check=True, capture_output=True)
    takes = time.monotonic() - begun
    target, moments, kills = large / f"out.{ending}", random.Random(0), 0
    for run in range(100):
        process = subprocess.Popen(program(large, "in.parquet", target.name, "--pass", "id", "--resume"))
        try:
            assert process.wait(takes * moments.uniform(0.4, 0.8 + run / 4)) == 0
            break
        except subprocess.TimeoutExpired:
            assert not target.exists() or target.stat().st_size == (large / f"all.{ending}").stat().st_size
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    assert kills
    assert target.read_bytes() == (large / f"all.{ending}").read_bytes()
    assert not [path for path in large.iterdir() if path.name.endswith((".partial", ".journal"))]


@pytest.mark.long
def test_memory_does_not_grow_with_the_rows(large: Path) -> None:
    """Ten times as many rows take no more than a few batches beside."""

    def peak(rows: int) -> int:
        frame = fruit.table(rows).features
        frame.to_parquet(large / f"in.{rows}.parquet", row_group_size=100_000)
        process = subprocess.Popen(program(large, f"in.{rows}.parquet", f"out.{rows}.parquet"))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_maxrss

    assert peak(3_000_000) < 1.35 * peak(300_000)

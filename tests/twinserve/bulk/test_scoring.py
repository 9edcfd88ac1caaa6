"""Many rows, answered piece by piece, are answered as `POST /predict` answers each of them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twinserve.bulk.made import opened, scored
from twinserve.bulk import forms
from twinserve.bulk.forms import MEDIA_TYPES, Answer, Form, form_of, form_of_media_type
from twinserve.bulk.malformed import MalformedTable, TooManyCells
from twinserve.bulk.options import Bounds, Options
from twinserve.bulk.reading import lines as reading
from twinserve.bulk.reading.csv_records import Records
from twinserve.bulk.reading.lines import LONGEST
from twinserve.bulk.scoring import Scoring
from twinserve.bulk.version import BulkVersion
from twinserve.errors import AskedWrongly
from twinserve.signature.request.diagnosis import InvalidInput

RED = {"weight": 120, "skin": {"colour": "red", "spots": 2}}
WRAPPED = 23_936_532 * 86_400
"""Seconds of 65,536 years: Arrow writes the year 67506 of a column with a zone as 1970."""
BOUND = {"pointer": "/weight", "code": "bound", "detail": "Must be greater than 0."}


@pytest.fixture(scope="module")
def pear(pristine_fruit: Path) -> BulkVersion:
    """Fruit: a number, a category and a number that may be null."""
    return opened(pristine_fruit.parents[1])


def lines(rows: Iterable[Any]) -> bytes:
    """Rows as NDJSON."""
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def read(answer: bytes) -> list[Any]:
    """The lines of an answer."""
    return [json.loads(line) for line in answer.splitlines()]


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_bad_line_is_told_in_its_place_and_ends_nothing(pear: BulkVersion, size: int) -> None:
    """However the bytes are cut: no JSON, no object, two instances in a line, and one that spans two lines."""
    one = json.dumps(RED)
    body = f'{one}\n\n{{"weight":-1,"skin":{{"colour":"red"}}}}\n3\n{one},{one}\n{{"weight":1\n"skin":2}}\n{one}'
    answers = read(scored(pear, "ndjson", "ndjson", body.encode(), size=size))
    assert [answer.get("label") or answer["errors"][0]["code"] for answer in answers] == [
        "apple",
        "bound",
        "type",
        *["malformed-json"] * 3,
        "apple",
    ]
    assert answers[1] == {"errors": [BOUND]}


def test_the_answer_in_json_is_that_to_an_array(pear: BulkVersion) -> None:
    """With pointers that begin at the row."""
    body = lines([RED, {**RED, "weight": 1e9}, {**RED, "weight": -1}])
    answer = json.loads(scored(pear, "ndjson", "json", body))
    assert (answer["model"], answer["version"]) == ("fruit", "1")
    first, second, third = answer["predictions"]
    assert (first["label"], first["warnings"]) == ("apple", [])
    assert [warning["pointer"] for warning in second["warnings"]] == ["/1/weight"]
    assert third == {"errors": [{**BOUND, "pointer": "/2/weight"}]}
    assert json.loads(scored(pear, "ndjson", "json", b""))["predictions"] == []


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
def test_csv_gives_the_same_answers(pear: BulkVersion, size: int) -> None:
    """The empty cell is null, a record may span lines, and a row of another width is told in its place."""
    head = "\ufeffskin.colour,id,weight,skin.spots\r\n"
    table = f'{head}red,"a\nb",120,2\r\nred,2,-1,\r\nred,3\r\ngreen,4,abc,1\r\n"red",5,1e400,'
    answer = scored(pear, "csv", "csv", table.encode(), Options(passed=("id",)), size=size)
    rows = list(csv.DictReader(io.StringIO(answer.decode(), newline="")))
    assert [row["id"] for row in rows] == ["a\nb", "2", "", "4", "5"]
    (line,) = read(scored(pear, "ndjson", "ndjson", lines([RED])))
    assert rows[0]["label"] == line["label"]
    assert float(rows[0]["probabilities.pear"]) == line["probabilities"]["pear"]
    assert [json.loads(row["error"])[0]["code"] for row in rows[1:]] == ["bound", "length", "type", "too-large"]
    assert json.loads(rows[1]["error"]) == [BOUND]


@pytest.mark.parametrize("size", [1, 4, 9, 1 << 20])
def test_a_quote_within_a_text_is_a_letter(pear: BulkVersion, size: int) -> None:
    """It would take the rows after it for one, to the end of the table."""
    table = 'id,weight,skin.colour\n5",120,red\na""b",120,red\n"6""\n",120,red\n"x"y",120,red\n7"",120,red\n'
    answer = scored(pear, "csv", "csv", table.encode(), Options(passed=("id",)), size=size)
    rows = list(csv.DictReader(io.StringIO(answer.decode(), newline="")))
    assert [row["id"] for row in rows] == ['5"', 'a""b"', '6"\n', "", '7""']
    assert [row["label"] for row in rows] == ["apple", "apple", "apple", "", "apple"]


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from('a",\n'), max_size=30), size=st.integers(1, 9))
def test_records_are_cut_alike_wherever_the_bytes_are(text: str, size: int) -> None:
    """And no byte is lost."""
    content, whole, cut = text.encode(), Records(begun=True), Records(begun=True)
    expected = (whole.feed(content), whole.end())
    parts = [cut.feed(content[start : start + size]) for start in range(0, len(content), size)]
    assert (b"".join(parts), cut.end()) == expected
    assert b"".join(expected) == content


@pytest.mark.parametrize("size", [1, 30, 1 << 20])
def test_a_row_that_is_not_utf_8_is_told_in_its_place(pear: BulkVersion, size: int) -> None:
    """Also where it comes with the header; the header itself must be UTF-8."""
    table = b"weight,skin.colour\n120,r\xffd\n120,red\n"
    rows = list(csv.DictReader(io.StringIO(scored(pear, "csv", "csv", table, size=size).decode(), newline="")))
    assert [(row["label"], bool(row["error"])) for row in rows] == [("", True), ("apple", False)]
    with pytest.raises(MalformedTable, match="UTF-8"):
        scored(pear, "csv", "csv", b"weight,skin.col\xffur\n", size=size)
    with pytest.raises(MalformedTable, match="packed, and nothing says so: send Content-Encoding"):
        scored(pear, "csv", "csv", gzip.compress(table), size=size)


@pytest.mark.parametrize(("separator", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
@pytest.mark.parametrize("header", ["weight,skin.colour", '"weight","skin.colour"', 'id,"weight"', '\n"id",weight'])
def test_another_separator_is_told(pear: BulkVersion, header: str, separator: str, word: str) -> None:
    """However the names are quoted: R's `write.csv2` quotes all."""
    table = f"{header}\n120,red\n".replace(",", separator)
    with pytest.raises(MalformedTable, match=f"separated by {word}"):
        scored(pear, "csv", "csv", table.encode())
    with pytest.raises(MalformedTable, match=r"The header is not CSV\."):
        scored(pear, "csv", "csv", f'"a"{separator}"b"\n'.encode())


def test_columns_are_checked_before_the_first_row(pear: BulkVersion) -> None:
    """One that is missing, one that is unknown; one that comes back is not."""
    with pytest.raises(InvalidInput) as caught:
        scored(pear, "csv", "ndjson", b"weight,id,skin.spots,weight\n1,2,3,4\n")
    assert [(error["pointer"], error["code"]) for error in caught.value.errors] == [
        ("/skin/colour", "missing"),
        ("/id", "unknown"),
        ("/weight", "duplicate"),
    ]
    with pytest.raises(AskedWrongly, match="no column 'number'"):
        scored(pear, "csv", "csv", b"weight,skin.colour\n", Options(passed=("number",)))
    with pytest.raises(AskedWrongly, match="'label' is a column of the answer"):
        scored(pear, "csv", "csv", b"weight,skin.colour,label\n", Options(passed=("label",)))
    assert scored(pear, "csv", "csv", b"weight,skin.colour\n").startswith(b"label,")


@pytest.mark.parametrize("name", ["label", "probabilities", "probabilities.pear", "warnings", "errors", "error"])
@pytest.mark.parametrize("writes", ["ndjson", "json", "csv", "parquet"])
def test_a_name_of_the_answer_does_not_come_back(pear: BulkVersion, name: str, writes: Any) -> None:
    """An object would have two members of this name."""
    with pytest.raises(AskedWrongly, match=f"'{name}' is a column of the answer"):
        scored(pear, "ndjson", writes, b"", Options(passed=(name,)))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b'"\xff"', "malformed-json"),
        (b"[" * 100_000, "depth"),
        (b"[" * 150 + b"]" * 150, "depth"),
        (b'"\\ud800"', "malformed-json"),
    ],
)
def test_a_member_that_comes_back_is_read_as_strictly(pear: BulkVersion, value: bytes, code: str) -> None:
    """What is no JSON is told in the place of its row."""
    body = b'{"id":' + value + b',"weight":120,"skin":{"colour":"red"}}\n' + lines([{"id": 1, **RED}])
    for writes in ("ndjson", "csv", "parquet"):
        assert scored(pear, "ndjson", writes, body, Options(passed=("id",)))
    first, second = read(scored(pear, "ndjson", "ndjson", body, Options(passed=("id",))))
    assert (first["id"], first["errors"][0]["code"], second["label"]) == (None, code, "apple")


def test_lines_may_be_nested_as_deep_as_is_asked_for(pristine_fruit: Path) -> None:
    """The limit is that of a body of the same server."""
    artifact = opened(pristine_fruit.parents[1]).artifact
    body = lines([{**RED, "x": [[[1]]]}])
    for depth, code in ((4, "depth"), (9, "unknown")):
        (answer,) = read(scored(BulkVersion(artifact, "1", max_depth=depth), "ndjson", "ndjson", body))
        assert answer["errors"][0]["code"] == code


def test_columns_of_any_type_come_back_or_are_refused(pear: BulkVersion) -> None:
    """Before the first row; what Python has no value for is told as Arrow tells it."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")

    def answers(column: Any, writes: Answer) -> bytes:
        table = pa.table({"weight": [120.0], "skin.colour": ["red"], "skin.spots": [2.0], "note": column})
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return scored(pear, "arrow", writes, sink.getvalue(), Options(passed=("note",)))

    for value, kind, expected in (
        (1001, pa.timestamp("ns"), "1970-01-01T00:00:00.000001"),
        (253402300800, pa.timestamp("s"), "10000-01-01 00:00:00"),
        (2**62, pa.timestamp("us", "UTC"), f"<value out of range: {2**62}>"),
        (WRAPPED, pa.timestamp("s", "UTC"), f"<value out of range: {WRAPPED}>"),
        (0, pa.timestamp("us", "No/Where"), "1970-01-01T00:00:00Z"),
        (2**31 - 1, pa.date32(), f"<value out of range: {2**31 - 1}>"),
        (2**63 - 1, pa.duration("s"), str(2**63 - 1)),
        (5000, pa.duration("ns"), "PT0.000005S"),
        (b"abc", pa.binary(), "YWJj"),
    ):
        column = pa.array([value], kind)
        for held in (column, column.dictionary_encode()):
            assert read(answers(held, "ndjson"))[0]["note"] == expected
            (row,) = csv.DictReader(io.StringIO(answers(held, "csv").decode(), newline=""))
            assert row["note"] == expected
            assert pa.ipc.open_stream(answers(held, "arrow")).read_all()["note"].type == kind
    assert parquet.read_table(io.BytesIO(answers(pa.array([2**62], pa.timestamp("us")), "parquet"))).num_rows == 1
    with pytest.raises(MalformedTable, match="has a value that Parquet cannot hold"):
        answers(pa.array([2**62], pa.timestamp("s")), "parquet")
    union = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1]), pa.array(["a"])])
    for column in (union, pa.array([[0]], pa.list_(pa.date32()))):
        with pytest.raises(InvalidInput) as caught:
            answers(column, "ndjson")
        assert [(error["pointer"], error["code"]) for error in caught.value.errors] == [("/note", "type")]


def test_a_time_zone_that_is_not_utf_8_is_told(pear: BulkVersion) -> None:
    """Wherever it stands, and whether or not its column comes back."""
    pa = pytest.importorskip("pyarrow")
    instants = pa.array([0], pa.timestamp("ns", "No/Where"))
    for column in (instants, instants.dictionary_encode(), pa.array([[0]], pa.list_(instants.type))):
        table = pa.table({"weight": [120.0], "skin.colour": ["red"], "note": column})
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        body = sink.getvalue().replace(b"No/Where", b"No/W\xff\xffre")
        for passed in ((), ("note",)):
            with pytest.raises(MalformedTable, match="UTF-8"):
                scored(pear, "arrow", "ndjson", body, Options(passed=passed))


NULLABLE, REQUIRED = b"\x25\x02\x18\x06weight", b"\x25\x00\x18\x06weight"
"""How the footer of Parquet begins to describe that column."""


def test_a_footer_that_contradicts_itself_is_told(pear: BulkVersion) -> None:
    """A nullable column that is called required: where pyarrow looks at that chunk's facts, it ends the process."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    sink = io.BytesIO()
    parquet.write_table(pa.table({"weight": [120.0], "skin.colour": ["red"]}), sink)
    assert sink.getvalue().count(NULLABLE) == 1
    with pytest.raises(MalformedTable, match="damaged"):
        scored(pear, "parquet", "ndjson", sink.getvalue().replace(NULLABLE, REQUIRED))


def test_parquet_is_bounded_by_the_bytes_of_what_is_read(pear: BulkVersion) -> None:
    """A page of a few bytes unpacks to any number."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    sink = io.BytesIO()
    note = pa.array(["x" * 100_000])
    parquet.write_table(pa.table({"weight": [120.0], "skin.colour": ["red"], "note": note}), sink)

    def answer(passed: tuple[str, ...], bounds: Bounds) -> None:
        scoring = Scoring(pear, "parquet", "ndjson", Options(passed=passed), bounds=bounds)
        scoring.feed(sink.getvalue())
        list(scoring.end())

    answer(("note",), Bounds())
    for bounds in (Bounds(cells=50_000), Bounds(chunk=50_000)):
        with pytest.raises(TooManyCells, match=r"unpacked|in a group"):
            answer(("note",), bounds)


def test_a_column_of_structs_in_structs_comes_back_as_what_it_is(pear: BulkVersion) -> None:
    """In Arrow and Parquet a number stays one, however deep it stands."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    deep = pa.array([{"b": {"c": 1}}, {"b": {"c": 2}}])
    sink = io.BytesIO()
    table = pa.table({"weight": [120.0, 120.0], "skin.colour": ["red", "red"], "a": deep})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    options = Options(passed=("a.b.c",))
    streamed = pa.ipc.open_stream(scored(pear, "arrow", "arrow", sink.getvalue(), options)).read_all()
    filed = parquet.read_table(io.BytesIO(scored(pear, "arrow", "parquet", sink.getvalue(), options)))
    for answers in (streamed, filed):
        assert answers["a.b.c"].type == pa.int64()
        assert answers["a.b.c"].to_pylist() == [1, 2]


def test_members_that_come_back_stand_first(pear: BulkVersion) -> None:
    """As they were written, null where a line has none, also beside errors."""
    body = lines([{"id": [1, "%s"], **RED}, RED, {"id": 1.50, **RED, "weight": -1}])
    answers = read(scored(pear, "ndjson", "ndjson", body, Options(passed=("id", "skin.colour"))))
    assert [list(answer)[:2] for answer in answers] == [["id", "skin.colour"]] * 3
    assert [answer["id"] for answer in answers] == [[1, "%s"], None, 1.5]
    assert answers[2] == {"id": 1.5, "skin.colour": "red", "errors": [BOUND]}


def test_members_within_lists_come_back_by_their_places(pear: BulkVersion) -> None:
    """A place is written in one way; a name may stand for a whole path, too."""
    row = {"w": [1, {"a": [[2]]}, 3], "w.2": "flat", "n": 5, **RED}
    none = ("w.3", "w.00", "w.-1", "w.\u0661", "w.", "w.99999999999999999999", "n.0", "w.1.b")
    names = ("w.0", "w.1.a.0.0", "w.2", *none)
    (answer,) = read(scored(pear, "ndjson", "ndjson", lines([row]), Options(passed=names)))
    assert [answer[name] for name in names] == [1, 2, "flat", *[None] * len(none)]


def test_a_list_is_looked_into_once_for_all_names(pear: BulkVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its items get no names: one of 8 MB took 600 MB, and 5 s for each name."""
    decoder, decoded = reading.GROUP, list[int]()

    class Counting:
        def decode(self, group: bytes) -> Any:
            decoded.append(len(group))
            return decoder.decode(group)

    monkeypatch.setattr(reading, "GROUP", Counting())
    row = lines([{"w": {"v": [1] * 100_000}, **RED}]).strip()
    reader = reading.LineReader(pear, tuple(f"w.v.{place}" for place in range(50)))
    tracemalloc.start()
    try:
        assert reader([row]).passed["w.v.49"] == [msgspec.Raw(b"1")]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(decoded) == 2
    assert most < 10_000_000


def test_every_form_is_known_by_a_name_and_a_media_type() -> None:
    """Whatever the case and the parameters."""
    assert {form_of_media_type(text) for text in MEDIA_TYPES.values()} == {*get_args(Form), None}
    assert form_of_media_type("Text/CSV; Charset=UTF-8") == "csv"
    assert (form_of("a.b/C.JSONL"), form_of("x.parquet"), form_of("x")) == ("ndjson", "parquet", None)


def test_without_pyarrow_lines_and_csv_are_answered(pear: BulkVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long they are; the other forms say what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr(forms, "find_spec", lambda _name: None)
    table = "weight,skin.colour\n" + "120,red\n" * 3000
    assert scored(pear, "csv", "csv", table.encode()).count(b"apple,") == 3001
    for reads, writes in (("arrow", "ndjson"), ("parquet", "json"), ("csv", "arrow"), ("ndjson", "parquet")):
        with pytest.raises(forms.NeedsPyarrow, match="twinserve\\[train\\]"):
            scored(pear, cast(Any, reads), cast(Any, writes), b"")


def test_a_line_that_is_too_long_is_told_and_dropped(pear: BulkVersion) -> None:
    """As a body of its size would be; the lines around it are answered."""
    long = b'{"weight":1,"x":"' + b"x" * LONGEST + b'"}\n'
    body = lines([RED]) + long + lines([RED])
    answers = read(scored(pear, "ndjson", "ndjson", body, Options(passed=("weight",))))
    assert [answer.get("label") or answer["errors"][0]["code"] for answer in answers] == ["apple", "length", "apple"]
    assert [answer["weight"] for answer in answers] == [120, None, 120]


def test_a_row_of_csv_that_never_ends_is_refused(pear: BulkVersion) -> None:
    """A quote that nothing closes would take all memory."""
    with pytest.raises(MalformedTable, match="A row may have"):
        scored(pear, "csv", "csv", b'weight,skin.colour\n1,"' + b"red\n" * (LONGEST // 3))


def test_a_column_of_another_type_is_told_before_the_first_row(pear: BulkVersion) -> None:
    """Text in place of numbers, numbers in place of text; a column of nulls fits any."""
    pa = pytest.importorskip("pyarrow")

    def stream(table: Any) -> bytes:
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.getvalue()

    wrong = pa.table({"weight": ["1"], "skin.colour": [1], "skin.spots": pa.nulls(1)})
    with pytest.raises(InvalidInput) as caught:
        scored(pear, "arrow", "ndjson", stream(wrong))
    assert caught.value.errors == [
        {"pointer": "/weight", "code": "type", "detail": "Must be a number."},
        {"pointer": "/skin/colour", "code": "type", "detail": "Must be a string."},
    ]
    nested = pa.table({"weight": [120], "skin": [{"colour": "red", "spots": 2.0}]})
    assert read(scored(pear, "arrow", "ndjson", stream(nested))) == read(scored(pear, "ndjson", "ndjson", lines([RED])))

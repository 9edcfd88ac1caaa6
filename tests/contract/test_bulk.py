"""`POST /predict` in bulk, in process, at all doors alike: forms, encodings, refusals, rows told in place."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from typing import IO, Any, Final

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tests.contract.conftest import OpenDoors
from tests.doors import Both
from twinserve.service.http.unpacking import PIECE, ZSTD
from twinserve.service.inference.question import Question
from twinserve.service.protocols.bulk.dialect import BULK
from twinserve.service.protocols.dialect import Asked
from twinserve.signature import Feature, FeatureType, Signature
from twinserve.testing.answer import Answer
from twinserve.testing.fakes import FakePredictor, PickyPredictor, car, opened, service_of, signature

TYPES: Final = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
NDJSON, CSV = {"Content-Type": TYPES["ndjson"]}, {"Content-Type": TYPES["csv"]}
Rows = list[dict[str, Any]]


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """The leaves of an instance by their dotted paths."""
    if isinstance(value, (dict, list)):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        return {
            name: leaf
            for key, child in members
            for name, leaf in flat(child, f"{path}.{key}" if path else str(key)).items()
        }
    return {path: value}


def as_csv(rows: Rows, end: str = "\r\n") -> bytes:
    """As a table that the default dialect of Python writes."""
    file = io.StringIO()
    flats = [flat(row) for row in rows]
    writer = csv.DictWriter(file, flats[0], lineterminator=end)
    writer.writeheader()
    for one in flats:
        writer.writerow({name: _cell(value) for name, value in one.items()})
    return file.getvalue().encode()


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def as_lines(rows: Rows) -> bytes:
    """An instance on each line."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def as_table(rows: Rows) -> pa.Table:
    """Numbers, texts and truth values in columns of their own."""
    columns = [flat(row) for row in rows]
    return pa.table(
        {
            name: pa.array([float(row[name]) if type(row[name]) is int else row[name] for row in columns])
            for name in columns[0]
        }
    )


def as_arrow(rows: Rows) -> bytes:
    """As a stream with batches of two rows."""
    sink, table = io.BytesIO(), as_table(rows)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue()


def as_parquet(rows: Rows) -> bytes:
    """As a file."""
    sink = io.BytesIO()
    parquet.write_table(as_table(rows), sink)
    return sink.getvalue()


WRITTEN: Final[Mapping[str, Callable[[Rows], bytes]]] = {
    "ndjson": as_lines,
    "csv": as_csv,
    "arrow": as_arrow,
    "parquet": as_parquet,
}


def rows_of(body: bytes, form: str) -> Rows:
    """The rows of an answer; what is null or empty is left out."""
    if form == "json":
        answers: Rows = json.loads(body)["predictions"]
        return answers
    if form == "ndjson":
        return [json.loads(line) for line in body.splitlines()]
    if form == "csv":
        table: list[Any] = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
    else:
        source = io.BytesIO(body)
        read = pa.ipc.open_stream(source).read_all() if form == "arrow" else parquet.read_table(source)
        table = read.to_pylist()
    return [{name: value for name, value in row.items() if value not in (None, "")} for row in table]


def predictions(both: Both, rows: Rows) -> Rows:
    """What `POST /predict` answers to the same instances."""
    answers: Rows = both.predict(rows).json()["predictions"]
    return answers


def cars(number: int) -> Rows:
    """Different cars, some with warnings, some with null."""
    return [
        car(age=None if age % 5 == 3 else float(age), city="Rome" if age % 7 == 2 else "Oslo") for age in range(number)
    ]


def ask(both: Both, form: str, rows: Rows, accept: str | None = None, query: str = "", **headers: str) -> Answer:
    """Send these rows in this form."""
    sent = {"Content-Type": TYPES[form], **headers, **({} if accept is None else {"Accept": accept})}
    return both.send("POST", f"/predict{query}", WRITTEN[form](rows), sent)


@pytest.mark.parametrize("reads", TYPES)
@pytest.mark.parametrize("writes", [*TYPES, "json"])
def test_every_form_is_answered_in_every_form(both: Both, reads: str, writes: str) -> None:
    """With the predictions of `POST /predict`, in the order of the rows."""
    rows = cars(9)
    answer = ask(both, reads, rows, TYPES.get(writes, "application/json"))
    media_type = "text/csv; charset=utf-8" if writes == "csv" else TYPES.get(writes, "application/json")
    assert (answer.status, answer.headers["content-type"]) == (200, media_type)
    assert (answer.headers["vary"], answer.headers["cache-control"]) == ("Accept", "no-store")
    assert "content-length" not in answer.headers
    expected, given = predictions(both, rows), rows_of(answer.body, writes)
    if writes == "json":
        assert given == expected
        return
    for number, (got, wanted) in enumerate(zip(given, expected, strict=True)):
        for warning in wanted["warnings"]:  # Pointers begin at the row.
            warning["pointer"] = warning["pointer"].removeprefix(f"/{number}")
        if writes == "ndjson":
            assert got == wanted
            continue
        probabilities = {name: float(got[f"probabilities.{name}"]) for name in wanted["probabilities"]}
        assert {**wanted, "warnings": json.loads(got["warnings"]), "label": got["label"]} == {
            **wanted,
            "probabilities": probabilities,
        }


@pytest.mark.parametrize("form", TYPES)
@pytest.mark.parametrize("size", [1, 13, 1_000])
def test_it_does_not_matter_where_a_body_is_cut(both: Both, form: str, size: int) -> None:
    """Between the bytes of a number, of a letter, of a quoted line end, of a frame."""
    rows = [car(maker=maker) for maker in ('Ško"da', "two\nlines", "semi;colon", "plain")]
    body = WRITTEN[form](rows)
    whole = ask(both, form, rows).body
    assert len(rows_of(whole, form)) == len(rows)
    for door in both.doors:
        pieces = chain(in_pieces(body[: 500 * size], size), [body[500 * size :]])
        cut = door.send("POST", "/predict", pieces, {"Content-Type": TYPES[form]})
        assert (cut.status, cut.body) == (200, whole)


def in_pieces(body: bytes, size: int) -> Iterator[bytes]:
    """The body in pieces of that size."""
    return (body[begin : begin + size] for begin in range(0, len(body), size))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [True, False])
def test_csv_as_programs_write_it(both: Both, end: str, mark: bytes, *, last: bool) -> None:
    """With either line end, with a byte order mark, without a line end at its end."""
    rows = cars(3)
    body = mark + as_csv(rows, end)
    answer = both.send("POST", "/predict", body if last else body.removesuffix(end.encode()), CSV)
    assert answer.body == ask(both, "csv", rows).body


def test_a_bad_row_is_told_in_its_place_and_ends_nothing(both: Both) -> None:
    """What `POST /predict` says of it alone, with pointers into the row."""
    rows = cars(5)
    rows[1] = car(age="old")
    rows[3] = car(doors=None) | {"engine": {"power": -1, "cylinders": 4, "turbo": True}}
    lines = as_lines(rows) + b"{broken\n"
    answers = rows_of(both.send("POST", "/predict", lines, NDJSON).body, "ndjson")
    assert len(answers) == 6
    for row in (0, 2, 4):
        assert answers[row]["label"]
    for row in (1, 3):
        assert answers[row] == {"errors": both.predict(rows[row]).json()["errors"]}
    assert answers[5]["errors"] == [
        {"pointer": "", "code": "malformed-json", "detail": "Key must be a string at column 2."}
    ]


def test_a_row_that_the_model_cannot_predict_is_told_in_its_place(open_doors: OpenDoors) -> None:
    both = open_doors(service_of(PickyPredictor()))
    rows = [car(age=1.0), car(age=60.0), car(age=2.0)]
    codes = [
        [error["code"] for error in row.get("errors", ())]
        for row in rows_of(ask(both, "csv", rows, TYPES["ndjson"]).body, "ndjson")
    ]
    assert codes == [[], ["unpredictable"], []]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "age": st.one_of(st.none(), st.floats(0, 60), st.just("x")),
                "maker": st.text(min_size=0, max_size=25),
                "doors": st.one_of(st.none(), st.integers(-3, 9)),
            }
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_each_row_is_answered_as_post_predict_answers_it(both: Both, changes: Rows) -> None:
    """Whatever the values, and whatever stands in the rows beside it."""
    rows = [car(**change) for change in changes]
    answers = rows_of(ask(both, "ndjson", rows).body, "ndjson")
    for row, answer in zip(rows, answers, strict=True):
        alone = both.predict(row).json()
        expected = {name: value for name, value in alone.items() if name not in ("model", "version")}
        assert answer == (expected if "label" in alone else {"errors": alone["errors"]})


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "csv"),
        ("*/*", "csv"),
        ("text/*", "csv"),
        ("application/json", "json"),
        ("application/x-ndjson", "ndjson"),
        ("text/csv;q=0.5, application/vnd.apache.parquet", "parquet"),
        ("application/json;q=0.9, application/x-ndjson;q=0.8", "json"),
        ("text/csv;q=0, */*;q=0.1", "ndjson"),
        ("image/png", "csv"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "csv"),
        ("nonsense", "csv"),
    ],
)
def test_accept_chooses_the_form_of_an_answer(both: Both, accept: str | None, form: str) -> None:
    """The request's own form by default; nothing is ever 406."""
    answer = ask(both, "csv", cars(2), accept)
    assert answer.status == 200
    assert len(rows_of(answer.body, form)) == 2
    assert answer.headers["content-type"].partition(";")[0] == TYPES.get(form, "application/json")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "json"),
        ("*/*", "json"),
        ("text/*", "json"),
        ("application/json, text/csv", "json"),
        ("text/csv;q=0.5, application/json;q=0.4", "csv"),
        ("text/csv, */*;q=0.1", "csv"),
        ("text/csv, */*", "csv"),
        ("TEXT/CSV", "csv"),
        ("text/csv;q=0", "json"),
        ("application/x-ndjson", "ndjson"),
        ("application/vnd.apache.arrow.stream", "arrow"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"),
    ],
)
def test_json_is_answered_in_another_form_only_where_accept_names_it(both: Both, accept: str | None, form: str) -> None:
    rows = cars(3)
    sent = {"Content-Type": "application/json", **({} if accept is None else {"Accept": accept})}
    answer = both.send("POST", "/predict", json.dumps(rows).encode(), sent)
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (
        200,
        TYPES.get(form, "application/json"),
    )
    assert answer.body == (both.predict(rows).body if form == "json" else ask(both, "ndjson", rows, TYPES[form]).body)


def test_json_of_several_steps_is_answered_as_one(open_doors: OpenDoors) -> None:
    """Or refused as one: a row of the last step that cannot be predicted for refuses all."""
    both, sent = open_doors(service_of(max_batch=5_000)), {"Content-Type": "application/json", "Accept": TYPES["csv"]}
    rows = [car(age=float(age % 50), city="Rome" if age % 700 == 2 else "Oslo") for age in range(2_500)]
    for row in rows[1_300:1_400]:
        row["engine.power"] = row["engine"].pop("power")
    answer = both.send("POST", "/predict", json.dumps(rows).encode(), sent)
    assert answer.body == ask(both, "ndjson", rows, TYPES["csv"]).body
    picky = open_doors(service_of(PickyPredictor(), max_batch=5_000))
    body = json.dumps([*rows[:2_100], car(age=60.0), *rows[:50]]).encode()
    refused = picky.send("POST", "/predict", body, sent)
    assert refused.status == 422
    assert refused.json()["errors"] == picky.predict(body).json()["errors"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"[{}]", json.dumps([car(age="x"), car()]).encode()])
def test_json_keeps_its_own_rules_whatever_form_the_answer_should_have(both: Both, body: bytes) -> None:
    """Either all of it is valid, or it is refused, as ever."""
    sent = {"Content-Type": "application/json", "Accept": "text/csv"}
    assert both.send("POST", "/predict", body, sent).body == both.predict(body).body


def test_a_single_instance_may_be_answered_as_a_table(both: Both) -> None:
    sent = {"Content-Type": "application/json", "Accept": "text/csv"}
    answer = both.send("POST", "/predict", json.dumps(car()).encode(), sent)
    assert answer.body == ask(both, "csv", [car()]).body


def test_json_is_bound_by_max_body_and_max_batch(open_doors: OpenDoors) -> None:
    both = open_doors(service_of(max_body=2_000, max_batch=2))
    sent = {"Content-Type": "application/json", "Accept": "text/csv"}
    assert both.send("POST", "/predict", json.dumps([car()] * 3).encode(), sent).status == 422
    assert both.send("POST", "/predict", json.dumps([car()] * 30).encode(), sent).status == 413
    assert ask(both, "ndjson", [car()] * 30).status == 200


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (CSV | {"Content-Type": "text/csv; charset=latin-1"}, "The body must be in UTF-8; another charset was sent."),
        (CSV | {"Content-Type": "text/csv; header=absent"}, "CSV must begin with a header, the names of the columns."),
        (CSV | {"Content-Encoding": "br"}, "Content-Encoding must be identity, gzip or zstd."),
        (CSV | {"Content-Encoding": "gzip, gzip"}, "Content-Encoding must be identity, gzip or zstd."),
        ({"Content-Type": "text/plain"}, "vnd.apache.parquet, in UTF-8; text/plain was sent."),
        (
            {"Content-Type": "application/jsonl"},
            "Content-Type must be application/json, application/x-ndjson, text/csv, ",
        ),
        ({"Accept": "text/csv"}, "in UTF-8; none was sent."),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip", "Accept": "text/csv"}, "must be identity."),
    ],
)
def test_what_is_not_read_is_415(both: Both, headers: dict[str, str], told: str) -> None:
    """By the head, in one sentence that names what is read."""
    answer = both.send("POST", "/predict", b"x", headers)
    assert (answer.status, answer.json()["type"]) == (415, "urn:twinserve:problem:unsupported-media-type")
    assert told in answer.json()["detail"]


def test_only_predict_is_asked_in_bulk(both: Both) -> None:
    assert both.send("POST", "/explain", as_csv(cars(1)), CSV).status == 415
    assert both.send("GET", "/predict", headers=CSV).status == 405
    assert both.send("OPTIONS", "/predict", headers=CSV).status == 204
    named = both.send("POST", "/models/tumor/predict", as_csv(cars(2)), CSV)
    assert named.body == ask(both, "csv", cars(2)).body
    assert both.send("POST", "/models/nobody/predict", as_csv(cars(2)), CSV).status == 404


@pytest.mark.parametrize(
    ("body", "headers", "status", "kind"),
    [
        (b"", CSV, 422, "invalid-input"),
        (b"a,b\n1,2\n", CSV, 422, "invalid-input"),
        (as_csv(cars(2)).replace(b"age", b"doors"), CSV, 422, "invalid-input"),
        (b"\xff\xfe\n", CSV, 400, "malformed-table"),
        (as_csv(cars(2)).replace(b",", b";"), CSV, 400, "malformed-table"),
        (b"", {"Content-Type": TYPES["arrow"]}, 400, "malformed-table"),
        (b"nonsense" * 9, {"Content-Type": TYPES["arrow"]}, 400, "malformed-table"),
        (as_arrow(cars(4))[:-1], {"Content-Type": TYPES["parquet"]}, 400, "malformed-table"),
        (as_parquet(cars(4))[:-1], {"Content-Type": TYPES["parquet"]}, 400, "malformed-table"),
        (b"", {"Content-Type": TYPES["parquet"]}, 400, "malformed-table"),
        (as_csv(cars(1)), CSV | {"Content-Encoding": "gzip"}, 400, "bad-request"),
        (b"", CSV | {"Content-Encoding": "gzip"}, 400, "bad-request"),
        (gzip.compress(b"")[:-3], NDJSON | {"Content-Encoding": "gzip"}, 400, "bad-request"),
    ],
    ids=[
        *("csv: nothing", "csv: other columns", "csv: a column twice", "csv: no UTF-8", "csv: semicolons"),
        *("arrow: nothing", "arrow: other bytes"),
        *("parquet: arrow without its end", "parquet: without its end", "parquet: nothing"),
        *("gzip: not packed", "gzip: nothing", "gzip: without its end"),
    ],
)
def test_what_is_wrong_before_the_first_row_is_refused(
    both: Both, body: bytes, headers: dict[str, str], status: int, kind: str
) -> None:
    """As problem details, like any other error."""
    answer = both.send("POST", "/predict", body, headers)
    assert (answer.status, answer.json()["type"]) == (status, f"urn:twinserve:problem:{kind}"), answer.body
    assert answer.headers["content-type"] == "application/problem+json"


def test_nothing_is_answered_to_nothing(both: Both) -> None:
    """A header without rows, an empty table, no lines: the answer has none either."""
    header = as_csv(cars(1)).splitlines()[0]
    assert rows_of(both.send("POST", "/predict", header, CSV).body, "csv") == []
    assert both.send("POST", "/predict", b"", NDJSON).body == b""
    assert both.send("POST", "/predict", b"\n \n", NDJSON).body == b""
    table = as_table(cars(1)).slice(0, 0)
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    answer = both.send("POST", "/predict", sink.getvalue(), {"Content-Type": TYPES["parquet"]})
    assert rows_of(answer.body, "parquet") == []
    envelope = both.send("POST", "/predict", b"", NDJSON | {"Accept": "application/json"})
    assert envelope.json() == {"model": "cars", "version": "7", "predictions": []}


def test_columns_come_back_beside_the_answers(both: Both) -> None:
    """Those that the query names, in every form, also where a row is bad."""
    rows: Rows = [{"id": f"n{number}", **car(age="x" if number == 1 else 1.0)} for number in range(3)]
    for form in ("ndjson", "csv"):
        answers = rows_of(ask(both, form, rows, query="?pass=id").body, form)
        assert [row["id"] for row in answers] == ["n0", "n1", "n2"]
    table: Rows = [{"id": f"n{number}", **car()} for number in range(3)]
    for form in ("arrow", "parquet"):
        assert [row["id"] for row in rows_of(ask(both, form, table, query="?pass=id").body, form)] == ["n0", "n1", "n2"]


@pytest.mark.parametrize("is_flat", [True, False], ids=["flat names", "nested"])
@pytest.mark.parametrize("name", ["age", "engine.power", "wheels.2"])
def test_a_column_of_the_model_comes_back_and_is_answered_by(both: Both, name: str, is_flat: bool) -> None:
    """Lines may have flat names, as a DataFrame writes them; each answer is that without `pass`."""
    rows: Rows = [flat(row) if is_flat else row for row in cars(3)]
    plain = rows_of(ask(both, "ndjson", rows).body, "ndjson")
    answers = rows_of(ask(both, "ndjson", rows, query=f"?pass={name}").body, "ndjson")
    assert [row.pop(name) for row in answers] == [flat(row)[name] for row in cars(3)]
    assert answers == plain
    assert all("label" in row for row in answers)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("pass=", "type"),
        ("pass=a,,b", "type"),
        ("pass=a,a", "repeated"),
        ("pass=a&pass=b", "repeated"),
        ("pass=" + ",".join(map(str, range(101))), "bound"),
        ("pass=secret", "bound"),
        ("pass=warnings", "bound"),
        ("pass=label", "bound"),
        ("coverage=2", "bound"),
        ("fields=id", "unknown"),
    ],
)
def test_a_parameter_that_does_not_fit_is_400(both: Both, query: str, code: str) -> None:
    answer = ask(both, "csv", cars(1), query=f"?{query}")
    assert (answer.status, [error["code"] for error in answer.json()["errors"]]) == (400, [code])
    assert b"secret" not in answer.body


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("hidden", "Item 1 names no column of the body."),
        ("age,hidden", "Item 2 names no column of the body."),
        ("label", "Item 1 names a column of the answer, too; give it another name."),
        ("age,doors,label", "Item 3 names a column of the answer, too; give it another name."),
    ],
)
def test_why_a_column_cannot_come_back_is_told_without_its_name(both: Both, name: str, told: str) -> None:
    answer = ask(both, "csv", cars(1), query=f"?pass={name}")
    assert answer.json()["errors"] == [{"parameter": "pass", "code": "bound", "detail": told}]


@pytest.mark.parametrize("accept", ["*/*", "text/csv"])
def test_json_has_no_columns_to_pass(both: Both, accept: str) -> None:
    sent = {"Content-Type": "application/json", "Accept": accept}
    answer = both.send("POST", "/predict?pass=id", json.dumps(car()).encode(), sent)
    assert (answer.status, answer.json()["errors"][0]["parameter"]) == (400, "pass")


def compressed(body: bytes, coding: str) -> bytes:
    """The body in that coding."""
    if coding == "gzip":
        return gzip.compress(body)
    packed: bytes = pytest.importorskip(ZSTD).compress(body)
    return packed


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_compressed_bodies_are_unpacked(both: Both, coding: str) -> None:
    """In one member or frame or in several, cut anywhere."""
    rows = cars(40)
    body = as_csv(rows)
    whole = ask(both, "csv", rows).body
    packed = compressed(body, coding)
    several = b"".join(compressed(piece, coding) for piece in in_pieces(body, 700)) + compressed(b"", coding) * 40
    for sent in (packed, several):
        assert both.send("POST", "/predict", sent, CSV | {"Content-Encoding": coding.upper()}).body == whole
        for door in both.doors:
            cut = door.send("POST", "/predict", in_pieces(sent, 7), CSV | {"Content-Encoding": coding})
            assert cut.body == whole


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_bomb_ends_at_the_limit(open_doors: OpenDoors, coding: str) -> None:
    """Counted after unpacking, and in small steps."""
    both = open_doors(service_of(max_bulk=8 * PIECE))
    bomb = compressed(b" " * (400 * PIECE), coding)
    assert len(bomb) < PIECE
    answer = both.send("POST", "/predict", bomb, NDJSON | {"Content-Encoding": coding})
    assert (answer.status, answer.json()["detail"]) == (413, f"The body must not exceed {8 * PIECE} bytes.")


def test_a_body_may_be_larger_than_max_body_but_not_than_max_bulk(open_doors: OpenDoors) -> None:
    """Declared or in chunks."""
    rows, service = cars(40), service_of(max_body=1_000, max_batch=1, max_bulk=20_000)
    both = open_doors(service)
    assert len(as_lines(rows)) > 1_000
    assert len(rows_of(ask(both, "ndjson", rows).body, "ndjson")) == 40
    large = b" " * 20_001
    assert both.send("POST", "/predict", large, NDJSON).status == 413
    for door in both.doors:
        assert door.send("POST", "/predict", in_pieces(large, 300), NDJSON).status == 413


@pytest.mark.parametrize("kind", ["compiled", "scikit-learn"])
def test_places_are_given_back(open_doors: OpenDoors, kind: Any) -> None:
    """However a request ends."""
    service = service_of(FakePredictor(kind), max_bulk_requests=1, max_concurrent=2)
    both = open_doors(service)
    for _ in range(3):
        assert ask(both, "csv", cars(2)).status == 200
        assert both.send("POST", "/predict", b"x\n", CSV).status == 422
        assert both.send("POST", "/predict", b"x", CSV | {"Content-Encoding": "gzip"}).status == 400
    with service.streams:
        full = ask(both, "csv", cars(2))
        assert (full.status, full.headers["retry-after"]) == (503, "1")
        assert both.predict(car()).status == 200
    assert ask(both, "csv", cars(2)).status == 200


def test_it_is_counted_and_observed_as_json_is(open_doors: OpenDoors) -> None:
    seen: list[int] = []
    service = service_of()
    service.observer = lambda observation: seen.append(len(observation.columns))
    both = open_doors(service)
    ask(both, "csv", cars(9))
    assert sum(seen) == 9 * len(both.doors)
    metrics = both.send("GET", "/metrics").body.decode()
    assert f'twinserve_predictions_total{{model="cars",version="7"}} {9.0 * len(both.doors)}' in metrics
    assert 'method="POST",route="predict",status="200"' in metrics


@pytest.mark.parametrize("form", TYPES)
def test_rows_beside_one_without_a_prediction_are_observed_once(open_doors: OpenDoors, form: str) -> None:
    """A batch that fails is tried by halves; its rows are told when there is an outcome of theirs."""
    seen: list[tuple[float, bool]] = []
    service = service_of(PickyPredictor())
    age = [feature.name for feature in signature().features].index("age")
    service.observer = lambda one: seen.extend(
        (row[age], isinstance(one.outcome, Exception)) for row in one.columns.matrix
    )
    both = open_doors(service)
    ask(both, form, [car(age=float(60 if row == 5 else row)) for row in range(9)])
    expected = [(60.0 if row == 5 else float(row), row == 5) for row in range(9)]
    assert sorted(seen) == sorted(expected * len(both.doors))


def test_parquet_without_a_folder_for_temporary_files_is_503(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other forms need none."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    answer = ask(both, "parquet", cars(2))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert ask(both, "arrow", cars(2)).status == 200


def test_the_file_of_a_parquet_body_that_is_cut_off_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, whoever still refers to the stream."""
    files: list[IO[bytes]] = []
    make = tempfile.TemporaryFile

    def made() -> IO[bytes]:
        files.append(make())
        return files[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", made)
    service = service_of()
    version = service.models.current(None)
    asked = Asked(header={"content-type": TYPES["parquet"]}.get)
    stream = version.stream(BULK, Question(b"", asked, version.codec(BULK), "id", None))
    assert [list(stream.feed(piece)) for piece in (b"PAR1", b"more")] == [[], []]
    assert [file.closed for file in files] == [False]
    stream.close()
    assert [file.closed for file in files] == [True]
    service.close()


def test_no_bytes_are_a_fault(open_doors: OpenDoors) -> None:
    """Whatever is damaged of a body, the answer is rows, a refusal, or an answer that ends early; never a 5xx."""
    door, *_ = open_doors(service_of()).doors
    chance = random.Random(0)
    for form in ("arrow", "parquet", "csv"):
        whole = WRITTEN[form](cars(4))
        for _ in range(60):
            damaged = bytearray(whole)
            for _ in range(chance.choice((1, 2, 5))):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            with suppress(AssertionError):  # What the test's transport raises where an answer is cut off.
                answer = door.send("POST", "/predict", bytes(damaged), {"Content-Type": TYPES[form]})
                if answer.status not in (200, 400, 422):
                    pytest.fail(f"{answer.status}: {bytes(damaged)!r}")


def test_few_bytes_do_not_become_any_number_of_rows(open_doors: OpenDoors) -> None:
    """A value that comes a billion times takes a few bytes in Parquet, columns of nulls none in Arrow."""
    nullable = Feature(path=("a",), type=FeatureType.NUMBER, required=False, nullable=True)
    both = open_doors(service_of(opened(FakePredictor(), contract=Signature(features=(nullable,))), max_bulk=1_000_000))
    sink = io.BytesIO()
    parquet.write_table(pa.table({"a": pa.array([0.0] * 2_000_000)}), sink, compression="zstd")
    answer = both.send("POST", "/predict", sink.getvalue(), {"Content-Type": TYPES["parquet"]})
    assert (answer.status, answer.json()["detail"]) == (413, "A table may have 1000000 cells at most.")
    sink = io.BytesIO()
    parquet.write_table(pa.table({"a": [0.0], "note": ["x" * 1_200_000]}), sink, compression="zstd")
    answer = both.send("POST", "/predict?pass=note", sink.getvalue(), {"Content-Type": TYPES["parquet"]})
    assert (answer.status, answer.json()["type"]) == (413, "urn:twinserve:problem:too-large")
    assert len(sink.getvalue()) < 10_000
    nulls, stream = pa.table({"a": pa.nulls(1 << 30)}), io.BytesIO()
    with pa.ipc.new_stream(stream, nulls.schema) as writer:
        writer.write_table(nulls)
    answer = both.send("POST", "/predict", stream.getvalue(), {"Content-Type": TYPES["arrow"]})
    assert (answer.status, answer.json()["type"]) == (400, "urn:twinserve:problem:malformed-table")


def test_a_line_is_nested_as_deep_as_any_body(open_doors: OpenDoors) -> None:
    """`max_depth` bounds it."""
    both = open_doors(service_of(max_depth=5))
    for depth, code in ((9, "depth"), (2, "unknown")):
        line = {**car(), "x": json.loads("[" * depth + "]" * depth)}
        answer = both.send("POST", "/predict", json.dumps(line).encode() + b"\n", NDJSON)
        assert json.loads(answer.body)["errors"][0]["code"] == code

"""KServe V1, Vertex AI, MLflow and SageMaker: instances in, predictions out, at all doors alike."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow
import pytest
from pyarrow import parquet

from tests.contract.conftest import OpenDoors
from tests.doors import Both
from twinserve.service.protocols.instances.mlflow import MLFLOW
from twinserve.service.protocols.instances.sagemaker import SAGEMAKER
from twinserve.service.protocols.instances.v1 import V1
from twinserve.service.protocols.instances.vertex import vertex
from twinserve.service.settings import BadSetting
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON
from twinserve.testing.fakes import car, service_of, signature

PREDICT: Final = "/v1/models/tumor:predict"
EXPLAIN: Final = "/v1/models/tumor:explain"
INVOKE: Final = "/invocations"
CARS: Final = [car(), car(age=None), car(colour="blue", built="2001-05-06")]
NAMES: Final = [feature.name for feature in signature().features]


@pytest.fixture
def doors(open_doors: OpenDoors) -> Both:
    """All doors over the model of cars, with these dialects."""
    return open_doors(service_of(dialects=[V1, MLFLOW, SAGEMAKER]))


def post(both: Both, path: str, value: Any, headers: Mapping[str, str] = JSON) -> Answer:
    """A request with a JSON body."""
    return both.send("POST", path, json.dumps(value).encode(), headers)


def labels(both: Both, cars: Any) -> list[str]:
    """The labels of a native answer."""
    return [one["label"] for one in both.predict(cars).json()["predictions"]]


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """An instance by the names of its columns."""
    if isinstance(value, dict):
        inner = [flat(one, f"{name}.{key}" if name else key) for key, one in value.items()]
    elif isinstance(value, list):
        inner = [flat(one, f"{name}.{place}") for place, one in enumerate(value)]
    else:
        return {name: value}
    return {key: one for part in inner for key, one in part.items()}


def in_order(value: Any) -> list[Any]:
    """An instance as the list of its values."""
    cells = flat(value)
    return [cells.get(name) for name in NAMES]


FLAT: Final = [dict(zip(NAMES, in_order(one), strict=True)) for one in CARS]
SPLIT: Final = {"columns": NAMES, "data": [in_order(one) for one in CARS], "index": [0, 1, 2]}


# ---- KServe V1 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "instances", [CARS, FLAT, [in_order(one) for one in CARS]], ids=["nested", "flat", "lists of values"]
)
def test_instances_of_any_form_give_the_native_labels(doors: Both, instances: Any) -> None:
    answer = post(doors, PREDICT, {"instances": instances})
    assert answer.json() == {"predictions": labels(doors, CARS)}
    assert post(doors, PREDICT, {"instances": instances}, {}).body == answer.body  # Whatever the type says.


def test_with_details_an_element_is_the_native_answer(doors: Both) -> None:
    answer = post(doors, PREDICT, {"instances": CARS, "parameters": {"details": True}})
    assert answer.json()["predictions"] == doors.predict(CARS).json()["predictions"]


def test_a_bare_nan_is_a_missing_number(doors: Both) -> None:
    body = json.dumps({"instances": [car(age=float("nan"))]}).encode()
    assert b"NaN" in body
    assert doors.send("POST", PREDICT, body).json() == {"predictions": labels(doors, [car(age=None)])}


def test_explanations_stand_beside_the_predictions(doors: Both) -> None:
    answer = post(doors, EXPLAIN, {"instances": CARS}).json()
    native = post(doors, "/explain", CARS).json()["predictions"]
    assert answer["explanations"] == [one["explanation"] for one in native]
    assert answer["predictions"] == [one["label"] for one in native]


def test_which_models_there_are(doors: Both) -> None:
    assert doors.send("GET", "/v1/models").json() == {"models": ["tumor"]}
    assert doors.send("GET", "/v1/models/tumor").json() == {"name": "tumor", "ready": True}
    missing = doors.send("GET", "/v1/models/other")
    assert (missing.status, missing.json()) == (404, {"error": "There is no model of this name."})


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"[", 400, "Unexpected end at line 1"),
        (b"[]", 400, "The body must be an object with instances"),
        (b"{}", 400, "The body must be an object with instances"),
        (b'{"instances":[],"x":1}', 400, "The body must have no members but instances and parameters"),
        (b'{"instances":3}', 422, "/instances: Must be an array of instances."),
        (b'{"instances":[[1,2]]}', 422, f"/instances/0: Must have {len(NAMES)} values, one for each column."),
        (b'{"instances":[{"secret":1}]}', 422, "/instances/0/"),
        (b'{"instances":[],"parameters":3}', 400, "/parameters: Must be an object."),
        (b'{"instances":[],"parameters":{"x":1}}', 400, "/parameters: Must be empty, or have details alone."),
        (b'{"instances":[],"parameters":{"details":1}}', 400, "details: Must be true or false."),
    ],
)
def test_what_is_no_request_is_refused_in_its_form(doors: Both, body: bytes, status: int, sentence: str) -> None:
    """And never shows a value."""
    answer = doors.send("POST", PREDICT, body)
    assert (answer.status, list(answer.json())) == (status, ["error"])
    assert sentence in answer.json()["error"]


# ---- MLflow and SageMaker --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": SPLIT},
        {"dataframe_records": CARS},
        {"dataframe_records": FLAT},
        {"instances": CARS},
        {"inputs": CARS},
        {"inputs": {name: [one[name] for one in FLAT] for name in NAMES}},
        {"dataframe_split": SPLIT, "params": {}},
    ],
    ids=["split", "records", "flat records", "instances", "inputs", "inputs by column", "params"],
)
def test_each_form_of_json_gives_the_native_labels(doors: Both, body: Any) -> None:
    assert post(doors, INVOKE, body).json() == {"predictions": labels(doors, CARS)}


def as_csv(header: bool) -> bytes:
    """The cars as CSV."""

    def cell(value: Any) -> str:
        if value is None:
            return ""
        return json.dumps(value) if not isinstance(value, str) else '"' + value.replace('"', '""') + '"'

    lines = [",".join(map(cell, in_order(one))) for one in CARS]
    return "\n".join([",".join(NAMES), *lines] if header else lines).encode()


def as_parquet(_: object = None) -> bytes:
    """The cars as Parquet."""
    file = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(FLAT), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("media_type", "made"),
    [
        ("text/csv", lambda: as_csv(header=True)),
        ("text/csv; charset=utf-8", lambda: as_csv(header=False)),
        ("application/vnd.apache.parquet", as_parquet),
    ],
    ids=["CSV", "CSV without a header", "Parquet"],
)
def test_tables_give_the_native_labels(doors: Both, media_type: str, made: Callable[[], bytes]) -> None:
    answer = doors.send("POST", INVOKE, made(), {"Content-Type": media_type})
    assert answer.json() == {"predictions": labels(doors, CARS)}


def test_parquet_that_contradicts_itself_is_refused(doors: Both) -> None:
    """A nullable column that its footer calls required: pyarrow's own account of it would end the process."""
    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"age": [1.0]}), file)
    nullable, required = b"\x25\x02\x18\x03age", b"\x25\x00\x18\x03age"
    assert file.getvalue().count(nullable) == 1
    body = file.getvalue().replace(nullable, required)
    answer = doors.send("POST", INVOKE, body, {"Content-Type": "application/vnd.apache.parquet"})
    assert (answer.status, answer.json()["message"]) == (400, "The body is not Parquet.")


def test_parquet_that_may_unpack_to_anything_is_refused(doors: Both) -> None:
    """A million equal rows are a few bytes, and zstd makes of gigabytes kilobytes."""
    headers = {"Content-Type": "application/vnd.apache.parquet"}
    for coding in ("gzip", "zstd", "brotli"):
        file = io.BytesIO()
        parquet.write_table(pyarrow.Table.from_pylist(FLAT), file, compression=coding)
        answer = doors.send("POST", INVOKE, file.getvalue(), headers)
        assert answer.status == 400
        assert answer.json()["message"] == "Parquet must be uncompressed, or compressed with snappy."
    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"age": pyarrow.array([1.0]).take(pyarrow.array([0] * 1_000_000))}), file)
    assert len(file.getvalue()) < 10_000
    answer = doors.send("POST", INVOKE, file.getvalue(), headers)
    assert answer.status == 400
    assert "A batch may hold" in answer.json()["message"]


def test_who_accepts_csv_gets_a_line_for_each(doors: Both) -> None:
    answer = post(doors, INVOKE, {"instances": CARS}, {**JSON, "Accept": "text/csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    quoted = [label.replace('"', '""') for label in labels(doors, CARS)]
    assert answer.body.decode() == "".join(f'"{label}"\n' for label in quoted)


def test_health_and_version(doors: Both) -> None:
    for path in ("/ping", "/health"):
        answer = doors.send("GET", path)
        assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"\n", "application/json")
    assert doors.send("GET", "/version").status == 200


@pytest.mark.parametrize(
    ("body", "media_type", "status", "sentence"),
    [
        (b"{}", "application/json", 400, "The body must be an object with one of dataframe_split"),
        (b'{"instances":[],"inputs":[]}', "application/json", 400, "The body must be an object with one of"),
        (b'{"instances":[],"x":1}', "application/json", 400, "no members but instances and params"),
        (b'{"dataframe_split":[]}', "application/json", 400, "/dataframe_split: Must be an object with columns"),
        (b'{"dataframe_split":{"columns":[1],"data":[]}}', "application/json", 400, "Must be an array of names."),
        (b'{"dataframe_split":{"columns":["a"],"data":[[1,2]]}}', "application/json", 400, "/dataframe_split/data/0: "),
        (b'{"dataframe_split":{"columns":["a"],"data":[1]}}', "application/json", 400, "/data/0: Must be an array"),
        (b'{"dataframe_split":{"columns":["a","a"],"data":[]}}', "application/json", 400, "not name a column twice."),
        (b'{"inputs":{"age":[1],"city":["a","b"]}}', "application/json", 400, "/inputs: All columns must have as many"),
        (b'{"inputs":{"age":["old"]}}', "application/json", 400, "/inputs/age/0: "),
        (b"", "text/csv", 400, "The body has no lines."),
        (b"\xff", "text/csv", 400, "The body must be in UTF-8."),
        (b"age,city\n1\n", "text/csv", 400, "Line 2 must have 2 cells."),
        (b'age\n"1" 2\n', "text/csv", 400, "Line 2 is not CSV."),
        (b"age,age\n1,2\n", "text/csv", 400, "The first line must not name a column twice."),
        (b"age\n" + b"9" * 5000 + b"\n", "text/csv", 400, "/0/age: Must be a number that a finite double can hold."),
        (b"age\n-1e999\n", "text/csv", 400, "/0/age: Must be a number that a finite double can hold."),
        (b"x", "application/vnd.apache.parquet", 400, "The body is not Parquet."),
        (b"{}", "text/plain", 415, "Content-Type must be application/json, text/csv or "),
        (b"{}", "application/json; charset=latin-1", 415, "The body must be in UTF-8."),
    ],
)
def test_refusals_have_mlflows_keys(doors: Both, body: bytes, media_type: str, status: int, sentence: str) -> None:
    answer = doors.send("POST", INVOKE, body, {"Content-Type": media_type})
    assert (answer.status, list(answer.json())) == (status, ["error_code", "message", "sqlstate", "error_class"])
    assert sentence in answer.json()["message"]


def test_without_a_content_type_it_is_415(doors: Both) -> None:
    assert doors.send("POST", INVOKE, b"{}").status == 415


def test_a_path_of_two_dialects_belongs_to_the_first(open_doors: OpenDoors) -> None:
    """And to the other where it stands alone."""
    for dialects in ([SAGEMAKER], [MLFLOW, SAGEMAKER], [SAGEMAKER, MLFLOW]):
        both = open_doors(service_of(dialects=dialects))
        assert both.send("GET", "/ping").status == 200
        assert post(both, INVOKE, {"instances": CARS}).json() == {"predictions": labels(both, CARS)}


def test_invocations_need_their_scope_and_health_none(open_doors: OpenDoors, tmp_path: Any) -> None:
    from harness.credentials import write_keys

    made = write_keys(tmp_path / "keys.json", alice="predict")
    both = open_doors(service_of(dialects=[V1, MLFLOW], auth="keys", keys=tmp_path / "keys.json"))
    assert both.send("GET", "/ping").status == 200
    refused = post(both, INVOKE, {"instances": CARS})
    assert (refused.status, refused.json()["error_code"]) == (401, "UNAUTHENTICATED")
    assert post(both, INVOKE, {"instances": CARS}, {**JSON, "X-API-Key": made["alice"]}).status == 200
    assert post(both, PREDICT, {"instances": CARS}).status == 401


# ---- Vertex AI -------------------------------------------------------------------------------------------------------


def test_the_routes_of_vertex_are_those_of_its_variables(
    open_doors: OpenDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the platform wants one of ours."""
    monkeypatch.setenv("AIP_HEALTH_ROUTE", "/alive")
    monkeypatch.setenv("AIP_PREDICT_ROUTE", "/predict")
    both = open_doors(service_of(dialects=[vertex()]))
    assert both.send("GET", "/alive").status == 200
    native = [one["label"] for one in open_doors(service_of()).predict(CARS).json()["predictions"]]
    assert post(both, "/predict", {"instances": CARS, "parameters": {}}).json() == {"predictions": native}
    assert both.send("POST", "/predict", b"{}", JSON).json()["error"].startswith("The body must be an object")


def test_without_its_variables_vertex_has_no_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIP_HEALTH_ROUTE", "AIP_PREDICT_ROUTE"):
        monkeypatch.delenv(name, raising=False)
    assert vertex().routes == ()
    monkeypatch.setenv("AIP_HEALTH_ROUTE", "alive")
    with pytest.raises(BadSetting, match="AIP_HEALTH_ROUTE must be a path that begins with a slash"):
        vertex()


def test_parquet_with_a_column_twice_is_refused(doors: Both) -> None:
    table = pyarrow.table([[1.0], [2.0]], names=["age", "age"])
    parquet.write_table(table, written := io.BytesIO())
    answer = doors.send("POST", INVOKE, written.getvalue(), {"Content-Type": "application/vnd.apache.parquet"})
    assert (answer.status, answer.json()["message"]) == (400, "The table must not name a column twice.")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
def test_a_verb_behind_a_name_is_no_part_of_it(doors: Both, method: str) -> None:
    """`/v1/models/{name}` is another path, whatever the method; so it is in a host."""
    for verb in ("predict", "explain"):
        answer = doors.send(method, f"/v1/models/tumor:{verb}")
        assert (answer.status, answer.headers["Allow"]) == (204 if method == "OPTIONS" else 405, "OPTIONS, POST")
    assert doors.send("GET", "/v1/models/tumor:verb").status == 404
    assert doors.send(method, "/v1/models/:predict").status in (204, 404, 405)  # A name of its own.


def test_answers_with_details_are_those_of_the_native_writer(doors: Both) -> None:
    """To the byte; pointers of warnings are within the row."""
    cars = [car(), car(age=99.0, city="Rome")]
    asked = json.dumps({"instances": cars, "parameters": {"details": True}}).encode()
    told = doors.send("POST", PREDICT, asked).body
    native = doors.predict(cars).body
    rows = native[native.index(b"[") : -1]
    assert told == b'{"predictions":' + rows.replace(b'"/1/', b'"/') + b"}"

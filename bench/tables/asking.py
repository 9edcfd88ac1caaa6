"""Send a table's own rows to a door in this process, as pandas and polars write them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
import polars
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bench.tables.results import Asked, Tried
from serve_flask import create_app
from twinserve.service.service import Service
from twinserve.service.settings import Settings
from twinserve.service.telemetry import logs

MOST_ROWS: Final = 5_000
"""Of a larger table so many are sent, the first and the last ones and those evenly between."""
AT_ONCE: Final = 500
PATIENCE: Final = 60.0
"""Seconds that a door may say 503."""
Bodies = Iterator[bytes]
Writer = Callable[[Path, Sequence[str]], Bodies]
"""Makes bodies of the rows of a CSV file, given the columns that the report calls dates."""


def asked(tried: Tried, path: Path, store: Path) -> Iterator[Asked]:
    """What a door of the table's champion says of its rows, by each writer."""
    dates = [name for name, became in tried.became.items() if became.startswith("date")]
    settings = Settings(artifacts=store, model=tried.table, log_level="error")
    logs.configure(settings)
    service = Service.open(settings)
    client = create_app(service).test_client()
    try:
        for name, write in WRITERS.items():
            yield _asked(tried.table, name, write(path, dates), client)
    finally:
        service.close()


def _asked(table: str, writer: str, bodies: Bodies, client: FlaskClient) -> Asked:
    rows = good = 0
    started = time.monotonic()
    refusals: dict[str, None] = {}
    for body in bodies:
        count = len(json.loads(body))
        answer = _answer(client, body)
        rows += count
        good += count if answer.status_code == 200 else 0
        refusals.update(dict.fromkeys(_refusals(answer)))
    return Asked(table, writer, rows, good, round(time.monotonic() - started, 1), list(refusals))


def _answer(client: FlaskClient, body: bytes) -> TestResponse:
    until = time.monotonic() + PATIENCE
    while (answer := _sent(client, body)).status_code == 503 and time.monotonic() < until:
        time.sleep(0.1)
    return answer


def _sent(client: FlaskClient, body: bytes) -> TestResponse:
    return client.post("/predict", data=body, content_type="application/json")


def _refusals(answer: TestResponse) -> Iterator[str]:
    if answer.status_code == 200:
        return
    problem = json.loads(answer.data)
    if "errors" not in problem:
        yield f"{answer.status_code}: {problem['detail']}"
    for error in problem.get("errors", ()):
        column = "/".join(part for part in error["pointer"].split("/") if not part.isdigit()).strip("/")
        yield f"{answer.status_code} {column}: {error['detail']}"


def _places(rows: int) -> Any:
    """Rows evenly spread over the table, all of a small one."""
    step = max(1, -(-rows // MOST_ROWS))
    return range(0, rows, step)


def _pandas(path: Path, dates: Sequence[str], **how: Any) -> Bodies:
    frame = pd.read_csv(path, parse_dates=list(dates), low_memory=False)
    frame = frame.iloc[list(_places(len(frame)))]
    for start in range(0, len(frame), AT_ONCE):
        yield frame.iloc[start : start + AT_ONCE].to_json(orient="records", **how).encode()


def _polars(path: Path, *, parse: bool) -> Bodies:
    frame = polars.read_csv(path, infer_schema_length=None, try_parse_dates=parse)
    frame = frame[list(_places(len(frame)))]
    for start in range(0, len(frame), AT_ONCE):
        yield frame[start : start + AT_ONCE].write_json().encode()


WRITERS: Final[Mapping[str, Writer]] = MappingProxyType(
    {
        "pandas": lambda path, _: _pandas(path, ()),
        "pandas, dates parsed": lambda path, dates: _pandas(path, dates),
        "pandas, dates parsed, ISO": lambda path, dates: _pandas(path, dates, date_format="iso"),
        "polars": lambda path, _: _polars(path, parse=False),
        "polars, dates parsed": lambda path, _: _polars(path, parse=True),
    }
)
"""`read_csv` and `to_json(orient="records")`, or `read_csv(infer_schema_length=None)` and `write_json()`."""

"""A table is read and answered without pandas, which pyarrow imports in half a second where it is asked so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import datetime, io, sys
from pathlib import Path
import pyarrow as pa
from pyarrow import parquet
from tests.twinserve.bulk.made import opened, scored
from twinserve.bulk.options import Options

store = sys.argv[1]
colours = ["red", "violet", None, "green"] * 1500
rows = {"weight": [120.5, -1.0, 7.25, 3.0] * 1500, "skin.colour": colours, "skin.spots": [1, None, 2, 3] * 1500}
zone = pa.timestamp("us", "Europe/Berlin")
schema = pa.schema({"weight": pa.float64(), "skin.colour": pa.string(), "skin.spots": pa.int64(), "at": zone})

def table():
    # As a reader of files would have it: pa.array itself imports pandas.
    cells = zip(*rows.values())
    lines = "".join(f"{w},{c or ''},{'' if s is None else s},2026-01-01T00:00:00Z\\n" for w, c, s in cells)
    return csv.read_csv(io.BytesIO(f"{','.join(schema.names)}\\n{lines}".encode()),
        convert_options=csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=True))

from pyarrow import csv
version = opened(Path(store))
for form in ("csv", "arrow", "parquet"):
    sink = io.BytesIO()
    if form == "csv":
        csv.write_csv(table().drop(["at"]), sink)
    elif form == "parquet":
        parquet.write_table(table(), sink)
    else:
        with pa.ipc.new_stream(sink, schema) as writer:
            writer.write_table(table(), max_chunksize=2500)
    passed = ("skin.colour",) if form == "csv" else ("at", "skin.colour")
    for writes in ("csv", "ndjson", "json", "arrow", "parquet"):
        assert len(scored(version, form, writes, sink.getvalue(), Options(passed=passed))) > 2000
    assert "pyarrow" in sys.modules
    assert "pandas" not in sys.modules, form
"""


def test_no_table_imports_pandas(pristine_fruit: Path) -> None:
    """Whatever form it has, and the answers; with nulls, invalid rows, and instants of a zone that come back."""
    run = [sys.executable, "-c", PROGRAM, str(pristine_fruit.parents[1])]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

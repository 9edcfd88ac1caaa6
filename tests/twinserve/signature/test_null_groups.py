"""A group that was null in rows of the table may be null in a request; any other may not."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, Final

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from twinserve.signature import Signature, diff, json_schema
from twinserve.signature.frames import from_frame
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Validator
from twinserve.signature.sources.from_table import FeatureTable, from_table
from twinserve.signature.sources.training_profile import observe
from twinserve.tables.files import read
from twinserve.tables.formats import Reading

GROUPS: Final[dict[str, list[Any]]] = {
    "null": [{"zip": 1, "town": "a"}, None, {"zip": 3, "town": None}],
    "within": [{"zip": 1, "home": {"floor": 2}}, {"zip": 2, "home": None}, {"zip": 3, "home": {"floor": 5}}],
    "both": [{"zip": 1, "home": {"floor": 2}}, None, {"zip": 3, "home": None}],
    "with a list": [{"zip": 1, "tags": ["a"]}, None, {"zip": 3, "tags": ["b"]}],
}


def rows_of(name: str) -> list[dict[str, Any]]:
    """Rows with this group."""
    return [{"age": place % 7 + 0.5, "at": GROUPS[name][place % 3]} for place in range(30)]


def table_of(path: Path) -> FeatureTable:
    """The features of a file."""
    return from_table(read([str(path)], Reading(), io.BytesIO())[0])


def written(folder: Path, name: str, form: str) -> Path:
    """A file with these rows."""
    path = folder / f"t.{form}"
    if form == "json":
        path.write_text(json.dumps(rows_of(name)))
    else:
        pa.parquet.write_table(pa.Table.from_pylist(rows_of(name)), path)
    return path


@pytest.mark.parametrize("form", ["json", "parquet"])
@pytest.mark.parametrize("name", GROUPS)
def test_the_own_rows_of_a_table_are_requests(name: str, form: str, tmp_path: Path) -> None:
    table = table_of(written(tmp_path, name, form))
    signature = observe(table.signature, table.frame)
    schema = jsonschema.Draft202012Validator(json_schema(signature))
    body = json.dumps(rows_of(name)).encode()
    batch, expected = Validator(signature).validate(body), from_frame(table.frame, signature)
    np.testing.assert_array_equal(batch.columns.matrix, expected.matrix)
    for row in rows_of(name):
        schema.validate(row)
    assert not [note for note in table.notes if note.sentence == "it is empty"]


def refused(signature: Signature, instance: Any) -> list[str]:
    """The pointers of the errors, which the schema has as well."""
    assert list(jsonschema.Draft202012Validator(json_schema(signature)).iter_errors(instance))
    with pytest.raises(InvalidInput) as error:
        Validator(signature).validate_value(instance)
    return [line["pointer"] for line in error.value.errors]


def test_a_group_that_was_never_null_may_not_be(tmp_path: Path) -> None:
    signature = table_of(written(tmp_path, "within", "json")).signature
    assert refused(signature, {"age": 1.5, "at": None}) == ["/at"]


def test_a_null_group_beside_a_field_of_it_is_sent_twice(tmp_path: Path) -> None:
    signature = table_of(written(tmp_path, "null", "json")).signature
    assert refused(signature, {"age": 1.5, "at": None, "at.zip": 3, "at.town": None}) != []


def test_a_group_that_may_no_longer_be_null_breaks_callers(tmp_path: Path) -> None:
    old = table_of(written(tmp_path, "null", "json")).signature
    new = old.model_copy(update={"left_out": {}})
    assert [str(change) for change in diff(old, new)] == ["at: null is no longer allowed (breaking)"]
    assert diff(new, old) == []


def test_files_of_which_only_one_has_null_groups_are_one_table(tmp_path: Path) -> None:
    whole = [{**row, "at": row["at"] or {"zip": 5, "town": "c"}} for row in rows_of("null")]
    for name, rows in (("a", whole), ("b", rows_of("null"))):
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    for names in ("ab", "ba"):
        frame, _ = read([str(tmp_path / f"{name}.json") for name in names], Reading(), io.BytesIO())
        assert len(frame) == 60
        assert frame["at"].isna().all()
        assert frame["at.zip"].isna().sum() == 10

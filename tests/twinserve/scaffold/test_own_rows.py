"""A row of the training table is a request, as programs write it, and means what it meant to training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema
import numpy as np
import pandas as pd
import pytest

from tests.twinserve.scaffold.tables import TABLES, imported, of_options, printed, slashed
from twinserve.recipes import Recipe
from twinserve.signature import json_schema
from twinserve.signature.frames import from_frame
from twinserve.signature.request.validator import Validator
from twinserve.training.data import declared_input, split

OPTIONS: Final[dict[str, tuple[str, list[str]]]] = {
    **{name: (name, []) for name in TABLES},
    "slashed": ("slashed", ["--date", "day=%d/%m/%Y", "--text", "note"]),
    "numbers given": ("slashed", ["--number", "amount", "--category", "day"]),
    "categories given": ("loans", ["--category", "applicant.age,home.address.zip", "--nullable", "all"]),
    "null values": ("spelled", ["--null-values", "NA,b"]),
    "null numbers": ("slashed", ["--null-values", "?,50.00,41", "--number", "amount"]),
    "null numbers in numbers": ("houses", ["--null-values", "3,a", "--keep-leaks"]),
    "literal": ("spelled", ["--category", "kind,people,opens", "--number", "price (net)"]),
    "everything": ("houses", ["--keep-leaks"]),
}
READERS: Final[dict[str, Callable[[Path], pd.DataFrame]]] = {
    "pandas": pd.read_csv,
    "null where a cell is empty": lambda path: pd.read_csv(path, keep_default_na=False, na_values=[""]),
}
"""The second reads as Polars does."""
WRITTEN: Final[dict[str, dict[str, Any]]] = {"plain": {}, "iso": {"date_format": "iso"}}


def recipe_and_target(name: str, folder: Path) -> tuple[Recipe, str]:
    """The recipe of a table with these options, and the column that it predicts."""
    table, options = OPTIONS[name]
    make, target = {**TABLES, "slashed": (slashed, "late")}[table]
    make().to_csv(folder / "table.csv", index=False)
    return of_options(folder, target, *options), target


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("reader", READERS)
def test_own_rows_mean_what_they_meant_to_training(name: str, reader: str, tmp_path: Path) -> None:
    recipe, target = recipe_and_target(name, tmp_path)
    table = recipe.load()
    data = split(recipe, table)
    expected = from_frame(table.features, data.signature)
    rows = READERS[reader](tmp_path / "table.csv")
    rows = rows[rows[target].notna()].reset_index(drop=True)
    schema = jsonschema.Draft202012Validator(json_schema(data.signature))
    for options in WRITTEN.values():
        body = rows.to_json(orient="records", double_precision=15, **options)
        batch = Validator(data.signature).validate(body.encode())
        np.testing.assert_allclose(batch.columns.matrix, expected.matrix, rtol=1e-10)  # The digits that pandas writes.
        assert batch.columns.texts == expected.texts
        assert batch.columns.unseen == expected.unseen
        for row in json.loads(body)[:20]:
            schema.validate(row)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_printed_recipe_takes_them_alike(name: str, tmp_path: Path) -> None:
    table, options = OPTIONS[name]
    make, target = {**TABLES, "slashed": (slashed, "late")}[table]
    written = imported(printed(tmp_path, make(), target, "--name", "table", *options))
    ours, theirs = (declared_input(one, one.load()) for one in (written, of_options(tmp_path, target, *options)))
    assert [feature.notation for feature in ours.features] == [feature.notation for feature in theirs.features]
    assert ours == theirs


def test_what_the_table_never_holds_is_refused_as_ever(tmp_path: Path) -> None:
    data = split(*(lambda recipe: (recipe, recipe.load()))(recipe_and_target("houses", tmp_path)[0]))
    errors = [error.message for error in jsonschema.Draft202012Validator(json_schema(data.signature)).iter_errors(
        {"rooms": "3", "kind": "a"})]  # fmt: skip
    assert errors == ["'3' is not of type 'integer'"]

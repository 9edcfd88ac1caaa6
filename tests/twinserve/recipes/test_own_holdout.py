"""A hold-out that is written otherwise than the table: its values mean the same, or it is refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from twinserve.errors import AskedWrongly
from twinserve.recipes import ColumnChoices
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.signature import Signature
from twinserve.tables.cells import Cells
from twinserve.tables.files import read as read_files
from twinserve.tables.formats import AS_IT_IS

ROWS = 90
COMMAS, POINTS = Cells(typed=False, decimal_comma=True), Cells(typed=False)
DAYS = pd.Series(pd.date_range("2024-01-03", periods=ROWS))
PRICES = np.round(np.random.default_rng(0).uniform(1, 9, ROWS), 3)


def table(**columns: Any) -> pd.DataFrame:
    """The rows as a program writes them."""
    plain = {"price": PRICES, "day": DAYS.dt.strftime("%Y-%m-%d"), "count": pd.Series(range(ROWS), dtype="Int64") % 7}
    return pd.DataFrame({**plain, "y": np.where(PRICES > 5, "yes", "no"), **columns})


def with_commas(**columns: Any) -> pd.DataFrame:
    """The same rows as a person's spreadsheet writes them where commas are decimal points."""
    texts = [f"{price:.3f}".replace(".", ",") for price in PRICES]
    return table(price=texts, day=DAYS.dt.strftime("%d/%m/%Y"), **columns)


def learned(first: pd.DataFrame, second: pd.DataFrame, **options: Any) -> tuple[pd.DataFrame, pd.DataFrame, Any]:
    """The features of the table's rows, those of the hold-out's, and the recipe."""
    made = table_recipe("mine", first, TableOptions("y", holdout=second, **options), "mine.csv")
    loaded = made.load()
    assert loaded.held_out is not None
    return loaded.features[~loaded.held_out], loaded.features[loaded.held_out].reset_index(drop=True), made


@pytest.mark.parametrize(
    ("first", "second", "cells", "others"),
    [
        (table(), with_commas(), POINTS, COMMAS),
        (with_commas(), table(), COMMAS, POINTS),
        (table(day=DAYS), with_commas(), Cells(), COMMAS),
        (table(), table(day=DAYS.dt.strftime("%d/%m/%Y")), POINTS, POINTS),
    ],
    ids=["commas", "points", "typed", "dates"],
)
def test_values_mean_the_same_however_each_file_writes_them(
    first: pd.DataFrame, second: pd.DataFrame, cells: Cells, others: Cells
) -> None:
    rows, held_out, made = learned(first, second, cells=cells, holdout_cells=others)
    pd.testing.assert_frame_equal(rows, held_out)
    assert isinstance(made.input, Signature)
    kinds = {feature.name: str(feature.type) for feature in made.input.features}
    assert kinds == {"price": "number", "day": "date", "count": "integer"}
    told = {note.column for note in made.notes if "--holdout" in note.sentence}
    assert {"day"} <= told <= {"day", "price"}


def test_the_notation_of_the_table_is_what_a_caller_may_send() -> None:
    _, _, made = learned(with_commas(), table(), cells=COMMAS, holdout_cells=POINTS)
    forms = {feature.name: feature.notation and feature.notation.form for feature in made.input.features}
    assert forms == {"price": "amount with a decimal comma", "day": "date with the day first", "count": None}


def test_dates_of_a_named_format_may_be_written_otherwise() -> None:
    rows, held_out, made = learned(
        table(day=DAYS.dt.strftime("%d.%m.%Y")), table(), cells=POINTS, columns=ColumnChoices(date="day=%d.%m.%Y")
    )
    pd.testing.assert_frame_equal(rows, held_out)
    assert next(feature for feature in made.input.features if feature.name == "day").notation.format == "%d.%m.%Y"


@pytest.mark.parametrize(
    ("second", "options", "sentence"),
    [
        (table(day=["soon"] * ROWS), {}, "Column 'day' holds dates in the table and texts in --holdout."),
        (
            table(price=[*map(str, PRICES[1:]), "dear"]),
            {},
            "Column 'price' holds numbers in the table and texts in --holdout (it looks like numbers in 99% of its "
            "cells, but row 90 is not). Write both alike. Or say what the column is: --category price takes both "
            "as they are written; --number price takes what is no number as null.",
        ),
        (
            table(price=[f"{price}%" for price in PRICES]),
            {},
            "Column 'price' holds numbers in the table and numbers (%) in --holdout.",
        ),
        (
            table(day=["soon"] * ROWS),
            {"columns": ColumnChoices(date="day=%Y-%m-%d")},
            "Column 'day' of --holdout has dates in another form than --date says, which cannot be read; write them as",
        ),
    ],
    ids=["dates", "numbers", "unit", "format"],
)
def test_what_cannot_be_read_as_the_table_is_one_sentence(
    second: pd.DataFrame, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AskedWrongly) as refused:
        learned(table(), second, cells=POINTS, **options)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("choices", [ColumnChoices(drop="price"), ColumnChoices(category="price")])
def test_a_column_that_is_dropped_or_taken_as_it_is_may_differ(choices: ColumnChoices) -> None:
    learned(table(), table(price=["dear", "cheap"] * (ROWS // 2)), cells=POINTS, columns=choices)


def test_files_say_how_their_cells_are_written(tmp_path: Path) -> None:
    """From a file with semicolons, whose hold-out has commas, as the command reads both."""
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    table().to_csv(first, index=False)
    with_commas().to_csv(second, sep=";", index=False)
    frame, cells = read_files([str(first)], AS_IT_IS, io.BytesIO())
    others, other_cells = read_files([str(second)], AS_IT_IS, io.BytesIO())
    rows, held_out, _ = learned(frame, others, cells=cells, holdout_cells=other_cells)
    pd.testing.assert_frame_equal(rows, held_out)


def test_rows_of_the_table_among_the_hold_out_are_told() -> None:
    """The figures would be too good; copies within one of the two are no such thing."""
    fresh = table(price=PRICES + 1)
    made = learned(table(), pd.concat([fresh, fresh, table().iloc[:7]], ignore_index=True))[2]
    told = [note.sentence for note in made.notes if note.kind == "warning"]
    assert told == [
        f"7 of the {2 * ROWS + 7} rows held out are among those to learn from, so the figures are too good; "
        "take them out of one of the tables"
    ]
    assert not [note for note in learned(table(), fresh)[2].notes if note.kind == "warning"]

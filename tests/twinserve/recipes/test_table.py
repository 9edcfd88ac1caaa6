"""What is inferred from a table, and the notes about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from twinserve.errors import AskedWrongly
from twinserve.notes import Note
from twinserve.recipes import ColumnChoices, Recipe
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.signature import Signature
from twinserve.signature.request.validator import Validator
from twinserve.tables.cells import Cells

ROWS = 120


def frame(**columns: Any) -> pd.DataFrame:
    """Two useful columns and a target of two classes, beside the given columns."""
    rng = np.random.default_rng(0)
    useful = {"size": rng.normal(size=ROWS), "colour": rng.choice(["red", "green"], ROWS)}
    return pd.DataFrame({**useful, **columns, "y": np.where(rng.random(ROWS) < 0.5, "yes", "no")})


def recipe(table: pd.DataFrame, target: str = "y", **options: Any) -> Recipe:
    """The recipe for a table."""
    return table_recipe("mine", table, TableOptions(target, **options), "mine.csv")


def told(made: Recipe) -> dict[str, list[str | None]]:
    """The columns that notes are about, by their kind."""
    kinds: dict[str, list[str | None]] = {}
    for note in made.notes:
        kinds.setdefault(note.kind, []).append(note.column)
    return kinds


def refusal(table: pd.DataFrame, target: str = "y", **options: Any) -> str:
    """Why there is no recipe."""
    with pytest.raises(AskedWrongly) as refused:
        recipe(table, target, **options)
    return str(refused.value)


def test_a_plain_table_becomes_a_classification_of_its_other_columns() -> None:
    made = recipe(frame())
    assert (made.name, made.task, made.metric) == ("mine", "classification", "log_loss")
    table = made.load()
    assert (list(table.features), table.source, set(table.target)) == (["size", "colour"], "mine.csv", {"yes", "no"})
    assert "'y'" in made.intended_use


def test_numbers_become_a_regression() -> None:
    assert (recipe(frame(), "size").task, recipe(frame(), "size").metric) == ("regression", "rmse")


def test_what_a_person_says_goes_before_what_is_guessed() -> None:
    grades = frame(grade=[1, 2, 3, 4] * (ROWS // 4))
    assert recipe(grades, "grade").task == "classification"
    made = recipe(grades, "grade", task="regression", metric="mae")
    assert (made.task, made.metric) == ("regression", "mae")
    assert "as given by --task" in made.notes[0].sentence


def test_rows_without_a_target_are_left_out_and_counted() -> None:
    table = frame()
    table.loc[3, "y"] = None
    made = recipe(table)
    assert len(made.load().features) == ROWS - 1
    assert made.notes[0].sentence == "1 row has no target and was left out"


def test_what_rows_without_a_target_lack_may_be_null() -> None:
    """They are those whose target people ask for."""
    table = frame()
    table.loc[3, ["y", "size"]] = None
    made = recipe(table).input
    assert isinstance(made, Signature)
    assert [feature.name for feature in made.features if feature.nullable] == ["size"]


def test_copies_of_rows_are_counted_and_kept() -> None:
    table = frame()
    made = recipe(pd.concat([table, table.iloc[:5]], ignore_index=True))
    assert any(note.sentence.startswith("5 rows are copies of others") for note in made.notes)
    assert len(made.load().features) == ROWS + 5


def test_a_column_without_a_name_may_be_sent_as_pandas_and_as_polars_calls_it() -> None:
    made = recipe(frame(**{"Unnamed: 0": range(ROWS)}))
    assert isinstance(made.input, Signature)
    row = {"size": 1.0, "colour": "red"}
    for name in ("Unnamed: 0", ""):
        spelled = Validator(made.input).validate_value({**row, name: 3}).spelled
        assert spelled is not None
        assert [finding.code for finding in spelled.warnings({})[0]] == ["ignored"]


def test_identifiers_beyond_what_a_double_counts_are_left_out() -> None:
    wide = frame(tweet_id=[570306133677760513 + place * 10**9 for place in range(ROWS)])
    wide["tweet_id"] = wide["tweet_id"].astype(float)  # As they are read from a CSV file.
    assert told(recipe(wide))["dropped"] == ["tweet_id"]


def test_a_column_that_says_what_the_target_says_is_left_out_unless_it_is_to_be_kept() -> None:
    table = frame()
    table["paid"] = np.where(table["y"] == "yes", 1, 0)
    assert "paid" not in recipe(table).load().features
    assert told(recipe(table))["leak"] == ["paid"]
    kept = recipe(table, keep_leaks=True)
    assert "paid" in kept.load().features
    assert "paid" in told(kept)["leak"]


def test_a_number_that_alone_tells_the_classes_apart_is_kept_and_said() -> None:
    table = frame()
    table["score"] = np.where(table["y"] == "yes", 1.0, -1.0) * (1 + np.arange(ROWS))
    assert told(recipe(table))["leak"] == ["score"]
    assert "score" in recipe(table).load().features


def test_a_column_that_counts_the_rows_is_left_out_whatever_its_name() -> None:
    """Also where rows without a target are left out, or a hold-out counts anew."""
    table = frame(rownames=np.arange(1, ROWS + 1))
    table.loc[3, "y"] = None
    made = recipe(table, holdout=table)
    assert "rownames" not in made.load().features
    assert isinstance(made.input, Signature)
    assert made.input.left_out["rownames"] == "it counts the rows, which says nothing of them"
    assert told(made)["dropped"] == ["rownames"]


def test_a_column_that_counts_the_rows_is_kept_where_it_is_all() -> None:
    made = recipe(pd.DataFrame({"month": range(ROWS), "y": np.arange(ROWS) % 7 / 3}))
    assert list(made.load().features) == ["month"]


def test_cells_are_read_as_people_write_them_in_the_target_too() -> None:
    """The rows of a hold-out are read with the others, as all cells of a column decide together."""
    money = [f"${cents:,}" for cents in np.random.default_rng(1).integers(900, 9000, ROWS)]
    table = frame(price=money, rate=["20%", "3.5%", "NA"] * (ROWS // 3), day=["2012/01/31", "2012/02/01"] * (ROWS // 2))
    made = recipe(table, "price", holdout=table.iloc[:5])
    assert made.task == "regression"
    assert made.load().target.max() > 900
    assert isinstance(made.input, Signature)
    kinds = {feature.name: (str(feature.type), feature.unit) for feature in made.input.features}
    assert (kinds["rate"], kinds["day"]) == (("number", "%"), ("date", None))
    assert f"{ROWS + 5} cells are amounts in $, read as numbers" in [note.sentence for note in made.notes]


def test_whole_numbers_that_look_like_dates_are_told_with_the_option_that_reads_them() -> None:
    days = [int(f"2024{month:02}{day:02}") for month in range(1, 13) for day in range(10, 20)]
    table = frame(day=days, paid=[202_401 + row % 12 for row in range(ROWS)], sum=np.arange(ROWS) * 997 + 20240000)
    told = {note.column: note.sentence for note in recipe(table).notes if "look like dates" in note.sentence}
    assert told == {
        "day": "its numbers look like dates of the form %Y%m%d: --date day=%Y%m%d reads them so",
        "paid": "its numbers look like dates of the form %Y%m: --date paid=%Y%m reads them so",
    }


def test_numbers_that_were_read_as_dates_are_told_with_the_option_that_keeps_them() -> None:
    table = frame(day=[20240110 + row % 20 for row in range(ROWS)])
    (note,) = [note for note in recipe(table, columns=ColumnChoices(date="day")).notes if note.column == "day"]
    assert note.sentence == "its numbers are read as dates of the form %Y%m%d; --number day reads numbers"
    (note,) = [note for note in recipe(table, columns=ColumnChoices(date="day=%Y%m%d")).notes if note.column == "day"]
    assert note.sentence == "its numbers are read as dates of the form %Y%m%d"
    assert not [n for n in recipe(table, columns=ColumnChoices(number="day")).notes if n.column == "day"]


def test_a_column_that_is_not_there_may_be_so_for_how_the_file_was_read() -> None:
    cells = Cells(notes=(Note("fact", None, "the file has no header"),))
    assert refusal(frame(), "z", cells=cells).endswith("the table has size, colour, y. The file has no header.")


def test_a_rare_class_is_said() -> None:
    table = frame()
    table["y"] = ["yes"] * 6 + ["no"] * (ROWS - 6)
    assert any(note.sentence == "imbalanced: 'yes' is 5.0% of the rows" for note in recipe(table).notes)


@pytest.mark.parametrize(
    ("table", "target", "options", "sentence"),
    [
        (frame(), "z", {}, "There is no column 'z'; the table has size, colour, y."),
        (frame().iloc[:29], "y", {}, "The table has 29 rows with a target; training needs at least 30."),
        (frame(), "y", {"metric": "rmse"}, "rmse is no metric for a classification; it has log_loss, "),
        (frame(), "y", {"task": "regression"}, "The target 'y' is not a number in every row; a regression needs one."),
        (frame()[["y"]].assign(paid=frame()["y"]), "y", {}, "Every column repeats the target; --keep-leaks "),
    ],
    ids=["column", "rows", "metric", "task", "leaks"],
)
def test_what_cannot_be_learned_is_one_sentence(
    table: pd.DataFrame, target: str, options: dict[str, Any], sentence: str
) -> None:
    assert refusal(table, target, **options).startswith(sentence)


def test_a_hold_out_of_another_file_is_read_together_with_the_table() -> None:
    """`NA` in one of two CSV files makes no texts of the numbers in the other."""
    table = frame(count=pd.Series(range(5, ROWS + 5), dtype="Int64"))
    others = frame(count=pd.Series([*map(str, range(5, ROWS + 4)), "NA"], dtype="str"))
    made = recipe(table, holdout=others, cells=Cells(typed=False))
    assert isinstance(made.input, Signature)
    assert {feature.name: str(feature.type) for feature in made.input.features}["count"] == "integer"


def test_a_target_that_neither_table_has_is_one_sentence() -> None:
    assert refusal(frame(), "z", holdout=frame()).startswith("There is no column 'z'")


@pytest.mark.parametrize("aside", ["y", "heating"])
def test_a_row_is_taken_whole_where_a_part_of_a_name_is_a_column_that_is_no_feature(aside: str) -> None:
    table = frame(heating=["gas", "oil", "none"] * (ROWS // 3), **{f"{aside}.kind": [1.5, 2.5] * (ROWS // 2)})
    made = recipe(table, columns=ColumnChoices(drop="heating"))
    assert isinstance(made.input, Signature)
    row = table.iloc[:1].to_json(orient="records").encode()
    assert len(Validator(made.input).validate(row).columns) == 1

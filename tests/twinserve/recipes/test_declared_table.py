"""Reading a file as the class declares it."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pytest
from pydantic import BaseModel

from twinserve.recipes import Category, ColumnChoices
from twinserve.recipes.column_choices import NoSuchColumn
from twinserve.recipes.declared_table import read_table
from twinserve.signature.sources.agreement import disagreements
from twinserve.signature.sources.from_pydantic import from_pydantic


class Order(BaseModel):
    """A row."""

    code: Category
    paid: bool
    day: datetime.date | None
    remark: str | None


HEADER = "code,paid,day,remark,extra,late\n"
ROWS = f"{HEADER}7,true,2024-01-02,good,1,yes\n8,false,,,2,no\n9,true,,so,3,\n7,true,,so,4,yes\n8,false,,so,5,no\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Five rows, of which one has no target."""
    path = tmp_path / "orders.csv"
    path.write_text(ROWS)
    return path


def test_columns_become_what_the_class_declares(file: Path) -> None:
    """Whole numbers become texts where texts are declared; other columns and rows without a target are left out."""
    table = read_table(file, Order, target="late", task="classification")
    assert table.features["code"].tolist() == ["7", "8", "7", "8"]
    assert table.features["paid"].tolist() == [1.0, 0.0, 1.0, 0.0]
    assert table.features["day"].dropna().tolist() == [pd.Timestamp("2024-01-02")]
    assert table.features["remark"].tolist() == ["good", None, "so", "so"]
    assert (table.target.tolist(), table.source) == (["yes", "no"] * 2, "orders.csv")
    assert list(disagreements(from_pydantic(Order), table.features, exact=True)) == []


def test_a_column_that_is_not_as_declared_is_left_to_the_training(file: Path) -> None:
    file.write_text(ROWS.replace("true", "perhaps").replace("remark", "note"))
    table = read_table(file, Order, target="late", task="classification")
    assert list(disagreements(from_pydantic(Order), table.features, exact=False)) == [
        "paid holds category values and is declared as boolean",
        "remark is declared and not in the table",
    ]


def test_other_columns_of_the_file_may_be_sent_and_are_ignored(file: Path) -> None:
    """As with `--data`; the reasons are the recipe's where it has some."""
    table = read_table(file, Order, target="late", task="classification", left_out={"extra": "it is a number"})
    assert table.left_out == {"extra": "it is a number", "late": "it is the target, which is predicted"}
    table = read_table(file, Order, target="late", task="classification")
    assert table.left_out["extra"] == "the input does not declare it"


def test_a_format_and_a_weight_are_named(file: Path) -> None:
    file.write_text(ROWS.replace("2024-01-02", "02/01/24"))
    columns = ColumnChoices(date={"day": "%d/%m/%y"}, weight="extra")
    table = read_table(file, Order, target="late", task="classification", columns=columns)
    assert table.features["day"].dropna().tolist() == [pd.Timestamp("2024-01-02")]
    assert table.weights is not None
    assert (table.weights.tolist(), table.weights.name) == ([1.0, 2.0, 4.0, 5.0], "extra")
    assert table.left_out["extra"] == "it is the weight of a row"


def test_a_target_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(NoSuchColumn, match="There is no column 'later'; did you mean 'late'"):
        read_table(file, Order, target="later", task="classification")

"""Reading a file as the class declares it."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pytest
from pydantic import BaseModel

from twinserve.recipes import Category
from twinserve.recipes.declared_table import read_table
from twinserve.recipes.table import NoSuchColumn
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


def test_a_target_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(NoSuchColumn, match="There is no column 'later'; the table has code, paid"):
        read_table(file, Order, target="later", task="classification")

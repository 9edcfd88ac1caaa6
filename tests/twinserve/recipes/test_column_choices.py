"""What is said of columns: which are no features, what others hold; a mistake is one sentence before the training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from twinserve.errors import AskedWrongly
from twinserve.notations.notation import Notation
from twinserve.recipes import ColumnChoices, Recipe, Split
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.signature import Signature
from twinserve.tables.cells import Cells
from twinserve.training.holdout import held_out_rows

ROWS = 60


def frame() -> pd.DataFrame:
    """Codes that look like numbers, an identifier, weights, dates as people write them."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "code": rng.integers(1, 4, ROWS),
            "customer": [f"C{place:03}" for place in rng.permutation(ROWS)],
            "weight": rng.integers(0, 5, ROWS),
            "day": [f"{day:02}.02.2024" for day in rng.integers(1, 28, ROWS)],
            "amount": ["-" if place % 10 == 0 else f"{place / 4}" for place in range(ROWS)],
            "a,b": rng.random(ROWS),
            "size": rng.random(ROWS),
            "y": rng.choice(["no", "yes"], ROWS),
        }
    )


def recipe(split: Split | None = None, **choices: Any) -> Recipe:
    """The recipe of the table with these choices."""
    return table_recipe(
        "mine", frame(), TableOptions("y", split=split or Split(), columns=ColumnChoices(**choices)), ""
    )


def signature(**choices: Any) -> Signature:
    """Its contract."""
    declared = recipe(**choices).input
    assert isinstance(declared, Signature)
    return declared


def types(**choices: Any) -> dict[str, str]:
    """The type of each feature, and `?` where it may be null."""
    return {one.name: f"{one.type}{'?' if one.nullable else ''}" for one in signature(**choices).features}


def test_columns_that_are_no_features_are_named_with_the_reason() -> None:
    """So that a caller who sends them is told, and not refused."""
    choices: dict[str, Any] = {"drop": ["size"], "id": "code", "weight": "weight"}
    assert not {"size", "code", "weight"} & types(**choices).keys()
    left_out = signature(**choices).left_out
    assert list(left_out) == [name for name in frame() if name in left_out]
    assert left_out["size"] == "training was told to leave it out"
    assert left_out["code"] == "it is an identifier"
    assert left_out["weight"] == "it is the weight of a row"
    told = {note.column: note.sentence for note in recipe(**choices).notes if note.kind == "dropped"}
    assert told["size"] == "training was told to leave it out (--drop)"


def test_a_type_that_is_named_goes_before_what_the_values_look_like() -> None:
    named = types(category="code,customer", number=["amount", "weight"], date={"day": "%d.%m.%Y"})
    assert (named["code"], named["customer"], named["weight"]) == ("category", "category", "number")
    assert (named["amount"], named["day"]) == ("number?", "date")
    table = recipe(category="code", date="day=%d.%m.%Y").load().features
    assert set(table["code"]) == {"1", "2", "3"}
    assert table["day"].dt.month.eq(2).all()


def test_text_is_learned_from_beside_other_columns() -> None:
    made = recipe(text="customer")
    assert types(text="customer")["customer"] == "string"
    table = made.load()
    pipeline = made.candidates(0)["linear model"]
    assert pipeline.fit(table.features, table.target).predict(table.features).shape == (ROWS,)


def test_what_is_said_of_a_column_goes_before_how_its_cells_are_read() -> None:
    """Amounts stay the categories they are said to be, and a column that counts the rows is a number if it is one."""
    table = frame().assign(price=[f" ${place % 3}.00" for place in range(ROWS)], place=range(ROWS))
    options = TableOptions("y", columns=ColumnChoices(category="price", number="place"))
    made = table_recipe("mine", table, options, "")
    assert set(made.load().features["price"]) == {"$0.00", "$1.00", "$2.00"}
    assert "place" in made.load().features
    numbers = table_recipe("mine", table, TableOptions("y", columns=ColumnChoices(number="price", date="day")), "")
    assert numbers.load().features["price"].max() == 2.0
    assert numbers.load().features["day"].dt.month.eq(2).all()
    unsaid = table_recipe("mine", table, TableOptions("y"), "").load().features
    assert unsaid["price"].max() == 2.0
    assert "place" not in unsaid


def test_rows_are_divided_by_a_date_of_a_named_format() -> None:
    days = [f"{1 + place % 28}. {'Jan' if place < 30 else 'Feb'} 2012" for place in range(ROWS)]
    columns, split = ColumnChoices(date={"day": "%d. %b %Y"}), Split(time="day")
    made = table_recipe("mine", frame().assign(day=days), TableOptions("y", split=split, columns=columns), "")
    given = made.load().given
    assert given is not None
    assert given["day"].max() == pd.Timestamp("2012-02-28")
    held_out = held_out_rows(given, np.zeros(ROWS, dtype=np.int64), split)
    assert given["day"][held_out].min() > given["day"][~held_out].max()


def test_numbers_of_a_table_with_decimal_commas_keep_them_beside_what_is_no_number() -> None:
    table = frame().assign(price=[*["1,234"] * (ROWS - 2), "2.000,5", "none yet"], plain="1.5")
    options = TableOptions(
        "y", columns=ColumnChoices(number="price,plain"), cells=Cells(typed=False, decimal_comma=True)
    )
    made = table_recipe("mine", table, options, "")
    assert made.load().features["price"].tolist()[-3:-1] == [1.234, 2000.5]
    assert set(made.load().features["plain"]) == {1.5}
    assert isinstance(made.input, Signature)
    (price,) = (feature for feature in made.input.features if feature.name == "price")
    assert price.notation == Notation(form="any number with a decimal comma")


def test_null_is_allowed_where_training_saw_none() -> None:
    assert types(nullable=["size"])["size"] == "number?"
    assert types()["size"] == "number"
    assert all(kind.endswith("?") for kind in types(nullable="all").values())


def test_a_name_with_a_comma_is_one_column() -> None:
    assert "a,b" not in types(drop="a,b")
    assert not {"size", "code"} & types(drop="size, code").keys()


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"drop": "sise"}, "There is no column 'sise' (--drop); did you mean 'size'?"),
        ({"weight": "wait"}, "There is no column 'wait' (--weight); did you mean 'weight'"),
        ({"date": {"dey": None}}, "There is no column 'dey' (--date); did you mean 'day'?"),
        ({"drop": "code", "category": "code"}, "--drop and --category of 'code' exclude each other; give one."),
        ({"number": "code", "category": "code"}, "--category and --number of 'code' exclude each other; give one."),
        ({"id": "code", "nullable": "code"}, "--id and --nullable of 'code' exclude each other; give one."),
        ({"drop": "y"}, "'y' is the target, so nothing else can be said of it."),
        ({"number": "customer"}, "Column 'customer' holds 0 numbers among 60 values; 'C"),
        ({"date": "customer"}, "Column 'customer' holds 0 dates among 60 values; '"),
        ({"date": {"day": "%Q"}}, "Column 'day' cannot be read by the format '%Q' ("),
        ({"weight": "customer"}, "The weight 'customer' holds texts, such as "),
    ],
    ids=str,
)
def test_each_mistake_is_one_sentence(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AskedWrongly) as refused:
        recipe(**choices)
    assert str(refused.value).startswith(sentence)
    assert str(refused.value).endswith((".", "?"))


def test_a_group_may_be_an_identifier_and_a_time_no_feature() -> None:
    grouped = recipe(Split(group="code"), id="code").input
    assert isinstance(grouped, Signature)
    assert grouped.left_out["code"] == "it names the group of a row"
    assert recipe(Split(time="size"), drop="size").split == Split(time="size")
    with pytest.raises(AskedWrongly, match=r"^.code. is the group of a row"):
        recipe(Split(group="code"), category="code")

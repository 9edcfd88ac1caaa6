"""The tables have names of their own, and the one that is made here is spelled as people spell."""

from __future__ import annotations

import re
from typing import Final

from bench.tables.catalog import TABLES, chosen, spelled
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.signature import Signature
from twinserve.tables.cells import Cells

FEWEST: Final = 25


def test_there_are_enough_tables_and_each_name_is_one_of_a_model() -> None:
    names = [table.name for table in TABLES]
    assert len(set(names)) == len(names) >= FEWEST
    assert all(re.fullmatch("[a-z]+", name) for name in names)


def test_some_may_be_chosen() -> None:
    assert [table.name for table in chosen(["wine", "ames"])] == ["wine", "ames"]
    assert list(chosen([])) == list(TABLES)


def test_of_the_spelled_table_every_column_is_learned_from() -> None:
    recipe = table_recipe("spelled", spelled(), TableOptions("income", cells=Cells(typed=False)), "spelled.csv")
    assert isinstance(recipe.input, Signature)
    types = {feature.name: str(feature.type) for feature in recipe.input.features}
    assert set(types) == set(spelled().columns) - {"income"}
    assert (types["day"], types["month"], types["job"]) == ("date", "date", "category")

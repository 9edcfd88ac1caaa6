"""The options of a training choose a recipe by name, from a module, or for a table."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import pytest

from twinserve.cli.options.chosen_recipe import chosen_recipe
from twinserve.errors import AskedWrongly
from twinserve.recipes import Recipe

RECIPES = {"fruit": "harness.fruit:FRUIT", "price": "harness.fruit:PRICE"}


@pytest.fixture(autouse=True)
def import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the import path, as a recipe's module may be in the folder of the command."""
    monkeypatch.setattr(sys, "path", list(sys.path))


def chosen(recipe: str | None = None, data: str | None = None) -> Recipe:
    """The recipe of these options."""
    asked = {"format": None, "target": "y", "task": None, "metric": None, "keep_leaks": False}
    return chosen_recipe(Namespace(recipe=recipe, data=data, name="mine", **asked), "price", RECIPES)


def test_without_a_name_it_is_the_default() -> None:
    assert chosen().name == "price"


def test_a_name_chooses_among_the_recipes_of_the_project() -> None:
    assert chosen("fruit").name == "fruit"
    with pytest.raises(AskedWrongly, match="There is no recipe 'plum'"):
        chosen("plum")


def test_a_table_gets_a_recipe_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "loans.csv"
    path.write_text("x,y\n" + "".join(f"{row},{'a' if row % 3 else 'b'}\n" for row in range(60)))
    recipe = chosen(data=str(path))
    assert (recipe.name, recipe.task, recipe.load().source) == ("mine", "classification", "loans.csv")


def test_any_recipe_may_be_refitted() -> None:
    options = {"recipe": "fruit", "data": None, "name": "mine", "refit": True}
    assert chosen_recipe(Namespace(**options), "price", RECIPES).refit
    assert not chosen("fruit").refit

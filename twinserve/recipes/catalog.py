"""Find a recipe by its name or by `package.module:name`."""

from __future__ import annotations

from collections.abc import Mapping

from twinserve.errors import AskedWrongly
from twinserve.recipes.place import at
from twinserve.recipes.recipe import Recipe


class UnknownRecipe(AskedWrongly):
    """No recipe has this name, or what is at `package.module:name` is no recipe."""


def find(name: str, recipes: Mapping[str, str]) -> Recipe:
    """The recipe at `package.module:name`, or that of a name in `recipes`; raises `UnknownRecipe` or `NothingThere`."""
    if ":" not in name and name not in recipes:
        known = f"choose one of: {', '.join(sorted(recipes))}, or" if recipes else "give"
        raise UnknownRecipe(f"There is no recipe {name!r}; {known} your own as package.module:name.")
    place = recipes.get(name, name)
    recipe = at(place, is_one=lambda value: isinstance(value, Recipe))
    if not isinstance(recipe, Recipe):
        raise UnknownRecipe(f"{place} is a {type(recipe).__name__} and not a Recipe.")
    return recipe

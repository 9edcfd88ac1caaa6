"""Find a recipe by its name or by `package.module:name`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from twinserve.errors import AskedWrongly
from twinserve.recipes.recipe import Recipe


class UnknownRecipe(AskedWrongly):
    """No recipe has this name, or nothing is found at `package.module:name`."""


def find(name: str, recipes: Mapping[str, str]) -> Recipe:
    """The recipe at `package.module:name`, or that of a name in `recipes`; raises `UnknownRecipe`."""
    if ":" not in name and name not in recipes:
        known = f"choose one of: {', '.join(sorted(recipes))}, or" if recipes else "give"
        raise UnknownRecipe(f"There is no recipe {name!r}; {known} your own as package.module:name.")
    module, _, attribute = recipes.get(name, name).partition(":")
    return _imported(module, attribute)


def _imported(module: str, attribute: str) -> Recipe:
    if not module or module.startswith(".") or not attribute:
        raise UnknownRecipe(f"'{module}:{attribute}' is not of the form package.module:name.")
    try:
        holder = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UnknownRecipe(f"There is no module {error.name!r}; run the command where it can be imported.") from error
    recipe = getattr(holder, attribute, None)
    if recipe is None:
        has = ", ".join(sorted(name for name, value in vars(holder).items() if isinstance(value, Recipe)))
        raise UnknownRecipe(f"The module {module!r} has no {attribute!r}{has and f'; its recipes: {has}'}.")
    if not isinstance(recipe, Recipe):
        raise UnknownRecipe(f"{module}:{attribute} is a {type(recipe).__name__} and not a Recipe.")
    return recipe

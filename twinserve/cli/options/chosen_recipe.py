"""The recipe that the options of a training ask for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from twinserve.cli.options.column_options import chosen_split
from twinserve.cli.options.given_table import recipe_of_table
from twinserve.recipes import Recipe, find
from twinserve.recipes.split import BY_CLASS


def chosen_recipe(options: argparse.Namespace, default: str | None, recipes: Mapping[str, str]) -> Recipe:
    """A recipe by its name in `recipes`, from a module, or made for the table of `--data`; raises `AskedWrongly`."""
    if options.data is None:
        sys.path.insert(0, str(Path.cwd()))  # `--recipe package.module:recipe` may be in the folder of the command.
        recipe, chosen = find(options.recipe or default or "", recipes), chosen_split(options)
        recipe = recipe if chosen == BY_CLASS else replace(recipe, split=chosen)
    else:
        recipe = recipe_of_table(options, options.name)
    return replace(recipe, refit=True) if vars(options).get("refit") else recipe

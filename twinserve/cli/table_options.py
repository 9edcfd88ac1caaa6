"""The options of the commands that read a table to write source, and the recipe that they ask for."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinserve.cli.options import add_reading, not_empty, reading_of
from twinserve.errors import AskedWrongly
from twinserve.metric import METRICS

if TYPE_CHECKING:
    from twinserve.recipes import Recipe
    from twinserve.scaffold.recipe_source import TableSource


class CannotReadTwice(AskedWrongly):
    """Standard input is given where a file is needed."""


def add_table(parser: argparse.ArgumentParser) -> None:
    """`--data`, `--target` and what else decides how a table is read."""
    parser.add_argument("--data", type=not_empty, required=True, metavar="FILE", help="a table to learn from")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="the column of the table to predict")
    add_reading(parser)
    parser.add_argument("--metric", choices=list(METRICS), help="the metric that chooses the best candidate")


@dataclass(frozen=True)
class Wanted:
    """Where a recipe will be, and by which variable its data can be another file."""

    name: str
    folder: Path
    variable: str | None = None


def written_recipe(options: argparse.Namespace, wanted: Wanted) -> tuple[Recipe, str]:
    """The recipe of the table that the options name, and its source; raises `AskedWrongly`."""
    from twinserve.cli.given_table import recipe_of_table
    from twinserve.scaffold.recipe_source import recipe_source
    from twinserve.store.registry import Registry
    from twinserve.tables.formats import STANDARD_INPUT, is_database

    Registry(Path(), wanted.name)  # Raises where no model can have this name.
    if options.data == STANDARD_INPUT:
        raise CannotReadTwice("A recipe reads its table anew at each training; give a file instead of standard input.")
    if is_database(options.data):
        raise CannotReadTwice("A recipe reads its table from a file; write a load() of your own for a database.")
    recipe = recipe_of_table(options, wanted.name)
    return recipe, recipe_source(recipe, _source(options, wanted))


def remarks(recipe: Recipe) -> str:
    """What to know of the columns before a training, a line each: those that are left out, those to be looked at."""
    return "".join(f"{note}\n" for note in recipe.notes if note.column is not None and note.kind != "fact")


def _source(options: argparse.Namespace, wanted: Wanted) -> TableSource:
    from twinserve.scaffold.recipe_source import TableSource

    given = [f"--{name} {getattr(options, name)}" for name in ("format", "task", "metric") if getattr(options, name)]
    given += ["--keep-leaks"] if options.keep_leaks else []
    given += [f"--null-values {','.join(options.null_values)}"] if options.null_values else []
    given += [] if options.header is None else ["--header" if options.header else "--no-header"]
    return TableSource(
        location=options.data,
        target=options.target,
        reading=reading_of(options),
        options="".join(f" {option}" for option in given),
        recipe_folder=wanted.folder,
        variable=wanted.variable,
    )

"""The options of the commands that read a table to write source, and the recipe that they ask for."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinserve.cli.options.column_options import add_columns, add_split, chosen_columns, written
from twinserve.cli.options.shared import (
    add_decision,
    add_estimator,
    add_metric,
    add_reading,
    chosen_estimators,
    not_empty,
    reading_of,
)
from twinserve.cli.options.target_options import add_target
from twinserve.errors import AskedWrongly

if TYPE_CHECKING:
    from twinserve.recipes import Recipe
    from twinserve.scaffold.load_source import TableSource


class CannotReadTwice(AskedWrongly):
    """Standard input is given where a file is needed."""


def add_table(parser: argparse.ArgumentParser) -> None:
    """`--data`, `--target` and what else decides how a table is read."""
    parser.add_argument("--data", type=not_empty, required=True, metavar="FILE", help="a table to learn from")
    add_target(parser, required=True)
    add_reading(parser, database=False)
    add_metric(parser, "the metric that chooses the best candidate")
    add_estimator(parser)
    add_decision(parser)
    add_columns(parser.add_argument_group("columns: each option may be repeated, and takes A,B as well"))
    add_split(parser.add_argument_group("split: which rows are held out to judge the model, and how folds are made"))


@dataclass(frozen=True)
class Wanted:
    """Where a recipe will be, and by which variable its data can be another file."""

    name: str
    folder: Path
    variable: str | None = None


def written_recipe(options: argparse.Namespace, wanted: Wanted) -> tuple[Recipe, str]:
    """The recipe of the table that the options name, and its source; raises `AskedWrongly`."""
    from twinserve.cli.options.given_table import recipe_of_table
    from twinserve.scaffold.recipe_source import recipe_source
    from twinserve.store.registry import Registry
    from twinserve.tables.formats import STANDARD_INPUT, is_database

    Registry(Path(), wanted.name)  # Raises where no model can have this name.
    if options.data == STANDARD_INPUT:
        raise CannotReadTwice("A recipe reads its table anew at each training; give a file instead of standard input.")
    if is_database(options.data):
        raise CannotReadTwice("A recipe reads its table from a file; write a load() of your own for a database.")
    recipe = recipe_of_table(options, wanted.name)
    return recipe, recipe_source(recipe, _source(options, wanted, targets_of(options, recipe)))


def targets_of(options: argparse.Namespace, recipe: Recipe) -> tuple[str, ...]:
    """The columns that a recipe made with these options predicts."""
    return tuple(recipe.load().target.columns) if recipe.task == "multi-output" else (options.target,)


def remarks(recipe: Recipe) -> str:
    """What to know of the columns before a training, a line each: those that are left out, those to be looked at."""
    return "".join(f"{note}\n" for note in recipe.notes if note.column is not None and note.kind != "fact")


def _source(options: argparse.Namespace, wanted: Wanted, targets: tuple[str, ...]) -> TableSource:
    from twinserve.scaffold.load_source import TableSource

    names = ("format", "sheet", "task", "metric", "threshold", "costs", "positive")
    given = [
        f"--{name} {shlex.quote(str(getattr(options, name)))}" for name in names if getattr(options, name) is not None
    ]
    given += ["--keep-leaks"] if options.keep_leaks else []
    given += [f"--null-values {shlex.quote(','.join(options.null_values))}"] if options.null_values else []
    given += [] if options.header is None else ["--header" if options.header else "--no-header"]
    given += [f"--estimator {','.join(chosen_estimators(options))}"] if options.estimator else []
    given += written(options)
    return TableSource(
        location=options.data,
        targets=targets,
        reading=reading_of(options),
        options="".join(f" {option}" for option in given),
        recipe_folder=wanted.folder,
        variable=wanted.variable,
        columns=chosen_columns(options),
    )

"""The table that `--data` names, and the recipe that its options ask for."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from twinserve.recipes import Recipe, Split
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.tables.files import read
from twinserve.tables.formats import source_name

if TYPE_CHECKING:
    import pandas as pd


def given_table(options: argparse.Namespace) -> tuple[pd.DataFrame, str]:
    """The table, and where it comes from, for the model card; raises `AskedWrongly`."""
    frame = read(options.data, options.format, sys.stdin.buffer)
    return frame, source_name(options.data)


def chosen_split(options: argparse.Namespace) -> Split:
    """The split that the options name; by class for a command without such options."""
    given = vars(options)
    return Split(given.get("time"), given.get("group"), bool(given.get("stratify")))


def _holdout(options: argparse.Namespace) -> pd.DataFrame | None:
    location = vars(options).get("holdout")
    return None if location is None else read(location, options.format, sys.stdin.buffer)


def recipe_of_table(options: argparse.Namespace, name: str) -> tuple[Recipe, pd.DataFrame]:
    """The recipe made for the table, and the table; raises `AskedWrongly`."""
    frame, source = given_table(options)
    wish = TableOptions(
        options.target, options.task, options.metric, options.keep_leaks, chosen_split(options), _holdout(options)
    )
    return table_recipe(name, frame, wish, source), frame

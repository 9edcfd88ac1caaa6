"""The table that `--data` names, and the recipe that its options ask for."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from twinserve.cli.options import reading_of
from twinserve.recipes import Recipe, Split
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.tables.cells import Cells
from twinserve.tables.files import read
from twinserve.tables.formats import source_name

if TYPE_CHECKING:
    import pandas as pd


def given_table(options: argparse.Namespace) -> tuple[pd.DataFrame, Cells, str]:
    """The table, how its cells are written, and where it comes from, for the model card; raises `AskedWrongly`."""
    locations = [options.data, *vars(options).get("more_data", [])]
    frame, cells = read(locations, reading_of(options), sys.stdin.buffer)
    return frame, cells, source_name(*locations)


def chosen_split(options: argparse.Namespace) -> Split:
    """The split that the options name; by class for a command without such options."""
    given = vars(options)
    return Split(given.get("time"), given.get("group"), bool(given.get("stratify")))


def _holdout(options: argparse.Namespace) -> pd.DataFrame | None:
    location = vars(options).get("holdout")
    return None if location is None else read([location], reading_of(options), sys.stdin.buffer)[0]


def recipe_of_table(options: argparse.Namespace, name: str) -> Recipe:
    """The recipe made for the table; raises `AskedWrongly`."""
    frame, cells, source = given_table(options)
    wish = TableOptions(
        options.target,
        options.task,
        options.metric,
        options.keep_leaks,
        chosen_split(options),
        _holdout(options),
        cells=cells,
    )
    return table_recipe(name, frame, wish, source)

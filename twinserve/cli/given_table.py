"""The table that `--data` names, and the recipe that its options ask for."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from twinserve.cli.column_options import chosen_columns, chosen_split
from twinserve.cli.options import chosen_decision, chosen_estimators, reading_of
from twinserve.recipes import Recipe
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
        chosen_columns(options),
        chosen_estimators(options),
        chosen_decision(options),
        cells,
        tuple(vars(options).get("more_targets", ())),
    )
    return table_recipe(name, frame, wish, source)

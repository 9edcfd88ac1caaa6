"""The table that `--data` names, and the recipe that its options ask for."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from twinserve.cli.column_options import chosen_columns, chosen_split
from twinserve.cli.options import chosen_decision, chosen_estimators
from twinserve.recipes import Recipe, table_file
from twinserve.recipes.table import TableOptions, table_recipe

if TYPE_CHECKING:
    import pandas as pd


def given_table(options: argparse.Namespace) -> tuple[pd.DataFrame, str]:
    """The table, and where it comes from, for the model card; raises `AskedWrongly`."""
    frame = table_file.read(options.data, options.format, sys.stdin.buffer)
    return frame, table_file.source_name(options.data)


def _holdout(options: argparse.Namespace) -> pd.DataFrame | None:
    location = vars(options).get("holdout")
    return None if location is None else table_file.read(location, options.format, sys.stdin.buffer)


def recipe_of_table(options: argparse.Namespace, name: str) -> tuple[Recipe, pd.DataFrame]:
    """The recipe made for the table, and the table; raises `AskedWrongly`."""
    frame, source = given_table(options)
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
    )
    return table_recipe(name, frame, wish, source), frame

"""The table that `--data` names, and the recipe that its options ask for."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from twinserve.recipes import Recipe, table_file
from twinserve.recipes.table import TableOptions, table_recipe

if TYPE_CHECKING:
    import pandas as pd


def given_table(options: argparse.Namespace) -> tuple[pd.DataFrame, str]:
    """The table, and where it comes from, for the model card; raises `AskedWrongly`."""
    frame = table_file.read(options.data, options.format, sys.stdin.buffer)
    return frame, table_file.source_name(options.data)


def recipe_of_table(options: argparse.Namespace, name: str) -> tuple[Recipe, pd.DataFrame]:
    """The recipe made for the table, and the table; raises `AskedWrongly`."""
    frame, source = given_table(options)
    wish = TableOptions(options.target, options.task, options.metric, options.keep_leaks)
    return table_recipe(name, frame, wish, source), frame

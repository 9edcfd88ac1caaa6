"""The table that `--data` names, and the recipe that its options ask for."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from twinserve.cli.options.column_options import chosen_columns, chosen_split
from twinserve.cli.options.shared import chosen_decision, chosen_estimators, reading_of
from twinserve.recipes import Recipe
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.tables.cells import Cells
from twinserve.tables.files import read
from twinserve.tables.formats import form_of, source_name

if TYPE_CHECKING:
    import pandas as pd


def given_table(options: argparse.Namespace) -> tuple[pd.DataFrame, Cells, str]:
    """The table, how its cells are written, and where it comes from, for the model card; raises `AskedWrongly`."""
    locations = [options.data, *vars(options).get("more_data", [])]
    frame, cells = read(locations, reading_of(options), sys.stdin.buffer)
    return frame, cells, source_name(*locations)


def _holdout(options: argparse.Namespace) -> tuple[pd.DataFrame | None, Cells | None]:
    location = vars(options).get("holdout")
    if location is None:
        return None, None
    reading = reading_of(options)
    is_excel = (reading.form or form_of(location)) == "excel"
    return read([location], reading if is_excel else replace(reading, sheet=None), sys.stdin.buffer)


def recipe_of_table(options: argparse.Namespace, name: str) -> Recipe:
    """The recipe made for the table; raises `AskedWrongly`."""
    frame, cells, source = given_table(options)
    holdout, holdout_cells = _holdout(options)
    wish = TableOptions(
        options.target,
        options.task,
        options.metric,
        options.keep_leaks,
        chosen_split(options),
        holdout,
        chosen_columns(options),
        chosen_estimators(options),
        chosen_decision(options),
        cells,
        holdout_cells,
        tuple(vars(options).get("more_targets", ())),
    )
    return table_recipe(name, frame, wish, source)

"""The recipe that the options of a training ask for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from twinserve.recipes import Recipe, find, table_file
from twinserve.recipes.table import TableOptions, table_recipe


def chosen_recipe(options: argparse.Namespace, default: str | None, recipes: Mapping[str, str]) -> Recipe:
    """A recipe by its name in `recipes`, from a module, or made for the table of `--data`; raises `AskedWrongly`."""
    if options.data is None:
        sys.path.insert(0, str(Path.cwd()))  # `--recipe package.module:recipe` may be in the folder of the command.
        return find(options.recipe or default or "", recipes)
    frame = table_file.read(options.data, options.format, sys.stdin.buffer)
    source = table_file.source_name(options.data)
    wish = TableOptions(options.target, options.task, options.metric, options.keep_leaks)
    return table_recipe(options.name, frame, wish, source)

"""`twinserve recipe`: print what training decides about a table as a recipe to edit."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from twinserve.cli.command import Command, reporting
from twinserve.cli.options.shared import file, model_name, not_empty
from twinserve.cli.options.table_options import Wanted, add_table, remarks, written_recipe
from twinserve.errors import AskedWrongly


class AlreadyThere(AskedWrongly):
    """The file that should be written exists."""


def command(_verb: str, program: str) -> Command:
    """`twinserve recipe`."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Print a table's recipe as a Python module to edit: its input as a class, the columns that "
        "are left out, the pipelines. Trained unchanged, it gives the same model as the table.",
        epilog="Then: twinserve train --recipe MODULE:RECIPE.",
    )
    add_table(parser)
    parser.add_argument("--name", type=not_empty, help="the model's name (default: the file's)")
    parser.add_argument(
        "--output", type=file, metavar="FILE", help="write it into this new file, and not to standard output"
    )

    def act(options: argparse.Namespace) -> int:
        name = options.name or model_name(options.data) or parser.error(f"{options.data} gives no name; give --name")
        folder = options.output.parent if options.output else Path()
        if options.output and options.output.exists():
            raise AlreadyThere(
                f"{str(options.output)!r} is there already, maybe edited; remove it or give another name."
            )
        recipe, source = written_recipe(options, Wanted(name, folder))
        if options.output:
            options.output.write_text(source, encoding="utf-8")
            with reporting(f"the recipe is in {options.output}"):
                print(remarks(recipe) + f"The recipe is in {options.output}.")  # noqa: T201  # What was done.
            return 0
        with reporting("nothing was changed"):
            sys.stdout.flush()
            sys.stdout.buffer.write(source.encode())  # UTF-8, as Python reads it, whatever the terminal has.
        return 0

    return Command(parser, act)

"""`twinserve new`: a project that trains, serves and tests a model of one table."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from twinserve.cli.command import Command, reporting
from twinserve.cli.options.shared import not_empty
from twinserve.cli.options.table_options import Wanted, add_table, remarks, targets_of, written_recipe


def command(_verb: str, program: str) -> Command:
    """`twinserve new`."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Make a project from a table: a recipe to edit, train.py, both apps, tests, a Makefile and a "
        "Dockerfile. The data stays where it is.",
        epilog="Then: cd NAME && make serve.",
    )
    parser.add_argument(
        "folder", type=not_empty, metavar="NAME", help="its folder; . is this one. Also the model's name"
    )
    add_table(parser)
    parser.add_argument("--name", type=not_empty, help="the model's name (default: the folder's)")
    parser.add_argument("--force", action="store_true", help="write into a folder that is not empty")
    return Command(parser, make)


def make(options: argparse.Namespace) -> int:
    """Write the project; nothing is written where the name, the folder or the table cannot be used."""
    from twinserve.scaffold.project import Project, require_empty, write

    folder = Path(options.folder)
    project = Project(options.name or folder.resolve().name, options.data)
    if not options.force:
        require_empty(folder)
    wanted = Wanted(project.name, (folder / project.recipe_file).parent, project.variable)
    recipe, source = written_recipe(options, wanted)
    write(folder, replace(project, targets=targets_of(options, recipe)).files(source))
    with reporting(f"the project is in {folder}"):
        print(remarks(recipe) + _report(folder, project.recipe_file))  # noqa: T201  # What the command has done.
    return 0


def _report(folder: Path, recipe: str) -> str:
    there = "" if folder == Path() else f"cd {folder} && "
    return (
        f"The project is in {folder.resolve()}; its recipe is {recipe}.\nNext: {there}make serve, or {there}make test"
    )

"""The options that say what the columns of a table are, and how its rows are divided."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from twinserve.cli.options.shared import not_empty

if TYPE_CHECKING:
    from twinserve.recipes import ColumnChoices, Split

COLUMNS: Final = {
    "drop": "is no feature",
    "id": "is an identifier and no feature",
    "category": "holds categories, whatever its values look like",
    "number": "holds numbers; a value that is none is null",
    "text": "holds free text, to learn from its words",
    "date": "holds dates; =FORMAT says how, as strptime takes it (day=%%d.%%m.%%Y)",
    "nullable": "may be null in a request though it never was in training; all is every column",
}
"""By option: what the help says of its columns."""
SPLITS: Final = ("time", "group", "stratify")


def add_columns(group: argparse._ActionsContainer) -> None:
    """`--drop`, `--category` and the like."""
    for name, what in COLUMNS.items():
        metavar = "COLUMN=FORMAT" if name == "date" else "COLUMN"
        group.add_argument(f"--{name}", action="append", type=not_empty, metavar=metavar, help=f"this column {what}")
    group.add_argument(
        "--weight",
        type=not_empty,
        metavar="COLUMN",
        help="this column weighs the rows, in fitting and in every metric, and is no feature",
    )


def add_split(group: argparse._ActionsContainer) -> None:
    """`--stratify`, `--time` and `--group`."""
    group.add_argument(
        "--stratify",
        action="store_true",
        help="a fifth of each class, by a hash of each row's content (the default); measure no other split beside it",
    )
    group.add_argument(
        "--time", type=not_empty, metavar="COLUMN", help="the last fifth by this column; cross-validation goes forward"
    )
    group.add_argument(
        "--group",
        type=not_empty,
        metavar="COLUMN",
        help="all rows with one value of this column are on one side, in folds as well; it is no feature",
    )


def chosen_columns(options: argparse.Namespace) -> ColumnChoices:
    """What the options say of the columns."""
    from twinserve.recipes import ColumnChoices

    given: dict[str, Any] = {name: value for name, value in _given(options).items() if name not in SPLITS}
    return ColumnChoices(**given)


def chosen_split(options: argparse.Namespace) -> Split:
    """The split that the options name, or else the one by class."""
    from twinserve.recipes import Split

    given = vars(options)
    return Split(given.get("time"), given.get("group"), bool(given.get("stratify")))


def names_columns(options: argparse.Namespace) -> bool:
    """Does an option say something of a column?"""
    return bool(_given(options).keys() - set(SPLITS))


def written(options: argparse.Namespace) -> Iterator[str]:
    """The options as in a command line."""
    for name, value in _given(options).items():
        if value is True:
            yield f"--{name}"
        else:
            yield from (
                f"--{name} {shlex.quote(str(text))}" for text in (value if isinstance(value, list) else [value])
            )


def _given(options: argparse.Namespace) -> dict[str, str | list[str] | bool]:
    values = {name: vars(options).get(name) for name in (*SPLITS, *COLUMNS, "weight")}
    return {name: value for name, value in values.items() if value}

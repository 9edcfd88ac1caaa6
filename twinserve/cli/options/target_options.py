"""`--target`: a column, or several, by repeating the option or as `a,b`."""

from __future__ import annotations

import argparse
from typing import Any


class Targets(argparse.Action):
    """Keeps the first value as the option's, and the others as `more_targets`."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: Any, _option: object = None) -> None:
        """Set one of both."""
        if namespace.target is None:
            namespace.target = values
        else:
            namespace.more_targets = [*vars(namespace).get("more_targets", ()), values]


def add_target(
    group: argparse._ActionsContainer, about: str = "the column of the table to predict", *, required: bool = False
) -> None:
    """`--target`."""
    group.add_argument(
        "--target",
        action=Targets,
        required=required,
        metavar="COLUMN",
        help=f"{about}; of several repeat it, or give them as A,B",
    )


def all_targets(options: argparse.Namespace) -> tuple[str, ...]:
    """What was given, in its order."""
    return () if options.target is None else (options.target, *vars(options).get("more_targets", ()))

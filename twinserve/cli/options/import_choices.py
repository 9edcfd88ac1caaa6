"""What the options of `twinserve import` ask for."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from twinserve.cli.options.given_table import given_table
from twinserve.cli.options.target_options import all_targets
from twinserve.cli.train_command import release_choices
from twinserve.recipes.place import NothingThere, at
from twinserve.release.fitted_elsewhere.import_steps import ImportChoices, Labelled
from twinserve.store.registry import Registry
from twinserve.tables.values import read_values

if TYPE_CHECKING:
    from typing_extensions import TypeIs


def chosen(options: argparse.Namespace) -> tuple[Path, Registry, ImportChoices]:
    """The path, the store and the choices; raises `AskedWrongly`."""
    sys.path.insert(0, str(Path.cwd()))  # The model's own classes, and those of --input, may be in this folder.
    return (
        Path(options.path),
        Registry(Path(options.artifacts), options.name),
        ImportChoices(
            labelled=_labelled(options),
            input=None if options.input is None else input_class(options.input),
            metric=options.metric,
            targets=None if options.data is not None else all_targets(options),
            positive=options.positive,
            release=release_choices(options, Path.cwd()),
        ),
    )


def _labelled(options: argparse.Namespace) -> Labelled | None:
    if options.data is None:
        return None
    frame, cells, source = given_table(options)
    return Labelled(read_values(frame, cells).frame, all_targets(options), source, options.unseen, options.weight)


def input_class(place: str) -> type[BaseModel]:
    """The Pydantic class at `package.module:Class`; raises `NothingThere`."""
    found = at(place, "Class", is_one=_is_input)
    if not _is_input(found):
        raise NothingThere(f"{place} is no Pydantic class.")
    return found


def _is_input(value: object) -> TypeIs[type[BaseModel]]:
    return isinstance(value, type) and issubclass(value, BaseModel) and value is not BaseModel

"""What the options of `twinserve import` ask for."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from pydantic import BaseModel

from twinserve.cli.train_command import release_choices
from twinserve.errors import AskedWrongly
from twinserve.recipes import table_file
from twinserve.release.import_steps import ImportChoices, Labelled
from twinserve.store.registry import Registry


class NoInput(AskedWrongly):
    """There is no Pydantic class at `package.module:Class`."""


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
            release=release_choices(options, Path.cwd()),
        ),
    )


def _labelled(options: argparse.Namespace) -> Labelled | None:
    if options.data is None:
        return None
    frame = table_file.read(options.data, options.format, sys.stdin.buffer)
    return Labelled(frame, options.target, table_file.source_name(options.data), unseen=options.unseen)


def input_class(place: str) -> type[BaseModel]:
    """The Pydantic class at `package.module:Class`; raises `NoInput`."""
    module, _, name = place.partition(":")
    if not module or module.startswith(".") or not name:
        raise NoInput(f"{place!r} is not of the form package.module:Class.")
    try:
        holder = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise NoInput(f"There is no module {error.name!r}; run the command where it can be imported.") from error
    except (Exception, SystemExit) as error:  # A module may raise anything, such as that of a script.
        raise NoInput(f"The module {module!r} cannot be imported ({type(error).__name__}).") from error
    found = getattr(holder, name, None)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise NoInput(f"The module {module!r} has no Pydantic class {name!r}.")
    return found

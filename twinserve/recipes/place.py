"""What a person names as `package.module:name`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from twinserve.errors import AskedWrongly


class NothingThere(AskedWrongly):
    """The text is no place, or there is nothing of the kind that is needed."""


def at(place: str, kind: str = "name", *, is_one: Callable[[Any], bool]) -> Any:
    """The object at `package.module:name`, where `kind` stands for the name in the error; raises `NothingThere`, which
    names those that are there and `is_one` of the kind that is needed.

    What the module itself raises is left as it is, for the person who wrote it."""
    module, _, name = place.partition(":")
    if not module or module.startswith(".") or not name:
        raise NothingThere(f"{place!r} is not of the form package.module:{kind}.")
    try:
        holder = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise NothingThere(f"There is no module {error.name!r}; run the command where it can be imported.") from error
    except SystemExit as error:  # As a script raises that does not look at `__name__`; it would end the command.
        raise NothingThere(f"The module {module!r} ends the program when it is imported.") from error
    if not hasattr(holder, name):
        there = ", ".join(sorted(other for other, value in vars(holder).items() if is_one(value)))
        raise NothingThere(f"The module {module!r} has no {name!r}{there and f'; it has {there}'}.")
    return getattr(holder, name)

"""What a person names as `package.module:name`."""

from __future__ import annotations

import importlib
from typing import Any

from twinserve.errors import AskedWrongly


class NothingThere(AskedWrongly):
    """The text is no place, or there is nothing of the kind that is needed."""


def at(place: str, kind: str = "name") -> Any:
    """The object at `package.module:name`, where `kind` stands for the name in the error; raises `NothingThere`.

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
        raise NothingThere(f"The module {module!r} has no {name!r}.")
    return getattr(holder, name)

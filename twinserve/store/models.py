"""The models of a store, by name, and the numbers of their versions."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from twinserve.errors import RegistryError
from twinserve.store.given_path import given_path

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
VERSION: Final = re.compile(r"[1-9][0-9]{0,9}")
CHAMPION: Final = "champion"
"""The file in a model's folder that has the number of its champion."""


def name_from(text: str) -> str:
    """A model's name from any text: `Loans 2024` gives `loans-2024`; empty where no character of it is left."""
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:64]


def versions_in(folder: Path) -> list[int]:
    """The numbers of the versions in a model's folder, ascending."""
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if VERSION.fullmatch(path.name) and path.is_dir())


def models(root: Path) -> list[str]:
    """The names of the models in a store that have versions, sorted; raises `AskedWrongly` for what is no path."""
    root = given_path(root)
    names = sorted(path.name for path in root.iterdir() if NAME.fullmatch(path.name)) if root.is_dir() else []
    return [name for name in names if versions_in(root / name)]


def promoted_models(root: Path) -> list[str] | None:
    """The names of the models in a store that have a champion, sorted; None if the store cannot be read now."""
    try:
        with os.scandir(root) as entries:
            names = [entry.name for entry in entries if NAME.fullmatch(entry.name)]
    except OSError:
        return None
    return sorted(name for name in names if (root / name / CHAMPION).exists())


def only_model(root: Path) -> str:
    """The name of the store's only model; raises `RegistryError` where there are none or several."""
    names = models(root)
    if not names:
        raise RegistryError(no_models(root))
    if len(names) > 1:
        raise RegistryError(f"The store {root} has several models; --name takes one of: {', '.join(names)}.")
    return names[0]


def no_such_model(root: Path, name: str) -> str:
    """What to say where a store has no version of a model: its folder, which may be the wrong one, and its models."""
    names = models(root)
    return f"There is no model {name!r} in {root.resolve()}; it has: {', '.join(names)}." if names else no_models(root)


def no_models(root: Path) -> str:
    """What to say where a store has no models."""
    return f"There are no models in {root.resolve()} yet; train one, or name the folder of another store."

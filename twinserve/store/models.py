"""The models of a store, by name."""

from __future__ import annotations

import re
from pathlib import Path

from twinserve.errors import RegistryError
from twinserve.store.registry import NAME, Registry


def name_from(text: str) -> str:
    """A model's name from any text: `Loans 2024` gives `loans-2024`; empty where no character of it is left."""
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:64]


def models(root: Path) -> list[str]:
    """The names of the models in a store that have versions, sorted."""
    names = sorted(path.name for path in root.iterdir() if NAME.fullmatch(path.name)) if root.is_dir() else []
    return [name for name in names if Registry(root, name).versions()]


def only_model(root: Path) -> str:
    """The name of the store's only model; raises `RegistryError` where there are none or several."""
    names = models(root)
    if len(names) != 1:
        raise RegistryError(
            f"The store {root} has several models; --name takes one of: {', '.join(names)}."
            if names
            else f"There are no models in {root.resolve()} yet; train one, or name the folder of another store."
        )
    return names[0]


def other_models(registry: Registry) -> str:
    """The names of the other models of its store, as a list to be read; empty where there are none."""
    return ", ".join(name for name in models(registry.folder.parent) if name != registry.name)

"""A store with two small versions that answer differently, and a third that is damaged."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from harness import fruit
from twinserve.store.registry import Registry

NAME: Final = "fruit"
DAMAGED: Final = 3
BODY: Final = b'{"weight": 171.5, "skin": {"colour": "red", "spots": null}}'


def store(root: Path) -> Registry:
    """Versions 1 and 2, trained on different rows, and version 3 with one altered byte; 1 is the champion."""
    for seed in (1, 2):
        fruit.registered(replace(fruit.FRUIT, load=partial(fruit.table, seed=seed)), root)
    return completed(Registry(root, NAME))


def heavy_store(root: Path, trees: int = 60, rows: int = 1000) -> Registry:
    """The same store with forests of some megabytes each."""

    def forest(seed: int) -> Mapping[str, Any]:
        model = RandomForestClassifier(trees, random_state=seed)
        return {"forest": make_pipeline(fruit.columns_encoded(), model)}

    for seed in (1, 2):
        recipe = replace(fruit.FRUIT, candidates=forest, load=partial(fruit.table, rows, seed))
        fruit.registered(recipe, root)
    return completed(Registry(root, NAME))


def completed(registry: Registry) -> Registry:
    """Add the damaged version and promote version 1."""
    damaged = Path(shutil.copytree(registry.path(1), registry.path(DAMAGED)))
    content = bytearray((damaged / "golden.json").read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / "golden.json").write_bytes(content)
    registry.promote(1)
    return registry

"""Trained versions, made once: copy one before you change it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from harness import fruit


@pytest.fixture(scope="session")
def pristine_fruit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version with a compiled model; not to be changed."""
    recipe = replace(fruit.FRUIT, load=partial(fruit.table, seed=3))  # Of a hold-out on which it is no weak model.
    return fruit.registered(recipe, tmp_path_factory.mktemp("fruit"))


@pytest.fixture(scope="session")
def pristine_own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version whose pipeline is a pickle; not to be changed."""
    return fruit.registered(fruit.OWN_TRANSFORMER, tmp_path_factory.mktemp("own"))


@pytest.fixture
def version(pristine_fruit: Path, tmp_path: Path) -> Path:
    """A copy of the version with a compiled model."""
    return Path(shutil.copytree(pristine_fruit, tmp_path / "version"))


@pytest.fixture
def pickled(pristine_own: Path, tmp_path: Path) -> Path:
    """A copy of the version whose pipeline is a pickle."""
    return Path(shutil.copytree(pristine_own, tmp_path / "pickled"))

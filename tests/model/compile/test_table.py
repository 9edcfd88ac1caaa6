"""The table of definitions: real classes, no name twice, each with its sentence."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType

import pytest

from model.compile import table
from model.compile.table import LOWERINGS


@pytest.mark.parametrize("name", sorted(LOWERINGS))
def test_every_name_is_a_class_of_scikit_learn(name: str) -> None:
    module, _, own = name.rpartition(".")
    assert inspect.isclass(getattr(importlib.import_module(module), own))


def test_no_class_is_defined_twice() -> None:
    families = [value for value in vars(table).values() if isinstance(value, ModuleType)]
    names = [name for family in families for name in getattr(family, "LOWERINGS", {})]
    assert sorted(names) == sorted(LOWERINGS)


@pytest.mark.parametrize("lowering", sorted({f.__qualname__ for f in LOWERINGS.values()}))
def test_every_lowering_says_what_it_computes(lowering: str) -> None:
    found = next(f for f in LOWERINGS.values() if f.__qualname__ == lowering)
    assert inspect.getdoc(found)
    assert "scikit-learn" in (inspect.getdoc(inspect.getmodule(found)) or "")

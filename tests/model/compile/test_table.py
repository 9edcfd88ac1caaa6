"""The table of definitions: real classes, no name twice, each with its sentence."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from model.compile import table
from model.compile.table import LOWERINGS


@pytest.mark.parametrize("name", sorted(LOWERINGS))
def test_every_name_is_a_class_of_its_library(name: str) -> None:
    module, _, own = name.rpartition(".")
    found = pytest.importorskip(module, reason="the extra `boosters` is not installed")
    assert inspect.isclass(getattr(found, own))


def test_no_class_is_defined_twice() -> None:
    families = [value for value in vars(table).values() if isinstance(value, ModuleType)]
    names = [name for family in families for name in getattr(family, "LOWERINGS", {})]
    assert sorted(names) == sorted(LOWERINGS)


BY_PLACE = {f"{lowering.__module__}.{lowering.__qualname__}": lowering for lowering in LOWERINGS.values()}


@pytest.mark.parametrize("place", sorted(BY_PLACE))
def test_every_lowering_says_what_it_computes_and_where_that_is_written(place: str) -> None:
    lowering = BY_PLACE[place]
    assert inspect.getdoc(lowering)
    assert "Source" in (inspect.getdoc(inspect.getmodule(lowering)) or "")

"""Private attributes of scikit-learn: named in one place, and refused where they are missing."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.preprocessing import StandardScaler

import twinserve.compile
from tests.twinserve.compile.comparing import plain, random_numbers
from twinserve.compile import compile_pipeline
from twinserve.compile.lowerings.catalog import LOWERINGS
from twinserve.compile.private_attributes import (
    INFREQUENT,
    PREDICTOR_FIELDS,
    PRIVATE,
    ROUNDS,
    SCALER,
    SCORER,
    TREE_FIELDS,
    require_fields,
)
from twinserve.compile.refusal import refusal
from twinserve.errors import CannotCompile
from twinserve.estimators.introspection import class_name

FILES = sorted(Path(twinserve.compile.__path__[0]).rglob("*.py"))


def private_reads(path: Path) -> set[str]:
    """Names like `_this` that a file reads from anything but `self`."""
    return {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
        if not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_private_attribute_that_a_lowering_reads_is_named(path: Path) -> None:
    named = {attribute for attributes in PRIVATE.values() for attribute in attributes} | {
        *INFREQUENT,
        *ROUNDS,
        *SCALER,
        *SCORER,
    }
    assert private_reads(path) <= named


def test_every_named_class_has_a_lowering() -> None:
    assert set(PRIVATE) <= set(LOWERINGS)


def test_a_scikit_learn_without_a_named_attribute_is_refused_with_a_sentence() -> None:
    x = random_numbers(0, 40, 2)
    booster = HistGradientBoostingRegressor(max_iter=2).fit(x, x[:, 0])
    del booster._predictors
    with pytest.raises(CannotCompile, match=r"this scikit-learn has no '_predictors' that the lowering could read$"):
        compile_pipeline(booster, plain(x).columns)


def test_nodes_without_a_named_field_are_refused_with_a_sentence() -> None:
    require_fields(StandardScaler(), [*TREE_FIELDS, *PREDICTOR_FIELDS], TREE_FIELDS)
    with pytest.raises(
        CannotCompile,
        match=r"StandardScaler: this scikit-learn has no field 'children_left' that the lowering could read$",
    ):
        require_fields(StandardScaler(), ["other"], TREE_FIELDS)


def test_a_class_is_named_as_it_is_imported() -> None:
    assert class_name(HistGradientBoostingRegressor()) == "sklearn.ensemble.HistGradientBoostingRegressor"
    assert class_name(np.random.default_rng()) == "numpy.random.Generator"
    assert str(refusal(StandardScaler(), "no")) == "sklearn.preprocessing.StandardScaler: no"


def test_a_subclass_does_not_pass_for_its_parent() -> None:
    class Own(StandardScaler):  # type: ignore[misc] # scikit-learn has no types
        pass

    assert class_name(Own()) not in LOWERINGS

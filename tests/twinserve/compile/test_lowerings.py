"""The table of definitions: real classes, no name twice, each with its sentence."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest
from sklearn.base import BaseEstimator, TransformerMixin

# Their classes are not there without these.
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from tests.twinserve.compile.comparing import assert_same, fitted, plain, random_labels, random_numbers
from twinserve.compile.lowerings import catalog as lowerings
from twinserve.compile.lowerings import scaling
from twinserve.compile.lowerings.catalog import LOWERINGS

PRIVATE_MODULES = {"_BinaryGaussianProcessClassifierLaplace": "sklearn.gaussian_process._gpc"}
"""Where a class is that its package does not name."""
PAGE = Path(__file__).parents[3] / "docs" / "add-a-lowering.md"


@pytest.mark.parametrize("name", sorted(LOWERINGS))
def test_every_name_is_a_class_of_its_library(name: str) -> None:
    module, _, own = name.removesuffix(".transform").rpartition(".")
    library = pytest.importorskip(PRIVATE_MODULES.get(own, module), reason="this library is not installed")
    assert inspect.isclass(getattr(library, own))
    assert hasattr(getattr(library, own), "transform") or not name.endswith(".transform")


def test_no_class_is_defined_twice() -> None:
    families = [value for value in vars(lowerings).values() if isinstance(value, ModuleType)]
    names = [name for family in families for name in getattr(family, "LOWERINGS", {})]
    assert sorted(names) == sorted(LOWERINGS)


BY_PLACE = {f"{lowering.__module__}.{lowering.__qualname__}": lowering for lowering in LOWERINGS.values()}


@pytest.mark.parametrize("place", sorted(BY_PLACE))
def test_every_lowering_says_what_it_computes_and_where_that_is_written(place: str) -> None:
    lowering = BY_PLACE[place]
    assert inspect.getdoc(lowering)
    assert "Source" in (inspect.getdoc(inspect.getmodule(lowering)) or "")


class Center(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types.
    """What the page lowers: a number less its mean."""

    __module__ = "sklearn.preprocessing._center"

    def fit(self, x: Any, y: Any = None) -> Self:
        """Learn the means."""
        del y
        self.mean_ = x.mean(axis=0)
        return self

    def transform(self, x: Any) -> Any:
        """Take them away."""
        return x - self.mean_


def test_the_example_of_the_page_works_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file of its family, as the page says; `assert_same` is what it asks to test it by."""
    example = PAGE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    lowerings = dict(LOWERINGS)
    exec(example, {**vars(scaling), "LOWERINGS": lowerings})
    monkeypatch.setattr("twinserve.compile.compiler.LOWERINGS", lowerings)
    x = random_numbers(0, 60, 3)
    assert_same(fitted(make_pipeline(Center(), DecisionTreeClassifier()), x, random_labels(0, x, 2)), plain(x))

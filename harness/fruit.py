"""A small model of fruit for the tests of files and versions: trained in an instant, with a number, a nullable
number, a category and a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from twinserve.recipes import Recipe, Table
from twinserve.release.build import Lineage, build
from twinserve.store.registry import Registry
from twinserve.training.data import Data, split
from twinserve.training.fit import Fitted, fit

Candidates = Callable[[int], Mapping[str, Any]]


class Skin(BaseModel):
    """The skin of a fruit."""

    colour: Literal["green", "red"] = Field(description="Its main colour.")
    spots: float | None = Field(default=None, ge=0, description="How many, where somebody counted.")


class Fruit(BaseModel):
    """One piece of fruit."""

    weight: float = Field(gt=0, description="On the scales.", json_schema_extra={"unit": "g"})
    skin: Skin


class Doubling(BaseEstimator, TransformerMixin):  # type: ignore[misc]  # scikit-learn has no types.
    """A custom transformer, which only a pickle can store."""

    def fit(self, _x: Any, _y: Any = None) -> Doubling:
        """Return the transformer unchanged."""
        self.fitted_ = True
        return self

    def transform(self, x: Any) -> Any:
        """Twice the number."""
        return 2 * x


def table(rows: int = 200, seed: int = 0) -> Table:
    """Rows of apples and pears; the same rows for the same seed."""
    rng = np.random.default_rng(seed)
    pear = rng.random(rows) < 0.5
    weight = np.round(rng.normal(150 + 40 * pear, 20), 2)
    colour = np.where(rng.random(rows) < 0.2 + 0.6 * pear, "green", "red")
    spots = np.where(rng.random(rows) < 0.3, np.nan, rng.integers(0, 9, rows))
    features = pd.DataFrame({"weight": weight, "skin.colour": colour, "skin.spots": spots})
    return Table(features, pd.Series(np.where(pear, "pear", "apple"), dtype=object), source="an orchard")


def prices(rows: int = 200, seed: int = 0) -> Table:
    """The same rows with the price as target."""
    fruit = table(rows, seed)
    price = pd.Series(fruit.features["weight"] / 100 + (fruit.features["skin.colour"] == "red"))
    return Table(fruit.features, price, source="a market")


def columns_encoded(*more: Any) -> Any:
    """A transformer of the columns into numbers."""
    return make_column_transformer(
        (make_pipeline(SimpleImputer(), *more), ["weight", "skin.spots"]),
        (OneHotEncoder(handle_unknown="ignore"), ["skin.colour"]),
    )


def candidates(_seed: int) -> Mapping[str, Any]:
    """Two candidates, of which one is clearly better."""
    return {
        "hardly fitted": make_pipeline(columns_encoded(), LogisticRegression(C=1e-6)),
        "logistic regression": make_pipeline(columns_encoded(), LogisticRegression(max_iter=2000)),
    }


FRUIT = Recipe(
    name="fruit",
    task="classification",
    input=Fruit,
    load=table,
    candidates=candidates,
    metric="log_loss",
    intended_use="Sorting | tests.",
)
PRICE = replace(
    FRUIT,
    name="price",
    task="regression",
    load=prices,
    candidates=lambda _seed: {"linear": make_pipeline(columns_encoded(), LinearRegression())},
    metric="rmse",
)
OWN_TRANSFORMER = replace(
    FRUIT,
    name="own",
    candidates=lambda _seed: {"own": make_pipeline(columns_encoded(Doubling()), LogisticRegression(max_iter=2000))},
)


def fitted(recipe: Recipe, seed: int = 0) -> tuple[Data, Fitted]:
    """The recipe's data and its best candidate, fitted."""
    data = split(recipe, recipe.load())
    return data, fit(recipe, data, seed=seed, progress=lambda _step: None)


def registered(recipe: Recipe, root: Path) -> Path:
    """The folder of a new version below a root folder."""
    registry = Registry(root, recipe.name)
    version, _ = build(registry, recipe, *fitted(recipe), Lineage(seed=0, git_commit=None))
    return registry.path(version)

"""What a recipe is, and the ones that come with the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from model.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

Task = Literal["classification", "regression"]
Candidates = Callable[[int], Mapping[str, Any]]
"""Given a seed, unfitted scikit-learn pipelines by name."""


@dataclass(frozen=True)
class Table:
    """Rows to learn from."""

    features: pd.DataFrame
    """One column for each feature, named by its dotted path."""
    target: pd.Series[Any]
    """Labels as strings for a classification, floats for a regression."""
    source: str
    """Where the rows come from, for the model card."""


@dataclass(frozen=True)
class Recipe:
    """What is predicted and how it is learned."""

    name: str
    task: Task
    input: type[BaseModel]
    """The input contract, as a Pydantic class."""
    load: Callable[[], Table]
    candidates: Candidates
    metric: str
    """The name of the metric that decides, one of `model.evaluation.METRICS`."""
    intended_use: str
    """For the model card: who may use the model, for what, and for what not."""


class UnknownRecipe(ModelError):
    """No recipe has that name."""


def find(name: str) -> Recipe:
    """The recipe of that name; raises `UnknownRecipe`."""
    from model.recipes.tumor import TUMOR  # A recipe imports scikit-learn; looking at this module should not.

    recipes = {recipe.name: recipe for recipe in (TUMOR,)}
    if name not in recipes:
        raise UnknownRecipe(f"There is no recipe {name!r}; choose one of: {', '.join(sorted(recipes))}.")
    return recipes[name]

"""What a recipe is, and the ones that come with the project."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from model.errors import AskedWrongly
from model.signature.feature import Signature

if TYPE_CHECKING:
    import pandas as pd

    from model.signature.from_table import Note

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
    input: type[BaseModel] | Signature
    """The input contract: a Pydantic class of yours, or what `from_table` made of a table."""
    load: Callable[[], Table]
    candidates: Candidates
    metric: str
    """The name of the metric that decides, one of `model.evaluation.METRICS`."""
    intended_use: str
    """For the model card: who may use the model, for what, and for what not."""
    notes: tuple[Note, ...] = ()
    """What was left out of the table or is odd about it, for the person who trains."""


class UnknownRecipe(AskedWrongly):
    """No recipe has that name."""


def find(name: str) -> Recipe:
    """The recipe of that name, or of somebody's own module as `package.module:name`; raises `UnknownRecipe`."""
    if ":" in name:
        return _imported(*name.split(":", 1))
    from model.recipes.tumor import TUMOR  # A recipe imports scikit-learn; looking at this module should not.

    recipes = {recipe.name: recipe for recipe in (TUMOR,)}
    if name not in recipes:
        known = ", ".join(sorted(recipes))
        raise UnknownRecipe(f"There is no recipe {name!r}; choose one of: {known}, or your own as package.module:name.")
    return recipes[name]


def _imported(module: str, attribute: str) -> Recipe:
    if not module or module.startswith(".") or not attribute:
        raise UnknownRecipe(f"'{module}:{attribute}' is no package.module:name.")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise UnknownRecipe(f"There is no module {error.name!r}; run the command where it can be imported.") from error
    except AttributeError:
        raise UnknownRecipe(f"The module {module!r} has no {attribute!r}.") from None
    if not isinstance(found, Recipe):
        raise UnknownRecipe(f"{module}:{attribute} is a {type(found).__name__} and not a Recipe.")
    return found

"""What a recipe is, and the ones that come with the project."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel

from model.errors import AskedWrongly
from model.signature.feature import Signature

if TYPE_CHECKING:
    import pandas as pd

    from model.signature.from_table import Note

Task = Literal["classification", "regression"]
Candidates = Callable[[int], Mapping[str, Any]]
"""Given a seed, unfitted scikit-learn pipelines by name."""
METRICS: Final[Mapping[Task, tuple[str, ...]]] = {
    "classification": ("log_loss", "accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "brier"),
    "regression": ("rmse", "mae", "r2"),
}
"""What may decide; the first does unless a person says otherwise."""


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
    """The name of the metric that decides, one of `METRICS` for the task."""
    intended_use: str
    """For the model card: who may use the model, for what, and for what not."""
    notes: tuple[Note, ...] = ()
    """What was left out of the table or is odd about it, for the person who trains."""

    def __post_init__(self) -> None:
        """Raises `NoSuchMetric` now, as a training is long."""
        if self.metric not in METRICS[self.task]:
            known = ", ".join(METRICS[self.task])
            raise NoSuchMetric(f"{self.metric} does not judge a {self.task}; choose one of: {known}.")


class NoSuchMetric(AskedWrongly):
    """There is none of this name, or it belongs to the other task."""


class UnknownRecipe(AskedWrongly):
    """No recipe has that name."""


def find(name: str) -> Recipe:
    """The recipe of that name, or of somebody's own module as `package.module:name`; raises `UnknownRecipe`."""
    module, colon, attribute = name.partition(":")
    if colon:
        return _imported(module, attribute)
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
        holder = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UnknownRecipe(f"There is no module {error.name!r}; run the command where it can be imported.") from error
    found = getattr(holder, attribute, None)
    if found is None:
        raise UnknownRecipe(f"The module {module!r} has no {attribute!r}.")
    if not isinstance(found, Recipe):
        raise UnknownRecipe(f"{module}:{attribute} is a {type(found).__name__} and not a Recipe.")
    return found

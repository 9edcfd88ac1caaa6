"""A recipe: what is predicted, and how it is learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from twinserve.errors import AskedWrongly
from twinserve.metric import DEFAULT, Metric, Task, metric_of, names
from twinserve.notations.notation import Notation
from twinserve.recipes.decision import BY_PROBABILITY, Decision
from twinserve.recipes.split import BY_CLASS, Split
from twinserve.signature.signature import Signature

if TYPE_CHECKING:
    import pandas as pd

    from twinserve.arrays import BoolArray
    from twinserve.notes import Note

Candidates = Callable[[int], Mapping[str, Any]]
"""A function from a seed to unfitted scikit-learn pipelines by name."""
IS_TARGET: Final = "it is the target, which is predicted"
"""Why a column is no feature that a row of the table has nevertheless."""


@dataclass(frozen=True)
class Table:
    """The rows to learn from."""

    features: pd.DataFrame
    """One column for each feature, named by its dotted path."""
    target: Any
    """A Series: labels as strings for a classification, floats for a regression. A DataFrame of several targets: a
    column for each, all of labels or all of floats. For an anomaly detector `inlier` or `outlier`; None where nobody
    knows."""
    source: str
    """Where the rows come from, for the model card."""
    given: pd.DataFrame | None = None
    """All columns of the rows but the target, as they were before some were left out or read anew: by their content the
    rows are divided. None: `features` has them all."""
    held_out: BoolArray | None = None
    """The rows that are held out, `[n]`, where the recipe names them itself; otherwise its `split` decides."""
    weights: pd.Series[Any] | None = None
    """The weight of each row, from 0, named by its column; None: all weigh the same."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why a column of the rows is no feature, by its name; a caller may send it, and it is ignored."""
    notations: Mapping[str, Notation] = field(default_factory=dict)
    """How the table writes the values of a feature, by its name; a caller may write them so, too."""


@dataclass(frozen=True)
class Recipe:
    """What is predicted and how it is learned."""

    name: str
    task: Task
    input: type[BaseModel] | Signature
    """The input contract: a Pydantic class, or a signature, as `from_table` makes one."""
    load: Callable[[], Table]
    candidates: Candidates
    metric: str | Metric
    """The metric that chooses the best candidate: one of `twinserve.metric.names(task)`, or one of your own."""
    intended_use: str
    """For the model card: who may use the model, for what, and for what it must not be used."""
    split: Split = BY_CLASS
    """How the table is divided; its column need not be a feature."""
    decision: Decision = BY_PROBABILITY
    """How a label follows from the probabilities of two classes."""
    refit: bool = False
    """Is the model fitted once more on all rows, those held out included, after it was judged?"""
    notes: tuple[Note, ...] = ()
    """Remarks on the table, for the person who trains."""

    def __post_init__(self) -> None:
        """Raise `NoSuchMetric` before a long training rather than after it."""
        try:
            fits = metric_of(self.metric).task == self.task
        except KeyError:
            fits = False
        if not fits:
            known = ", ".join(dict.fromkeys([DEFAULT[self.task], *names(self.task)]))
            raise NoSuchMetric(f"{self.metric} is no metric for a {self.task}; it has {known}.")


class NoSuchMetric(AskedWrongly):
    """There is no metric of this name for the task."""

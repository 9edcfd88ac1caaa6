"""What a manifest says of the evaluation beside the metrics: decision, split, importances, what is too good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict


class DecisionFacts(BaseModel):
    """Which of two classes is the positive one, and how the label is decided."""

    model_config = ConfigDict(frozen=True)

    positive: str
    threshold: float | None = None
    """The label is the positive class where its probability is at least this; None: the more probable class."""
    costs: Mapping[str, float] | None = None
    """Of a false negative (`FN`) and a false positive (`FP`), where the threshold was chosen by them."""

    @property
    def sentence(self) -> str:
        """The rule."""
        if self.threshold is None:
            return f"the more probable class; {self.positive} is the positive one"
        why = "" if self.costs is None else f", chosen by the costs FN={self.costs['FN']:g},FP={self.costs['FP']:g}"
        return f"{self.positive} where its probability is at least {self.threshold:.6g}{why}"


class SplitFacts(BaseModel):
    """How the rows were divided into those to learn from and those held out."""

    model_config = ConfigDict(frozen=True)

    by: Literal["class", "content", "time", "group", "own rows"]
    """`class`: by a hash of each row's content, within its class; `content`: the same without classes."""
    column: str | None = None
    """The column of a split by time or by group."""

    @property
    def sentence(self) -> str:
        """Which rows are held out, to follow their number."""
        return {
            "class": "a fifth of each class, chosen by a hash of the rows' content",
            "content": "a fifth of them, chosen by a hash of their content",
            "time": f"the last fifth by `{self.column}`",
            "group": f"all rows of a fifth of the groups by `{self.column}`, none of which is learned from",
            "own rows": "those that were named for it",
        }[self.by]


class FeatureImportance(BaseModel):
    """One feature's importance, in units of the metric; greater is more important, whatever the metric's sign."""

    model_config = ConfigDict(frozen=True)

    feature: str
    mean: float
    spread: float
    """Standard deviation over the repeats."""


class ImportanceFacts(BaseModel):
    """How much worse the deciding metric is where a feature's values are shuffled among held-out rows."""

    model_config = ConfigDict(frozen=True)

    rows: int
    repeats: int
    of: int
    """The number of all features."""
    screened_on: int | None = None
    """The rows by which those that are listed were chosen; None where all are."""
    features: tuple[FeatureImportance, ...]
    """The most important first."""

    @property
    def sentence(self) -> str:
        """How they were measured."""
        chosen = (
            ""
            if self.screened_on is None
            else f" Of {self.of} fields those {len(self.features)} were measured whose shuffling changes the "
            f"predictions for {self.screened_on} rows most."
        )
        return (
            "Permutation importance: how much worse the deciding metric is when a field's values are shuffled, the "
            f"mean of {self.repeats} shuffles of {self.rows} held-out rows. Fields that tell the same share it.{chosen}"
        )


class TooGood(BaseModel):
    """A figure that is nearly perfect, and the fields that carry it."""

    model_config = ConfigDict(frozen=True)

    metric: str
    figure: float
    """What these fields alone give, or the model where `alone` is false."""
    features: tuple[str, ...]
    alone: bool
    """Do they alone give it? Otherwise they are the most important ones."""

    @property
    def sentence(self) -> str:
        """The doubt, as a question."""
        names = [f"`{name}`" for name in self.features]
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        known = ("is it known", "are both known")[len(names) - 1] if len(names) < 3 else "are they all known"
        figure = f"{self.metric} {self.figure:.4f}"
        if not self.alone:
            matter = "matters" if len(names) == 1 else "matter"
            return f"{figure} is nearly perfect; {listed} {matter} most: {known} before the prediction?"
        together = "alone gives" if len(names) == 1 else "together give"
        return f"{listed} {together} {figure}: {known} before the prediction?"


class Achieved(BaseModel):
    """The share of rows whose label is in the set, or whose value is in the interval, measured on repeated halves of
    the hold-out: one half calibrates, the other is asked."""

    model_config = ConfigDict(frozen=True)

    share: float
    """The mean over the halves."""
    low: float
    high: float
    """Between them 95 % of the halves."""


class CoverageMeasured(BaseModel):
    """What sets or intervals of one coverage achieve on rows that they were not calibrated on."""

    model_config = ConfigDict(frozen=True)

    coverage: float
    """What is promised."""
    achieved: Achieved
    size: float
    """The mean number of labels in a set, or the mean width of an interval."""
    by_class: Mapping[str, Achieved] = {}

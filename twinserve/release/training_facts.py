"""What the manifest says of the way to the labels and of the held-out rows."""

from __future__ import annotations

from typing import Any

from twinserve.predict.targets.quantiles import Quantiles
from twinserve.predict.targets.several_labels import SeveralLabels
from twinserve.predict.targets.several_values import SeveralValues
from twinserve.predict.targets.target import Target
from twinserve.store.evaluation_facts import DecisionFacts, SplitFacts
from twinserve.training.data import Data
from twinserve.training.decided import Decided


def decision_facts(decided: Decided | None, positive: str | None) -> DecisionFacts | None:
    """How labels are decided; None where the largest probability does, and nobody chose a positive class."""
    if decided is None:
        return None if positive is None else DecisionFacts(positive=positive)
    costs = decided.costs and {"FN": decided.costs.false_negative, "FP": decided.costs.false_positive}
    return DecisionFacts(positive=decided.positive, threshold=decided.threshold, costs=costs)


def output_facts(target: Target) -> dict[str, Any]:
    """The targets of a model that has several, or the levels of its quantiles."""
    if isinstance(target, SeveralLabels):
        return {"targets": dict(zip(target.names, target.classes_of, strict=True))}
    if isinstance(target, SeveralValues):
        return {"targets": dict.fromkeys(target.names)}
    return {"quantiles": target.levels} if isinstance(target, Quantiles) else {}


def split_facts(data: Data) -> SplitFacts | None:
    """How the rows were divided; None where none were given."""
    if not len(data.everything):
        return None
    if data.own_holdout:
        return SplitFacts(by="own rows")
    if data.split.column is not None:
        return SplitFacts(by="group" if data.split.group else "time", column=data.split.column)
    return SplitFacts(by="content" if data.classes is None else "class")

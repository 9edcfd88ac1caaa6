"""Choose the best candidate: all are cross-validated on the same folds; one that fails does not end the training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from twinserve.errors import CannotTrain
from twinserve.metric import Metric, metric_of
from twinserve.training.cross_validation import FoldedRows, cross_validate
from twinserve.training.search import Candidate
from twinserve.training.weighted_fit import fit_weighted


@dataclass(frozen=True)
class AllCandidates:
    """All candidates of a recipe after cross-validation."""

    evaluated: Mapping[str, Candidate]
    """Those that have a score, by name; never empty."""
    failed: Mapping[str, str]
    """The reason why each of the others has none, by name."""


def cross_validate_all(
    candidates: Mapping[str, Any], folded: FoldedRows, check: Callable[[Any], None], progress: Callable[[str], None]
) -> AllCandidates:
    """Cross-validate every candidate on which `check` does not raise; raises `CannotTrain` where none is left."""
    evaluated: dict[str, Candidate] = {}
    failed: dict[str, str] = {}
    for name, pipeline in candidates.items():
        progress(f"cross-validating {name}")
        try:
            check(pipeline)
            evaluated[name] = _cross_validated(pipeline, folded)
        except Exception as error:  # A recipe's code may raise anything; the other candidates may be good.
            failed[name] = reason(error)
            progress(f"{name} fails: {failed[name]}")
    if not evaluated:
        reasons = "; ".join(f"the candidate {name!r} fails: {why}" for name, why in failed.items())
        raise CannotTrain(f"{reasons[:1].upper()}{reasons[1:]}." if reasons else "The recipe has no candidates.")
    return AllCandidates(evaluated, failed)


def best(candidates: Mapping[str, Candidate], metric: str | Metric) -> str:
    """The name of the best candidate by this metric."""
    return max(candidates, key=lambda name: metric_of(metric).sign * candidates[name].cv.mean)


def fit_on_all(pipeline: Any, folded: FoldedRows) -> Any:
    """The pipeline fitted on every training row; raises `CannotTrain` where it cannot be."""
    try:
        return fit_weighted(clone(pipeline), folded.frame, folded.target, folded.weights)
    except Exception as error:
        raise CannotTrain(f"The best candidate fails on all rows: {reason(error)}.") from error


def reason(error: Exception) -> str:
    """The first line of an error's message without its full stop, or else the error's class."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def _cross_validated(pipeline: Any, folded: FoldedRows) -> Candidate:
    cv = cross_validate(pipeline, folded)
    if cv is None or not np.isfinite(cv.mean):
        raise CannotTrain(f"it cannot be scored by {folded.metric}; see its warnings")
    return Candidate(pipeline, cv, 1)

"""Choose the best candidate: all are cross-validated on the same folds; one that fails does not end the training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.base import clone

from twinserve.errors import CannotTrain
from twinserve.metric import Metric, metric_of
from twinserve.training.cross_validation import FoldedRows, cross_validate
from twinserve.training.search import Candidate
from twinserve.training.weighted_fit import fit_weighted

FOLDS_TO_JUDGE: Final = 2
"""After so many a candidate may be given up."""
FAR: Final = 0.05


@dataclass(frozen=True)
class AllCandidates:
    """All candidates of a recipe after cross-validation."""

    evaluated: Mapping[str, Candidate]
    """Those that have a score, by name; never empty."""
    failed: Mapping[str, str]
    """The reason why each of the others has none, by name."""
    given_up: Mapping[str, tuple[float, ...]]
    """Of those that were given up, the metric in the folds before that."""


def cross_validate_all(
    candidates: Mapping[str, Any],
    folded: FoldedRows,
    check: Callable[[Any], None],
    progress: Callable[[str], None],
    *,
    patient: bool = True,
) -> AllCandidates:
    """Cross-validate every candidate on which `check` does not raise; raises `CannotTrain` where none is left.

    Without patience a candidate is given up that is far behind another one in each of the first folds."""
    evaluated: dict[str, Candidate] = {}
    failed: dict[str, str] = {}
    given_up: dict[str, tuple[float, ...]] = {}
    for name, pipeline in candidates.items():
        progress(f"cross-validating {name}")
        try:
            check(pipeline)
            behind = _FarBehind(folded.metric, () if patient else [one.cv.scores for one in evaluated.values()])
            cv = cross_validate(pipeline, folded, is_hopeless=behind)
            if cv is not None and np.isfinite(cv.mean):
                evaluated[name] = Candidate(pipeline, cv, 1)
            elif cv is None:
                given_up[name] = behind.scores
                progress(f"{name} is given up after {len(behind.scores)} folds")
            else:
                raise CannotTrain(f"it cannot be scored by {folded.metric}; see its warnings")
        except Exception as error:  # A recipe's code may raise anything; the other candidates may be good.
            failed[name] = reason(error)
            progress(f"{name} fails: {failed[name]}")
    if not evaluated:
        reasons = "; ".join(f"the candidate {name!r} fails: {why}" for name, why in failed.items())
        raise CannotTrain(f"{reasons[:1].upper()}{reasons[1:]}." if reasons else "The recipe has no candidates.")
    return AllCandidates(evaluated, failed, given_up)


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


class _FarBehind:
    """Whether the scores so far are worse by a share of `FAR` than those of one other candidate in the same folds."""

    def __init__(self, metric: str | Metric, others: Sequence[Sequence[float]]) -> None:
        self.scores: tuple[float, ...] = ()
        self._sign, self._others = metric_of(metric).sign, others

    def __call__(self, scores: Sequence[float]) -> bool:
        self.scores = tuple(scores)
        return len(scores) == FOLDS_TO_JUDGE and any(self._behind(other) for other in self._others)

    def _behind(self, other: Sequence[float]) -> bool:
        pairs = zip(self.scores, other, strict=False)
        return all(self._sign * (theirs - ours) > FAR * abs(theirs) for ours, theirs in pairs)

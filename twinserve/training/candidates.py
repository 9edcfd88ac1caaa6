"""Which candidate is the best: all are judged on the same folds, and one that fails does not end the training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from twinserve.errors import CannotTrain
from twinserve.metric import METRICS
from twinserve.training.cross_validation import Rounds, cross_validate
from twinserve.training.search import Found


@dataclass(frozen=True)
class Field:
    """What became of all candidates."""

    found: Mapping[str, Found]
    """Those that were judged, by name; never empty."""
    failed: Mapping[str, str]
    """Why each of the others could not be."""


def judge_all(
    candidates: Mapping[str, Any], rounds: Rounds, check: Callable[[Any], None], progress: Callable[[str], None]
) -> Field:
    """Cross-validate every candidate that `check` lets pass; raises `CannotTrain` where none is left."""
    found: dict[str, Found] = {}
    failed: dict[str, str] = {}
    for name, pipeline in candidates.items():
        progress(f"cross-validating {name}")
        try:
            check(pipeline)
            found[name] = _judged(pipeline, rounds)
        except Exception as error:  # A recipe's code may raise anything; the other candidates may be good.
            failed[name] = reason(error)
            progress(f"{name} fails: {failed[name]}")
    if not found:
        told = "; ".join(f"the candidate {name!r} fails: {why}" for name, why in failed.items())
        raise CannotTrain(f"{told[:1].upper()}{told[1:]}." if told else "The recipe has no candidates.")
    return Field(found, failed)


def best(found: Mapping[str, Found], metric: str) -> str:
    """The name of the best of them by this metric."""
    return max(found, key=lambda name: METRICS[metric].sign * found[name].judged.mean)


def fit_on_all(pipeline: Any, rounds: Rounds) -> Any:
    """The pipeline fitted on every training row; raises `CannotTrain` where it cannot be."""
    try:
        return clone(pipeline).fit(rounds.frame, rounds.target)
    except Exception as error:
        raise CannotTrain(f"The best candidate fails on all rows: {reason(error)}.") from error


def reason(error: Exception) -> str:
    """The first line of what an error says, without its full stop."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def _judged(pipeline: Any, rounds: Rounds) -> Found:
    judged = cross_validate(pipeline, rounds)
    if judged is None or not np.isfinite(judged.mean):
        raise CannotTrain(f"it cannot be judged by {rounds.metric}; see its warnings")
    return Found(pipeline, judged, 1)

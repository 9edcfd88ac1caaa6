"""Random search over hyper-parameters, one draw for each candidate in turn, until the time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import loguniform, randint
from sklearn.base import clone
from sklearn.model_selection import ParameterSampler

from twinserve.estimators.introspection import class_name
from twinserve.metric import metric_of
from twinserve.training.cross_validation import CrossValidated, FoldedRows, cross_validate

MOST_DRAWS: Final = 1_000
"""Of one candidate."""

_LOGISTIC: Final = {"C": loguniform(1e-3, 1e3)}
_RIDGE: Final = {"alpha": loguniform(1e-3, 1e3)}
_FOREST: Final = {
    "max_features": ["sqrt", 0.3, 0.6, 1.0],
    "min_samples_leaf": randint(1, 20),
    "max_depth": [None, 6, 10, 16],
}
_BOOSTING: Final = {
    "learning_rate": loguniform(0.02, 0.3),
    "max_iter": randint(50, 400),
    "max_leaf_nodes": [7, 15, 31, 63],
    "min_samples_leaf": randint(5, 60),
    "l2_regularization": loguniform(1e-3, 10),
}
SPACES: Final[Mapping[str, Mapping[str, Any]]] = {
    "sklearn.linear_model.LogisticRegression": _LOGISTIC,
    "sklearn.linear_model.Ridge": _RIDGE,
    "sklearn.ensemble.RandomForestClassifier": _FOREST,
    "sklearn.ensemble.RandomForestRegressor": _FOREST,
    "sklearn.ensemble.HistGradientBoostingClassifier": _BOOSTING,
    "sklearn.ensemble.HistGradientBoostingRegressor": _BOOSTING,
}


@dataclass(frozen=True)
class Candidate:
    """A candidate, unfitted, with the best parameters that were tried."""

    pipeline: Any
    cv: CrossValidated
    tried: int


def search(
    candidates: Mapping[str, Candidate],
    folded: FoldedRows,
    *,
    seed: int,
    budget: float,
    progress: Callable[[str], None],
) -> dict[str, Candidate]:
    """The candidates, each with the best of its draws.

    A draw starts only if it is likely to end within `budget` seconds, by the longest draw of its candidate so far. It
    is given up as soon as the mean of its first folds is worse than the worst fold of the best draw so far. The number
    of draws depends on the time, so two searches may differ; the best parameters are stored with the model.
    """
    best = dict(candidates)
    deadline = time.monotonic() + budget
    draws = {name: _draws(candidate.pipeline, seed) for name, candidate in candidates.items()}
    longest = dict.fromkeys(draws, 0.0)
    while draws:
        for name in list(draws):
            started = time.monotonic()
            parameters = next(draws[name], None)
            if parameters is None or started + longest[name] > deadline:
                del draws[name]
                continue
            best[name] = _try(best[name], parameters, folded)
            longest[name] = max(longest[name], time.monotonic() - started)
            progress(f"searching {name}: {best[name].tried} tried, {folded.metric} {best[name].cv.mean:.4f}")
    return best


def _try(best: Candidate, parameters: Mapping[str, Any], folded: FoldedRows) -> Candidate:
    metric = metric_of(folded.metric)
    worst = (min if metric.greater_is_better else max)(best.cv.scores)

    def is_hopeless(scores: Sequence[float]) -> bool:
        return metric.better(worst, float(np.mean(scores)))

    pipeline = clone(best.pipeline).set_params(**parameters)
    try:
        cv = cross_validate(pipeline, folded, is_hopeless=is_hopeless)
    except Exception:  # These parameters fail on these rows; others may not.
        cv = None
    if cv is not None and metric.better(cv.mean, best.cv.mean):
        return Candidate(pipeline, cv, best.tried + 1)
    return Candidate(best.pipeline, best.cv, best.tried + 1)


def _draws(pipeline: Any, seed: int) -> Iterator[Mapping[str, Any]]:
    """Draws of parameters for every estimator in the pipeline that is a key of `SPACES`; no draw where none is."""
    parts = {"": pipeline} | {name: part for name, part in pipeline.get_params().items() if hasattr(part, "get_params")}
    space = {
        f"{name}__{parameter}" if name else parameter: values
        for name, part in parts.items()
        for parameter, values in SPACES.get(class_name(part), {}).items()
    }
    if space:
        yield from ParameterSampler(space, n_iter=MOST_DRAWS, random_state=seed)

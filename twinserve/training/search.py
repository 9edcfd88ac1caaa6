"""Hyper-parameters tried at random, every candidate in turn, until the time is up."""

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
from twinserve.metric import METRICS
from twinserve.training.cross_validation import Judged, Rounds, cross_validate

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
class Found:
    """A candidate with the best parameters that were tried."""

    pipeline: Any
    judged: Judged
    tried: int


def search(
    candidates: Mapping[str, Found], rounds: Rounds, *, seed: int, budget: float, progress: Callable[[str], None]
) -> dict[str, Found]:
    """The candidates, each with the best of its draws; no draw starts that would not end within `budget` seconds.

    A draw is given up as soon as its first folds are worse than the worst fold of the best so far. The time decides
    how many draws there are, so two searches may end differently; the parameters that won are stored with the model.
    """
    found = dict(candidates)
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
            found[name] = _try(found[name], parameters, rounds)
            longest[name] = max(longest[name], time.monotonic() - started)
            progress(f"searching {name}: {found[name].tried} tried, {rounds.metric} {found[name].judged.mean:.4f}")
    return found


def _try(best: Found, parameters: Mapping[str, Any], rounds: Rounds) -> Found:
    metric = METRICS[rounds.metric]
    worst = (min if metric.greater_is_better else max)(best.judged.scores)

    def hopeless(scores: Sequence[float]) -> bool:
        return metric.better(worst, float(np.mean(scores)))

    pipeline = clone(best.pipeline).set_params(**parameters)
    try:
        judged = cross_validate(pipeline, rounds, hopeless=hopeless)
    except Exception:  # These parameters do not go with these rows; others may.
        judged = None
    if judged is not None and metric.better(judged.mean, best.judged.mean):
        return Found(pipeline, judged, best.tried + 1)
    return Found(best.pipeline, best.judged, best.tried + 1)


def _draws(pipeline: Any, seed: int) -> Iterator[Mapping[str, Any]]:
    """Parameters for every estimator of the pipeline that has a space here."""
    parts = {"": pipeline} | {name: part for name, part in pipeline.get_params().items() if hasattr(part, "get_params")}
    space = {
        f"{name}__{parameter}" if name else parameter: values
        for name, part in parts.items()
        for parameter, values in SPACES.get(class_name(part), {}).items()
    }
    if space:
        yield from ParameterSampler(space, n_iter=MOST_DRAWS, random_state=seed)

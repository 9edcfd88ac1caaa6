"""From a recipe to a fitted model: the steps that `train.py` takes, one function each."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from twinserve.predict.predictor import Predictions
from twinserve.recipes import Recipe
from twinserve.signature.frames import to_frame
from twinserve.signature.signature import OutOfRange
from twinserve.training.candidates import best, fit_on_all, judge_all
from twinserve.training.cross_validation import Rounds
from twinserve.training.data import FOLDS, Data, Rows
from twinserve.training.improvement import Choice, improve
from twinserve.training.search import search
from twinserve.training.unseen_values import raising_encoder, require_tolerance

WORTH_THREADS: Final = 500_000
"""Cells of a table from which fitting is worth several threads; below, waiting for each other costs more than it saves,
and twenty times more on a machine that is busy."""


@dataclass(frozen=True)
class Fitted:
    """The winner of the candidates."""

    name: str
    pipeline: Any
    scores: Mapping[str, float]
    """Every candidate's cross-validated metric, the mean over the folds."""
    spreads: Mapping[str, float] = field(default_factory=dict)
    """Its standard deviation over the folds."""
    tried: Mapping[str, int] = field(default_factory=dict)
    """How many sets of parameters a search tried of each candidate."""
    choices: tuple[Choice, ...] = ()
    """What was tried to improve the winner."""
    baseline: Predictions | None = None
    """What predicting the majority, or the mean, would have said of the hold-out rows."""
    warnings: tuple[str, ...] = ()
    """What the libraries said while fitting."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Why the other candidates could not be judged."""


def fit(
    recipe: Recipe,
    data: Data,
    *,
    seed: int,
    progress: Callable[[str], None],
    search_seconds: float = 0.0,
    out_of_range: OutOfRange = "warn",
) -> Fitted:
    """Cross-validate the candidates on the training side, improve the best and refit it on all of that side.

    `out_of_range` is the servers' policy: under `warn` no candidate may raise on what training never saw.
    """
    rounds = _rounds(recipe, data, seed)
    few = 1 if data.train.columns.matrix.size < WORTH_THREADS else None
    with warnings.catch_warnings(record=True) as caught, threadpool_limits(limits=few):
        warnings.simplefilter("always")
        check = partial(_require_tolerance, data, rounds) if out_of_range == "warn" else _accept
        judged = judge_all(recipe.candidates(seed), rounds, check, progress)
        found = judged.found
        if search_seconds > 0:
            found = search(found, rounds, seed=seed, budget=search_seconds, progress=progress)
        winner = best(found, recipe.metric)
        progress(f"improving {winner}")
        improved = improve(found[winner].pipeline, found[winner].judged, rounds)
        progress(f"fitting {winner}")
        pipeline = fit_on_all(improved.pipeline, rounds)
    return Fitted(
        name=winner,
        pipeline=pipeline,
        scores={name: candidate.judged.mean for name, candidate in found.items()},
        spreads={name: candidate.judged.spread for name, candidate in found.items()},
        tried={name: candidate.tried for name, candidate in found.items()},
        choices=improved.choices,
        baseline=baseline(data),
        warnings=tuple(dict.fromkeys(f"{w.category.__name__}: {str(w.message).splitlines()[0]}" for w in caught)),
        failed=judged.failed,
    )


def baseline(data: Data) -> Predictions:
    """What a model says that looks at no feature: the classes as often as in training, or the mean."""
    rows, count = np.zeros((len(data.train), 1)), len(data.holdout)
    if data.classes is None:
        dummy = DummyRegressor().fit(rows, data.train.truth)
        return Predictions(values=np.asarray(dummy.predict(np.zeros((count, 1))), dtype=np.float64))
    dummy = DummyClassifier(strategy="prior").fit(rows, data.train.truth.astype(int))
    shares = np.asarray(dummy.predict_proba(np.zeros((count, 1))), dtype=np.float64)
    return Predictions(shares.argmax(axis=1), shares)


def _rounds(recipe: Recipe, data: Data, seed: int) -> Rounds:
    frame, target = to_frame(data.train.columns, data.signature), _target(data, data.train)
    kind = KFold if data.classes is None else StratifiedKFold
    folds = kind(n_splits=FOLDS, shuffle=True, random_state=seed).split(frame, target)
    return Rounds(frame, target, data.train.truth, data.classes, list(folds), recipe.metric)


def _require_tolerance(data: Data, rounds: Rounds, pipeline: Any) -> None:
    encoder = raising_encoder(pipeline)
    if encoder is not None:
        require_tolerance(fit_on_all(pipeline, rounds), encoder, data.train.columns, data.signature)


def _accept(_: Any) -> None:
    """Under the policy `reject` nothing that training never saw reaches a pipeline."""


def plain_parameters(pipeline: Any) -> Mapping[str, Any]:
    """The pipeline's parameters as JSON holds them: what JSON has no form for becomes its repr."""
    plain: Mapping[str, Any] = json.loads(json.dumps(pipeline.get_params(), default=repr, sort_keys=True))
    return plain


def _target(data: Data, rows: Rows) -> NDArray[Any]:
    if data.classes is None:
        return rows.truth
    labels: NDArray[Any] = np.array(data.classes, dtype=object)[rows.truth.astype(int)]
    return labels

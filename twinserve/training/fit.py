"""Fit a recipe: cross-validate the candidates, search, improve the best one and fit it on all training rows."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from threadpoolctl import threadpool_limits

from twinserve.errors import CannotTrain
from twinserve.predict.predictor import Predictions
from twinserve.recipes import Recipe
from twinserve.recipes.pipelines import MANY_CELLS
from twinserve.signature.frames import to_frame
from twinserve.signature.signature import OutOfRange
from twinserve.training.baselines import baseline
from twinserve.training.candidates import best, cross_validate_all, fit_on_all, reason
from twinserve.training.cross_validation import FoldedRows
from twinserve.training.data import Data
from twinserve.training.decided import Decided, given, labelled
from twinserve.training.folds import folds
from twinserve.training.improvement import Choice, improve
from twinserve.training.search import Candidate, search
from twinserve.training.threshold import decide, fit_anew, with_threshold
from twinserve.training.unseen_values import raising_encoder, require_tolerance
from twinserve.training.weighted_fit import takes_weights

WORTH_THREADS: Final = 500_000
"""Cells of a table from which fitting uses several threads. With fewer, threads cost more in waiting for each other
than they save, and twenty times more on a busy machine."""


@dataclass(frozen=True)
class Fitted:
    """The best candidate, fitted on all training rows."""

    name: str
    pipeline: Any
    scores: Mapping[str, float]
    """Every candidate's cross-validated metric, the mean over the folds."""
    spreads: Mapping[str, float] = field(default_factory=dict)
    """Its standard deviation over the folds."""
    tried: Mapping[str, int] = field(default_factory=dict)
    """How many sets of parameters a search tried of each candidate."""
    choices: tuple[Choice, ...] = ()
    """The improvements that were tried on it."""
    baseline: Predictions | None = None
    """Predictions of the hold-out rows by a model that uses no feature."""
    out_of_fold: Predictions | None = None
    """Predictions of the training rows, each by a fit that did not see it; None where folds go forward in time, and for
    an estimator that was fitted elsewhere."""
    warnings: tuple[str, ...] = ()
    """Warnings of the libraries while fitting."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """The reason why each of the other candidates has no score."""
    given_up: Mapping[str, int] = field(default_factory=dict)
    """The number of folds after which a candidate was given up; its score is of these."""
    decided: Decided | None = None
    """How labels are decided; None: they are the class of the largest probability, as the estimator has it."""

    def verdict(self, name: str) -> str:
        """What became of a candidate, in a word or two; empty where another one was better."""
        if name in self.given_up:
            return f"given up after {self.given_up[name]} folds"
        return "chosen" if name == self.name else ""


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

    `out_of_range` is the policy of the servers: under `warn` a candidate that raises on unseen values is refused.
    """
    folded = _folded(recipe, data, seed)
    few = 1 if data.train.columns.matrix.size < WORTH_THREADS else None
    with warnings.catch_warnings(record=True) as caught, threadpool_limits(limits=few):
        warnings.simplefilter("always")
        check = partial(_check, recipe, data, folded, out_of_range)
        patient = search_seconds > 0 or data.train.columns.matrix.size <= MANY_CELLS
        candidates = cross_validate_all(recipe.candidates(seed), folded, check, progress, patient=patient)
        evaluated = candidates.evaluated
        if search_seconds > 0:
            evaluated = search(evaluated, folded, seed=seed, budget=search_seconds, progress=progress)
        winner = best(evaluated, recipe.metric)
        progress(f"improving {winner}")
        improved = improve(evaluated[winner].pipeline, evaluated[winner].cv, folded)
        progress(f"fitting {winner}")
        pipeline = fit_on_all(improved.pipeline, folded)
        decided = decide(recipe.decision, improved.cv.predictions, folded)
    scores = {**{name: candidate.cv.scores for name, candidate in evaluated.items()}, **candidates.given_up}
    dummy = baseline(data)
    return Fitted(
        name=winner,
        pipeline=with_threshold(pipeline, decided),
        scores={name: float(np.mean(of_folds)) for name, of_folds in scores.items()},
        spreads={name: float(np.std(of_folds)) for name, of_folds in scores.items()},
        tried={name: candidate.tried for name, candidate in evaluated.items()},
        choices=improved.choices,
        baseline=None if dummy is None else labelled(dummy, decided, data.classes),
        out_of_fold=improved.cv.predictions if folded.all_asked else None,
        warnings=(
            *dict.fromkeys(f"{w.category.__name__}: {str(w.message).splitlines()[0]}" for w in caught),
            *_unweighted(evaluated, data),
        ),
        failed=candidates.failed,
        given_up={name: len(of_folds) for name, of_folds in candidates.given_up.items()},
        decided=decided,
    )


def fit_on_everything(fitted: Fitted, data: Data) -> Any:
    """The pipeline fitted anew on all rows, those held out included; raises `CannotTrain` where it cannot be."""
    few = 1 if data.everything.columns.matrix.size < WORTH_THREADS else None
    frame, target = to_frame(data.everything.columns, data.signature), data.target_of(data.everything)
    with warnings.catch_warnings(), threadpool_limits(limits=few):
        warnings.simplefilter("ignore")  # The fit before has told them.
        try:
            return fit_anew(fitted.pipeline, frame, target, data.everything.weights)
        except Exception as error:
            raise CannotTrain(f"The chosen candidate fails on all rows: {reason(error)}.") from error


def _folded(recipe: Recipe, data: Data, seed: int) -> FoldedRows:
    frame, target = to_frame(data.train.columns, data.signature), data.target_of(data.train)
    parts, shuffled = folds(data, target, seed), data.split.column is None
    rows, decided = data.train, given(recipe.decision, data.classes)
    return FoldedRows(frame, target, rows.y_true, data.target, parts, recipe.metric, shuffled, rows.weights, decided)


def _check(recipe: Recipe, data: Data, folded: FoldedRows, out_of_range: OutOfRange, pipeline: Any) -> None:
    """Raise `CannotTrain` for a candidate that is not worth a cross-validation.

    Under the policy `reject` no unseen value reaches a pipeline, so its encoders may raise on one."""
    if not recipe.decision.by_probability and not hasattr(pipeline, "predict_proba"):
        raise CannotTrain("it gives no probabilities, which --threshold and --costs need")
    encoder = raising_encoder(pipeline) if out_of_range == "warn" else None
    if encoder is not None:
        require_tolerance(fit_on_all(pipeline, folded), encoder, data.train.columns, data.signature)


def _unweighted(evaluated: Mapping[str, Candidate], data: Data) -> Iterator[str]:
    """A sentence for each candidate that was fitted without the weights of the rows."""
    for name, candidate in evaluated.items():
        if data.weight is not None and not takes_weights(candidate.pipeline):
            yield f"{name} takes no weights: {data.weight} weighs its metrics, and not its fit"


def plain_parameters(pipeline: Any) -> Mapping[str, Any]:
    """The pipeline's parameters as JSON values; the `repr` of those that have no JSON form."""
    plain: Mapping[str, Any] = json.loads(json.dumps(pipeline.get_params(), default=repr, sort_keys=True))
    return plain

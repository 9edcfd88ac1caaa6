"""From a recipe to a fitted model: the steps that `train.py` takes, one function each."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from model.agreement import require_agreement
from model.candidates import best, fit_on_all, judge_all
from model.cross_validation import Rounds
from model.errors import CannotTrain
from model.evaluation import holdout_mask
from model.improvement import Choice, improve
from model.predictor import Predictions
from model.recipes import Recipe
from model.search import search
from model.signature import Columns, FloatArray, OutOfRange, Signature, from_frame, observe, to_frame
from model.signature.from_table import Note
from model.strangers import raising_encoder, require_tolerance
from model.truth import encode, enough_rows

FOLDS: Final = 5
WORTH_THREADS: Final = 500_000
"""Cells of a table from which fitting is worth several threads; below, waiting for each other costs more than it saves,
and twenty times more on a machine that is busy."""


@dataclass(frozen=True)
class Rows:
    """Rows of one side of the split."""

    columns: Columns
    truth: FloatArray
    """Class codes or values, `[n]`."""

    def __len__(self) -> int:
        return len(self.truth)


@dataclass(frozen=True)
class Data:
    """What a training works on."""

    source: str
    signature: Signature
    classes: tuple[str, ...] | None
    train: Rows
    holdout: Rows
    everything: Rows
    notes: tuple[Note, ...] = ()
    """What was left out on the way here, for the person who trains."""


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


def split(recipe: Recipe) -> Data:
    """Load the recipe's table and divide it; what training saw is what the training side holds."""
    table = recipe.load()
    declared = recipe.input if isinstance(recipe.input, Signature) else Signature.from_pydantic(recipe.input)
    if not len(table.features):
        raise CannotTrain("The table has no rows.")
    if len(table.target) != len(table.features):
        raise CannotTrain(f"The table has {len(table.features)} rows and the target {len(table.target)}.")
    require_agreement(declared, table.features, exact=False)
    target = table.target.tolist()
    whole = observe(declared, table.features)
    held_out = holdout_mask(from_frame(table.features, whole), whole)
    kept, notes = enough_rows(*encode(recipe.task, target), held_out)
    features, held_out = table.features[kept], held_out[kept]
    classes, truth = encode(recipe.task, [target[row] for row in np.flatnonzero(kept)])
    signature = observe(declared, features[~held_out])
    data = divide(table.source, from_frame(features, signature), signature, truth, classes, held_out)
    return noted(data, notes)


def noted(data: Data, notes: Iterable[Note]) -> Data:
    """The same with more to say to the person who trains."""
    return replace(data, notes=(*data.notes, *notes))


def divide(
    source: str,
    columns: Columns,
    signature: Signature,
    truth: FloatArray,
    classes: tuple[str, ...] | None,
    held_out: NDArray[np.bool_],
) -> Data:
    """The two sides of a table; raises `CannotTrain` where one of them says too little."""
    data = Data(
        source=source,
        signature=signature,
        classes=classes,
        train=_rows(columns, truth, ~held_out),
        holdout=_rows(columns, truth, held_out),
        everything=Rows(columns, truth),
    )
    _require_enough(data)
    return data


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


def _rows(columns: Columns, truth: FloatArray, mask: NDArray[np.bool_]) -> Rows:
    places = np.flatnonzero(mask)
    return Rows(columns.take(places.tolist()), truth[places])


def _require_enough(data: Data) -> None:
    for side, rows in (("training", data.train), ("hold-out", data.holdout)):
        if not len(rows):
            raise CannotTrain(f"No row fell on the {side} side; give more rows.")
        if data.classes is not None and (gone := set(range(len(data.classes))) - set(rows.truth.tolist())):
            label = data.classes[min(gone)]
            raise CannotTrain(f"The class {label!r} has no row on the {side} side; give more rows of it.")
    if len(data.train) < FOLDS:
        raise CannotTrain(f"There are fewer than {FOLDS} rows to learn from; give more rows.")
    if data.classes is not None and (counts := np.bincount(data.train.truth.astype(int))).min() < FOLDS:
        label = data.classes[int(counts.argmin())]
        raise CannotTrain(f"The class {label!r} has fewer than {FOLDS} rows to learn from; give more rows of it.")

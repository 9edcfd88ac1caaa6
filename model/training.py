"""From a recipe to a fitted model: the steps that `train.py` takes, one function each."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from model.agreement import require_agreement
from model.cross_validation import Rounds, cross_validate
from model.errors import ModelError
from model.evaluation import METRICS, holdout_mask
from model.improvement import Choice, improve
from model.predictor import Predictions
from model.recipes import Recipe
from model.search import Found, search
from model.signature import Columns, FloatArray, Signature, from_frame, observe, to_frame

FOLDS: Final = 5
WORTH_THREADS: Final = 500_000
"""Cells of a table from which fitting is worth several threads; below, waiting for each other costs more than it saves,
and twenty times more on a machine that is busy."""


class CannotTrain(ModelError):
    """The data or the recipe does not allow a training."""


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


def split(recipe: Recipe) -> Data:
    """Load the recipe's table and divide it; what training saw is what the training side holds."""
    table = recipe.load()
    declared = recipe.input if isinstance(recipe.input, Signature) else Signature.from_pydantic(recipe.input)
    if not len(table.features):
        raise CannotTrain("The table has no rows.")
    require_agreement(declared, table.features, exact=False)
    classes, truth = _encode_target(recipe, table.target.tolist())
    whole = observe(declared, table.features)
    held_out = holdout_mask(from_frame(table.features, whole), whole)
    signature = observe(declared, table.features[~held_out])
    columns = from_frame(table.features, signature)
    return divide(table.source, columns, signature, truth, classes, held_out)


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
    recipe: Recipe, data: Data, *, seed: int, progress: Callable[[str], None], search_seconds: float = 0.0
) -> Fitted:
    """Cross-validate the candidates on the training side, improve the best and refit it on all of that side."""
    rounds = _rounds(recipe, data, seed)
    few = 1 if data.train.columns.matrix.size < WORTH_THREADS else None
    with warnings.catch_warnings(record=True) as caught, threadpool_limits(limits=few):
        warnings.simplefilter("always")
        found = _judge_all(recipe.candidates(seed), rounds, progress)
        if search_seconds > 0:
            found = search(found, rounds, seed=seed, budget=search_seconds, progress=progress)
        winner = _best(found, recipe.metric)
        progress(f"improving {winner}")
        improved = improve(found[winner].pipeline, found[winner].judged, rounds)
        progress(f"fitting {winner}")
        pipeline = clone(improved.pipeline).fit(rounds.frame, rounds.target)
    return Fitted(
        name=winner,
        pipeline=pipeline,
        scores={name: candidate.judged.mean for name, candidate in found.items()},
        spreads={name: candidate.judged.spread for name, candidate in found.items()},
        tried={name: candidate.tried for name, candidate in found.items()},
        choices=improved.choices,
        baseline=baseline(data),
        warnings=tuple(dict.fromkeys(f"{w.category.__name__}: {str(w.message).splitlines()[0]}" for w in caught)),
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


def _judge_all(candidates: Mapping[str, Any], rounds: Rounds, progress: Callable[[str], None]) -> dict[str, Found]:
    """Every candidate's figures; raises `CannotTrain` with the name of one that fails."""
    found: dict[str, Found] = {}
    for name, pipeline in candidates.items():
        progress(f"cross-validating {name}")
        try:
            judged = cross_validate(pipeline, rounds)
        except (ValueError, TypeError) as error:
            raise CannotTrain(f"The candidate {name!r} fails: {str(error).strip().splitlines()[0]}") from error
        if judged is not None:
            if not np.isfinite(judged.mean):
                raise CannotTrain(f"The candidate {name!r} cannot be judged by {rounds.metric}; see its warnings.")
            found[name] = Found(pipeline, judged, 1)
    return found


def _best(found: Mapping[str, Found], metric: str) -> str:
    sign = 1 if METRICS[metric].greater_is_better else -1
    return max(found, key=lambda name: sign * found[name].judged.mean)


def plain_parameters(pipeline: Any) -> Mapping[str, Any]:
    """The pipeline's parameters as JSON holds them: what JSON has no form for becomes its repr."""
    plain: Mapping[str, Any] = json.loads(json.dumps(pipeline.get_params(), default=repr, sort_keys=True))
    return plain


def _encode_target(recipe: Recipe, target: Sequence[Any]) -> tuple[tuple[str, ...] | None, FloatArray]:
    if recipe.task == "regression":
        return None, _finite(target)
    strange = [value for value in target if not isinstance(value, str)]
    if strange:
        raise CannotTrain(f"The target holds a {type(strange[0]).__name__} in {len(strange)} rows; labels are texts.")
    classes = tuple(sorted(set(target)))
    if len(classes) < 2:
        raise CannotTrain("The target has one class only; there is nothing to learn.")
    codes = {label: code for code, label in enumerate(classes)}
    return classes, np.array([codes[label] for label in target], dtype=np.float64)


def _finite(target: Sequence[Any]) -> FloatArray:
    try:
        values = np.asarray(target, dtype=np.float64)
    except (TypeError, ValueError):
        raise CannotTrain("The target of a regression is not a number in every row.") from None
    if not np.isfinite(values).all():
        raise CannotTrain(f"The target is missing or infinite in {int((~np.isfinite(values)).sum())} rows.")
    return values


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

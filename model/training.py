"""From a recipe to a fitted model: the steps that `train.py` takes, one function each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score

from model.errors import ModelError
from model.evaluation import METRICS, holdout_mask
from model.predictor import Predictions
from model.recipes import Recipe
from model.signature import Columns, FloatArray, Signature, from_frame, observe, to_frame

FOLDS: Final = 5


def _negative_brier(pipeline: Any, frame: Any, labels: Any) -> float:
    codes = np.searchsorted(pipeline.classes_, labels).astype(np.float64)
    return -METRICS["brier"].score(codes, Predictions(probabilities=np.asarray(pipeline.predict_proba(frame))))


# Our metrics and the scorers that scikit-learn's cross-validation knows for them; all of them: greater is better.
SCORERS: Final[Mapping[str, Any]] = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "f1_macro": "f1_macro",
    "log_loss": "neg_log_loss",
    "roc_auc": "roc_auc_ovr",
    "brier": _negative_brier,  # scikit-learn's own takes no labels that are strings.
    "r2": "r2",
    "rmse": "neg_root_mean_squared_error",
    "mae": "neg_mean_absolute_error",
}


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
    """Every candidate's cross-validated metric."""


def split(recipe: Recipe) -> Data:
    """Load the recipe's table and divide it; what training saw is what the training side holds."""
    table = recipe.load()
    declared = Signature.from_pydantic(recipe.input)
    missing = [feature.name for feature in declared.features if feature.name not in table.features.columns]
    if missing:
        raise CannotTrain(f"The table has no column {missing[0]!r}, which the recipe's input declares.")
    if table.features.empty:
        raise CannotTrain("The table has no rows.")
    classes, truth = _encode_target(recipe, table.target.tolist())
    try:
        whole = observe(declared, table.features)
        held_out = holdout_mask(from_frame(table.features, whole), whole)
        signature = observe(declared, table.features[~held_out])
        columns = from_frame(table.features, signature)
    except ValueError as error:
        raise CannotTrain(f"{str(error).rstrip('.')}.") from error
    data = Data(
        source=table.source,
        signature=signature,
        classes=classes,
        train=_rows(columns, truth, ~held_out),
        holdout=_rows(columns, truth, held_out),
        everything=Rows(columns, truth),
    )
    _require_enough(data)
    return data


def fit(recipe: Recipe, data: Data, *, seed: int, progress: Callable[[str], None]) -> Fitted:
    """Cross-validate the candidates on the training side and refit the best on all of it."""
    frame, target = to_frame(data.train.columns, data.signature), _target(data, data.train)
    kind = KFold if data.classes is None else StratifiedKFold
    folds = kind(n_splits=FOLDS, shuffle=True, random_state=seed)
    candidates = recipe.candidates(seed)
    scores: dict[str, float] = {}
    for name, pipeline in candidates.items():
        progress(f"cross-validating {name}")
        found = cross_val_score(clone(pipeline), frame, target, cv=folds, scoring=SCORERS[recipe.metric])
        scores[name] = float(found.mean())
        if not np.isfinite(scores[name]):
            raise CannotTrain(f"The candidate {name!r} cannot be judged by {recipe.metric}; see its warnings.")
    winner = max(scores, key=lambda name: scores[name])
    progress(f"fitting {winner}")
    pipeline = candidates[winner].fit(frame, target)
    if METRICS[recipe.metric].greater_is_better:
        return Fitted(winner, pipeline, scores)
    return Fitted(winner, pipeline, {name: -score for name, score in scores.items()})


def plain_parameters(pipeline: Any) -> Mapping[str, Any]:
    """The pipeline's parameters as JSON holds them: what JSON has no form for becomes its repr."""
    plain: Mapping[str, Any] = json.loads(json.dumps(pipeline.get_params(), default=repr, sort_keys=True))
    return plain


def _encode_target(recipe: Recipe, target: Sequence[Any]) -> tuple[tuple[str, ...] | None, FloatArray]:
    if recipe.task == "regression":
        return None, _numbers(target)
    if not all(isinstance(label, str) for label in target):
        raise CannotTrain("The target of a classification holds something else than strings.")
    classes = tuple(sorted(set(target)))
    if len(classes) < 2:
        raise CannotTrain("The target has one class only; there is nothing to learn.")
    codes = {label: code for code, label in enumerate(classes)}
    return classes, np.array([codes[label] for label in target], dtype=np.float64)


def _numbers(target: Sequence[Any]) -> FloatArray:
    try:
        values = np.asarray(target, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if not np.isfinite(values).all():
        raise CannotTrain("The target of a regression holds something else than finite numbers.")
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
        if data.classes is not None and len(np.unique(rows.truth)) < len(data.classes):
            raise CannotTrain(f"A class has no row on the {side} side; give more rows of it.")
    if len(data.train) < FOLDS:
        raise CannotTrain(f"There are fewer than {FOLDS} rows to learn from; give more rows.")
    if data.classes is not None and np.bincount(data.train.truth.astype(int)).min() < FOLDS:
        raise CannotTrain(f"A class has fewer than {FOLDS} rows to learn from; give more rows of it.")

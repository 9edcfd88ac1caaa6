"""What a fitted estimator predicts, and its target as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.base import is_outlier_detector

from twinserve.arrays import FloatArray
from twinserve.errors import CannotPackage
from twinserve.estimators.quantiles import Quantiles as Quantiled
from twinserve.estimators.several_outputs import classes_by_target
from twinserve.metric import Task
from twinserve.predict.targets.anomaly import LABELS, Anomaly
from twinserve.predict.targets.made import one_target, several_targets
from twinserve.predict.targets.quantiles import Quantiles
from twinserve.predict.targets.several_labels import SeveralLabels
from twinserve.predict.targets.several_values import SeveralValues
from twinserve.predict.targets.target import Target
from twinserve.release.fitted_elsewhere.same_answers import classes_of, short_name
from twinserve.signature.sources.type_inference import plain_text
from twinserve.training.data import Data

TRUTHS: Final[Mapping[str, float]] = {"inlier": 0.0, "1": 0.0, "outlier": 1.0, "-1": 1.0}
"""What a target may say of a row, as scikit-learn and as we write it."""


def target_of(estimator: Any, task: Task, answers: Any, names: Sequence[str] | None) -> Target:
    """What an estimator of this task predicts, from its answers to some rows, None where they are not known.

    `names` are those of several targets. Raises `CannotPackage`."""
    if task == "anomaly":
        _require_detector(estimator)
        return Anomaly()
    width = 0 if np.ndim(answers) != 2 else int(np.shape(answers)[1])
    levels = quantiles_of(estimator)
    if levels:
        return Quantiles(_required_levels(levels))
    if not width or (width == 1 and names is None):
        return one_target(classes_of(estimator) if task == "classification" else None)
    named = _names(names, width)
    if task == "regression":
        return several_targets(dict.fromkeys(named))
    classes = [tuple(map(plain_text, each)) for each in classes_by_target(estimator, width)]
    return several_targets(dict(zip(named, classes, strict=True)))


def of_quantiles(fitted: Mapping[Any, Any]) -> Quantiled:
    """One regressor of fitted ones by their quantiles; raises `CannotPackage`."""
    levels = [level for level in fitted if isinstance(level, float) and 0 < level < 1]
    if not levels or len(levels) != len(fitted):
        raise CannotPackage("Estimators by quantile have numbers between 0 and 1 as their keys, such as 0.1.")
    return Quantiled.of(fitted)


def quantiles_of(estimator: Any) -> tuple[float, ...]:
    """The levels of a regressor that predicts several quantiles; empty for any other."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    levels = getattr(last, "quantiles_", None)
    if levels is None and getattr(last, "objective", None) == "reg:quantileerror":
        levels = last.get_params().get("quantile_alpha")  # XGBoost's.
    if levels is None or np.ndim(levels) != 1 or np.size(levels) < 2:
        return ()
    return tuple(float(level) for level in levels)


def as_fitted(data: Data, pipeline: Any) -> Data:
    """The data of a regression whose pipeline turned out to predict several quantiles; raises `CannotPackage`."""
    levels = quantiles_of(pipeline)
    return replace(data, target=Quantiles(_required_levels(levels))) if levels else data


def _required_levels(levels: tuple[float, ...]) -> tuple[float, ...]:
    if len(levels) % 2 == 0:
        raise CannotPackage(f"It predicts {len(levels)} quantiles; give an odd number, as the middle one is the value.")
    if list(levels) != sorted(set(levels)):
        raise CannotPackage("Its quantiles are not in ascending order; the middle one is the value.")
    return levels


def _require_detector(estimator: Any) -> None:
    lacking = [name for name in ("predict", "decision_function") if not hasattr(estimator, name)]
    if lacking:
        cure = "; fit it with novelty=True" if short_name(estimator) == "LocalOutlierFactor" else ""
        raise CannotPackage(f"{short_name(estimator)} has no {lacking[0]}, so it has no answer to new rows{cure}.")


def _names(names: Sequence[str] | None, width: int) -> Sequence[str]:
    if names is None:
        return [f"y{place}" for place in range(width)]
    if len(names) != width:
        raise CannotPackage(f"It predicts {width} targets, and there are {len(names)} names for them.")
    if len(set(names)) != len(names):
        raise CannotPackage("Two of its targets have the same name.")
    return names


def is_detector(estimator: Any) -> bool:
    """Does it tell outliers from other rows?"""
    return bool(is_outlier_detector(estimator))


def names_of(target: Any) -> tuple[str, ...] | None:
    """The names of a target's columns, where it has several."""
    if not isinstance(target, pd.DataFrame) or target.shape[1] < 2:
        return None
    return tuple(str(name) for name in target.columns)


def encoded_target(given: Any, target: Target, rows: int) -> FloatArray:
    """The target as numbers: labels as their places in the list of classes, `[n]` or `[n, targets]`; NaN where nothing
    is known. Raises `CannotPackage`."""
    if given is None and isinstance(target, Anomaly):
        return np.full(rows, np.nan)
    if isinstance(target, SeveralLabels | SeveralValues):
        return _encoded_table(given, target, rows)
    if np.ndim(given) > 1 and np.shape(given)[1] != 1:
        raise CannotPackage(f"y has {np.shape(given)[1]} columns; the model has one label or value for each row.")
    values = pd.Series(np.asarray(given).reshape(-1)) if not isinstance(given, pd.Series) else given
    _require_known(values.to_frame(), rows)
    if isinstance(target, Anomaly):
        return _truths(values)
    return _numbers(values) if target.classes is None else _codes(values, target.classes)


def _encoded_table(given: Any, target: SeveralLabels | SeveralValues, rows: int) -> FloatArray:
    table = given if isinstance(given, pd.DataFrame) else pd.DataFrame(np.asarray(given).reshape(len(given), -1))
    if table.shape[1] != len(target.names):
        raise CannotPackage(f"It predicts {len(target.names)} targets, and y has {table.shape[1]} columns.")
    _require_known(table, rows)
    columns = [table.iloc[:, place].infer_objects() for place in range(table.shape[1])]
    if isinstance(target, SeveralValues):
        return np.column_stack([_numbers(column) for column in columns])
    each = zip(columns, target.classes_of, target.ends[:-1], strict=True)
    return np.column_stack([_codes(column, classes) + start for column, classes, start in each])


def _require_known(table: pd.DataFrame, rows: int) -> None:
    if len(table) != rows:
        raise CannotPackage(f"X has {rows} rows and y has {len(table)}.")
    if missing := int(table.isna().any(axis=1).sum()):
        raise CannotPackage(f"y is missing in {missing} rows; leave those rows out.")


def _numbers(values: pd.Series[Any]) -> FloatArray:
    if not pd.api.types.is_numeric_dtype(values) and pd.to_numeric(values, errors="coerce").isna().any():
        raise CannotPackage("The estimator is a regressor, and y holds texts; give the column that it predicts.")
    return values.to_numpy(dtype=np.float64)


def _codes(values: pd.Series[Any], classes: Sequence[str]) -> FloatArray:
    codes = {label: code for code, label in enumerate(classes)}
    labels = [plain_text(value) for value in values.tolist()]
    unknown = sorted(set(labels) - set(codes))
    if unknown:
        raise CannotPackage(f"y holds {unknown[0]!r}, and the estimator knows {', '.join(classes)} only.")
    return np.array([codes[label] for label in labels], dtype=np.float64)


def _truths(values: pd.Series[Any]) -> FloatArray:
    texts = [plain_text(value) for value in values.tolist()]
    unknown = sorted(set(texts) - set(TRUTHS))
    if unknown:
        raise CannotPackage(f"y holds {unknown[0]!r}; of an anomaly detector it says {LABELS[0]} or {LABELS[1]}.")
    return np.array([TRUTHS[text] for text in texts])

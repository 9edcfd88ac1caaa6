"""What a recipe's table says is predicted, as numbers: a column, a column for each target, or nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from twinserve.arrays import BoolArray, FloatArray
from twinserve.errors import AskedWrongly, CannotTrain
from twinserve.metric import METRICS, Metric, Task, metric_of
from twinserve.predict.targets.anomaly import LABELS, Anomaly
from twinserve.predict.targets.made import one_target
from twinserve.predict.targets.several_labels import SeveralLabels
from twinserve.predict.targets.several_values import SeveralValues
from twinserve.predict.targets.target import Target
from twinserve.training.target_codes import encode


def encoded(task: Task, target: Any, rows: int) -> tuple[Target, FloatArray]:
    """The target, and `[n]` or `[n, targets]`: places in the list of classes, or values; NaN where nothing is known.

    `target` is a Series, a DataFrame of several, or None for an anomaly detector. Raises `CannotTrain`."""
    if target is None and task != "anomaly":
        raise CannotTrain(f"The table has no target, and a {task} needs one.")
    if target is not None and len(target) != rows:
        raise CannotTrain(f"The table has {rows} rows and the target {len(target)}.")
    if isinstance(target, pd.DataFrame) != (task == "multi-output"):
        raise CannotTrain("The target of a multi-output is a DataFrame, and of any other task a Series.")
    if task == "anomaly":
        return Anomaly(), _truth(target, rows)
    if task == "multi-output":
        return _several(target)
    classes, y_true = encode(task, target.tolist())
    return one_target(classes), y_true


def _several(target: pd.DataFrame) -> tuple[Target, FloatArray]:
    names = [str(name) for name in target.columns]
    if not names or len(set(names)) != len(names):
        raise CannotTrain("The target has no columns, or two of the same name.")
    columns = [target.iloc[:, place] for place in range(len(names))]
    if all(pd.api.types.is_float_dtype(column) for column in columns):
        values = np.column_stack([encode("regression", column.tolist())[1] for column in columns])
        return SeveralValues(tuple(names)), values
    pairs = [encode("classification", column.tolist()) for column in columns]
    labels = SeveralLabels(tuple(names), tuple(classes or () for classes, _ in pairs))
    return labels, np.column_stack([codes for _, codes in pairs]) + labels.ends[:-1]


def _truth(target: Any, rows: int) -> FloatArray:
    if target is None:
        return np.full(rows, np.nan)
    places = {label: float(place) for place, label in enumerate(LABELS)}
    labels = target.tolist()
    if unknown := [label for label in labels if label not in places]:
        raise CannotTrain(
            f"The target of an anomaly detector says {LABELS[0]} or {LABELS[1]}; {len(unknown)} rows say otherwise."
        )
    return np.array([places[label] for label in labels])


def some_rows(target: Any, kept: BoolArray) -> Any:
    """The target of some of the rows, by a mask `[n]`."""
    return None if target is None else target[kept]


def learned(target: Target, y_true: FloatArray) -> Any:
    """What a pipeline is fitted on: labels, values, a table of them; None for an anomaly detector."""
    if isinstance(target, Anomaly):
        return None
    if isinstance(target, SeveralLabels):
        return _labels(target, y_true)
    return y_true if target.classes is None else np.array(target.classes, dtype=object)[y_true.astype(int)]


def _labels(target: SeveralLabels, y_true: FloatArray) -> Any:
    """Texts; numbers where every target is 0 or 1, as some estimators take several labels in this form only."""
    texts = np.array(target.texts, dtype=object)[y_true.astype(int)]
    return texts.astype(int) if {*target.texts} == {"0", "1"} else texts


def require_metric(metric: str | Metric, target: Target, y_true: FloatArray) -> None:
    """Raise `AskedWrongly` for a metric that this target cannot have."""
    known = METRICS.get(str(metric))
    if known is None or known.task != target.task:
        return
    if target.task == "multi-output" and known.of_values != isinstance(target, SeveralValues):
        what = "values" if known.of_values else "labels"
        raise AskedWrongly(f"{metric} is of several {what}, and this target holds something else.")
    if metric_of(metric).needs_truth and np.isnan(y_true).any():
        raise AskedWrongly(f"{metric} needs a target that says which rows are outliers.")

"""Find nullable fields in which the model does not take a null, so that training can warn of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from twinserve.notes import Note
from twinserve.predict.answers import ask
from twinserve.predict.fallback import SklearnPredictor
from twinserve.predict.predictor import Predictor
from twinserve.signature import Columns
from twinserve.training.data import Data

ROWS = 20
CURE = (
    "it may be null, and this model cannot predict such a row (422 unpredictable): declare it without None, or put an "
    "imputer into the pipeline, or use a HistGradientBoosting, which takes nulls"
)


def null_notes(pipeline: Any, data: Data) -> tuple[Note, ...]:
    """A note for each nullable field in which a fitted pipeline raises on a null, or answers with NaN."""
    predictor = SklearnPredictor(pipeline, data.signature, data.target)
    real = data.everything.columns.take(range(min(ROWS, len(data.everything))))
    answers = ask(predictor, real).given
    taken = real.take(np.flatnonzero(answers).tolist())
    return tuple(Note("warning", name, CURE) for name in _refused(predictor, taken, data))


def _refused(predictor: Predictor, rows: Columns, data: Data) -> Iterator[str]:
    for column, feature in enumerate(data.signature.features):
        if feature.nullable and len(rows) and not ask(predictor, rows.with_null(column)).given.any():
            yield feature.name


def columns_refused_as_null(estimator: Any, table: Any) -> list[str]:
    """The columns of a DataFrame whose nulls make a fitted estimator raise; none where `table` is no DataFrame."""
    if not isinstance(table, pd.DataFrame):
        return []
    whole = table.dropna().head(1)
    return [str(name) for name in table.columns[table.isna().any()] if _raises(estimator, table, whole, name)]


def _raises(estimator: Any, table: pd.DataFrame, whole: pd.DataFrame, name: Any) -> bool:
    """Whether it raises on a null in this column alone: in a row without other nulls, or else in the first such row."""
    row = whole.copy() if len(whole) else table[table[name].isna()].head(1)
    row[name] = table[name][table[name].isna()].head(1).to_numpy()
    try:
        estimator.predict(row)
    except Exception:  # Whatever it raises, there is no prediction.
        return True
    return False

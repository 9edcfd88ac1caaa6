"""Fields that are declared nullable and that the model cannot take: whoever leaves one out gets no answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from model.answers import ask
from model.predictor import Predictor, SklearnPredictor
from model.signature import Columns, FeatureType
from model.signature.from_table import Note
from model.training import Data

ROWS = 20
CURE = (
    "it may be null, and to such a row this model has no answer (422 unpredictable): declare it without None, or put "
    "an imputer into the pipeline, or a HistGradientBoosting, which takes nulls"
)


def null_notes(pipeline: Any, data: Data) -> tuple[Note, ...]:
    """A note for each nullable field whose null a fitted pipeline refuses, or answers with what is no number."""
    predictor = SklearnPredictor(pipeline, data.signature, data.classes)
    real = data.everything.columns.take(range(min(ROWS, len(data.everything))))
    answers = ask(predictor, real).given
    taken = real.take(np.flatnonzero(answers).tolist())
    return tuple(Note("warning", name, CURE) for name in _refused(predictor, taken, data))


def _refused(predictor: Predictor, rows: Columns, data: Data) -> Iterator[str]:
    for place, feature in enumerate(data.signature.features):
        if feature.nullable and len(rows) and not ask(predictor, _without(rows, place, feature.type)).given.any():
            yield feature.name


def _without(rows: Columns, place: int, kind: FeatureType) -> Columns:
    """The rows with null in one column."""
    matrix = rows.matrix.copy()
    matrix[:, place] = np.nan
    unseen = {at: text for at, text in rows.unseen.items() if at[1] != place}
    nothing: dict[int, list[str | None]] = {place: [None] * len(rows)} if kind is FeatureType.STRING else {}
    return Columns(matrix, unseen, {**rows.texts, **nothing})

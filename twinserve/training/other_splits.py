"""What the model is worth by time or by group, measured where the table has such a column and nobody chose a split."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.arrays import BoolArray, FloatArray, evenly_spread
from twinserve.errors import ModelError
from twinserve.evaluate.metrics import score
from twinserve.metric import Metric, metric_of
from twinserve.notes import Note
from twinserve.recipes.split import BY_CLASS, Split
from twinserve.signature.frames import to_frame
from twinserve.signature.signature import TEMPORAL
from twinserve.signature.sources.type_inference import NotAFeature, interpret, named_like_an_id
from twinserve.training.data import Data, strata
from twinserve.training.holdout import HOLDOUT_FRACTION, held_out_rows
from twinserve.training.threshold import fit_anew

MOST_ROWS: Final = 20_000
"""Of a larger table a part is measured: one fit or two, whatever its size."""
FEWEST_GROUPS: Final = 10
ROWS_PER_GROUP: Final = 2
"""On average, for a column to be one of subjects."""
TREND: Final = 0.5
"""The rank correlation with the order of the rows from which the target or a feature drifts."""
CLEARLY: Final = 0.1
"""The share of the baseline's distance, or of the metric, from which the other split tells another story."""


@dataclass(frozen=True)
class Suspect:
    """Another split that the table suggests."""

    held_out: Callable[[], BoolArray]
    column: str | None
    where: str
    """Which rows it holds out, for the sentence."""
    advice: str


def other_splits(pipeline: Any, data: Data, metric: str | Metric) -> list[Note]:
    """A note for each split that the table suggests, with the metric of the chosen candidate by either split.

    `pipeline` is fitted on the training rows. Empty where a split was chosen, and where nothing can be measured."""
    given, held_out = data.given, data.held_out
    if given is None or held_out is None or data.split != BY_CLASS or data.own_holdout:
        return []
    part, refit = data, len(given) > MOST_ROWS
    if refit:
        places = evenly_spread(len(given), MOST_ROWS)
        rows = data.everything.take(places)
        part, given = _redivided(replace(data, everything=rows), held_out[places]), given.iloc[places]
    notes = []
    for suspect in _suspects(part, given):
        with contextlib.suppress(Exception):  # A fit may raise anything, a side lack a class: then nothing is told.
            other = _scored(pipeline, _redivided(part, suspect.held_out()), metric, refit=True)
            shuffled = _scored(pipeline, part, metric, refit=refit)
            if np.isfinite([shuffled, other]).all():
                notes.append(_note(suspect, metric, shuffled, other))
    return notes


def _note(suspect: Suspect, metric: str | Metric, shuffled: float, other: float) -> Note:
    worse = metric_of(metric).sign * (shuffled - other) > CLEARLY * max(abs(shuffled), abs(other))
    found = f"{metric} {shuffled:.3g} on shuffled rows, {other:.3g} on {suspect.where}"
    return Note("warning" if worse else "fact", suspect.column, f"{found}: {suspect.advice}")


def _suspects(data: Data, given: pd.DataFrame) -> Iterator[Suspect]:
    def by(split: Split) -> Callable[[], BoolArray]:
        return lambda: held_out_rows(given, strata(data.classes, data.everything.y_true), split)

    group = next((str(name) for name in given.columns if _is_subject(str(name), given[name], data)), None)
    time = next((str(name) for name in given.columns if _is_time(given[name])), None)
    if time is not None:
        advice = f"--time {time} judges as you will use it"
        yield Suspect(by(Split(time=time)), time, f"the last fifth by `{time}`", advice)
    elif group is None and _drifts(data):
        yield Suspect(
            lambda: np.arange(len(given)) >= (1 - HOLDOUT_FRACTION) * len(given),
            None,
            "the last fifth of the table, whose rows have a trend",
            "if their order is time, --time with a column that holds it judges as you will use it",
        )
    if group is not None:
        where = f"rows of other values of `{group}`"
        yield Suspect(by(Split(group=group)), group, where, f"--group {group} judges on subjects that it never saw")


def _is_time(values: pd.Series[Any]) -> bool:
    if values.isna().any():
        return False
    try:
        return interpret(values, recognise=True).type in TEMPORAL
    except NotAFeature:
        return False


def _is_subject(name: str, values: pd.Series[Any], data: Data) -> bool:
    """Is it an identifier whose values repeat: named like one, or texts that training left out?"""
    if values.isna().any() or not (
        pd.api.types.is_integer_dtype(values) or all(isinstance(value, str) for value in values.tolist())
    ):
        return False
    distinct = values.nunique()
    if not FEWEST_GROUPS <= distinct <= len(values) / ROWS_PER_GROUP:
        return False
    left_out = name not in {feature.name for feature in data.signature.features}
    return named_like_an_id(name) or (left_out and not pd.api.types.is_integer_dtype(values))


def _drifts(data: Data) -> bool:
    """Does the target or a feature go with the order of the rows?"""
    rows = data.everything
    columns = [*np.atleast_2d(rows.y_true.T), *rows.columns.matrix.T]
    return any(_trend(values) >= TREND for values in columns)


def _trend(values: FloatArray) -> float:
    places = np.flatnonzero(np.isfinite(values))
    if len(places) < 20 or np.ptp(values[places]) == 0:
        return 0.0
    return abs(float(np.corrcoef(pd.Series(values[places]).rank(), places)[0, 1]))


def _redivided(data: Data, held_out: BoolArray) -> Data:
    train, holdout = (data.everything.take(np.flatnonzero(side)) for side in (~held_out, held_out))
    return replace(data, train=train, holdout=holdout, held_out=held_out)


def _scored(pipeline: Any, data: Data, metric: str | Metric, *, refit: bool) -> float:
    """The metric on the hold-out; raises whatever a fit raises, and ValueError where a side lacks a class."""
    if data.classes is not None and any(
        len(np.unique(rows.y_true)) < len(data.classes) for rows in (data.train, data.holdout)
    ):
        raise ModelError("A class is missing.")
    if refit:
        frame, target = to_frame(data.train.columns, data.signature), data.target_of(data.train)
        pipeline = fit_anew(pipeline, frame, target, data.train.weights)
    frame = to_frame(data.holdout.columns, data.signature)
    predictions = data.target.read(pipeline, frame)
    return score(metric, data.holdout.y_true, predictions, weights=data.holdout.weights)

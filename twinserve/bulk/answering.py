"""`Answering`: checked rows to their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from twinserve.arrays import BoolArray, IntArray
from twinserve.bulk.checked import Checked, Errors
from twinserve.bulk.options import Options
from twinserve.bulk.version import BulkVersion
from twinserve.conformal.coverage import Covered
from twinserve.explain.explained import Explained, explain
from twinserve.predict.answers import Arrays, answered, picked
from twinserve.predict.halving import by_halves
from twinserve.predict.predictor import CannotPredict, Predictions
from twinserve.predict.rendering import Predict, Warnings
from twinserve.signature import Columns, Finding

UNPREDICTABLE: Final = (Finding((), "unpredictable", "The model cannot predict for these values."),)


class Answered(NamedTuple):
    """n rows, of which m have an answer; the others have errors."""

    rows: int
    predictions: Predictions | None
    """Of m rows; None if there are none."""
    places: IntArray | None
    """`[m]`: the row of each; None: all have an answer."""
    warnings: Warnings
    """By the place among the m."""
    covered: Covered | None
    explained: Explained | None
    errors: Errors
    """By row."""
    passed: Mapping[str, Any]
    """The columns that come back, each a list or an Arrow array of n values."""
    common: Sequence[Finding]
    """Warnings of every row, after its own."""


class Answering:
    """Answers rows with one version of a model; threads may share it."""

    def __init__(self, version: BulkVersion, options: Options, predict: Predict | None = None) -> None:
        """Raises `WrongOption` for what the version cannot give."""
        version.require(options)
        self._version, self._options = version, options
        self._predict = predict or version.predict

    def __call__(self, checked: Checked) -> Answered:
        """The answers to some rows."""
        errors = dict(checked.errors)
        columns, places = checked.columns, checked.places
        warnings: Warnings = {}
        predictions = None
        if columns is not None:
            predictions, warnings, given = self._outcome(columns)
            warnings = _as_sent(warnings, checked)
            if predictions is None or not given.all():
                errors |= dict.fromkeys(_rows(places, np.flatnonzero(~given)), UNPREDICTABLE)
                columns, places, warnings = _kept(columns, places, warnings, given)
        covered, explained = None, None
        if columns is not None and predictions is not None and len(columns):
            if self._options.explains:
                explained = self._explained(columns, predictions)
                if len(silent := explained.unexplained):
                    return self._without(checked, silent, places)
            covered = self._covered(columns, predictions)
        return Answered(
            checked.rows,
            predictions,
            places,
            warnings,
            covered,
            explained,
            errors,
            checked.passed,
            checked.common,
        )

    def _outcome(self, columns: Columns) -> tuple[Predictions | None, Warnings, BoolArray]:
        """The predictions of the rows that have some, the warnings of all, and which of all rows have a prediction."""
        given: list[BoolArray] = []
        parts: list[Predictions] = []
        warnings: dict[int, Sequence[Finding]] = {}
        for part, outcome in by_halves(self._predict, columns, CannotPredict):
            start = sum(map(len, given))
            if isinstance(outcome, CannotPredict):
                given.append(np.zeros(len(part), dtype=bool))
                continue
            predictions, found = outcome
            given.append(answered(predictions))
            parts.append(predictions if given[-1].all() else picked(predictions, given[-1]))
            warnings |= {start + row: findings for row, findings in found.items()} if start else found
        joined = _joined(parts) if len(parts) != 1 else parts[0]
        return joined, warnings, given[0] if len(given) == 1 else np.concatenate(given)

    def _covered(self, columns: Columns, predictions: Predictions) -> Covered | None:
        coverage, wanted = self._version.artifact.coverage, self._options.coverage
        return None if coverage is None or wanted is None else coverage.of(predictions, columns.matrix, wanted)

    def _explained(self, columns: Columns, predictions: Predictions) -> Explained:
        explainer, options = self._version.artifact.explainer, self._options
        if explainer is None:
            raise TypeError("The version has no explanations, which was checked before.")
        return explain(explainer, columns, predictions, self._version.target.classes, options.label, options.top)

    def _without(self, checked: Checked, silent: IntArray, places: IntArray | None) -> Answered:
        """The answers where some rows have no explanation, which are told as `POST /explain` tells them."""
        rows = _rows(places, silent)
        valid = np.arange(checked.rows) if checked.places is None else checked.places
        keep = ~np.isin(valid, rows)
        if checked.columns is None:
            raise TypeError("There is nothing to explain where no row is valid.")
        columns, _, _ = _kept(checked.columns, None, {}, keep)
        spelled = [(int(row), one) for row, one in checked.spelled]
        left = checked._replace(
            columns=columns,
            places=valid[keep],
            errors={**checked.errors, **dict.fromkeys(rows, UNPREDICTABLE)},
            spelled=_moved(spelled, keep),
        )
        return self(left)


def _joined(parts: Sequence[Predictions]) -> Predictions | None:
    if not parts:
        return None
    arrays: Arrays = (None if kind[0] is None else np.concatenate(kind) for kind in zip(*parts, strict=True))
    return Predictions(*arrays)


def _rows(places: IntArray | None, rows: IntArray) -> list[int]:
    """The rows of all that some of the valid ones are."""
    return [int(row) for row in (rows if places is None else places[rows])]


def _kept(
    columns: Columns, places: IntArray | None, warnings: Warnings, given: BoolArray
) -> tuple[Columns, IntArray, Warnings]:
    """Those of the valid rows that have an answer."""
    rows = np.flatnonzero(given)
    new = {int(old): place for place, old in enumerate(rows)}
    kept = {new[row]: findings for row, findings in warnings.items() if row in new}
    return columns.take(rows.tolist()), rows if places is None else places[rows], kept


def _as_sent(warnings: Warnings, checked: Checked) -> Warnings:
    """The warnings by the names that were sent, with those of columns that are ignored."""
    if not checked.spelled:
        return warnings
    told = dict(warnings)
    for first, spelled in checked.spelled:
        here = {row: warnings.get(first + row, ()) for row in spelled.rows}
        told |= {first + row: findings for row, findings in spelled.warnings(here).items() if findings}
    return told


def _moved(spelled: Sequence[Any], keep: BoolArray) -> Sequence[Any]:
    """How the rows that are kept were written."""
    from twinserve.signature.request.spelling import Spelled

    new = np.cumsum(keep) - 1
    rows = {
        int(new[first + row]): written
        for first, one in spelled
        for row, written in one.rows.items()
        if keep[first + row]
    }
    return [(0, Spelled(rows))] if rows else []

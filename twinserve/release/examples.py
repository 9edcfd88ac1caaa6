"""The examples of a version, composed of its training rows: what is typical of a class, or of a third of the values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from twinserve.arrays import BoolArray, IntArray
from twinserve.release.occurrences import categories, histograms
from twinserve.signature import Columns, Signature
from twinserve.signature.request.valid_instances import valid_instances
from twinserve.signature.sample_row import sample_row
from twinserve.signature.typical_row import typical_row
from twinserve.store.examples import LEAST, Example, Examples, Kind
from twinserve.training.data import Data

MOST: Final = 20
"""Classes of which there is an example."""
TRIES: Final = 5
"""How often an example is composed anew that happens to be a row."""
THIRDS: Final[tuple[Kind, ...]] = ("low", "middle", "high")
Group = tuple[Kind, str | None, IntArray]
"""What an example is typical of, and the rows that it is composed of."""


def examples(data: Data, *, publish_rows: bool = False) -> Examples:
    """What a page may show of the training rows; with `publish_rows` the examples are some of these rows."""
    columns, signature = data.train.columns, data.signature
    made = (
        Example(kind=kind, label=label, instance=instance)
        for kind, label, rows in _groups(data)
        if len(rows) >= LEAST and (instance := _instance(data, rows, real=publish_rows)) is not None
    )
    return Examples(
        composed=not publish_rows,
        examples=tuple(made),
        histograms=histograms(columns, signature),
        categories=categories(columns, signature),
    )


def _groups(data: Data) -> Iterator[Group]:
    y_true = data.train.y_true
    if data.classes is not None:
        for code, label in enumerate(data.classes[:MOST]):
            yield "class", label, np.flatnonzero(y_true == code)
        yield "middle", None, np.arange(len(y_true))
        return
    if data.target.task != "regression":
        yield "middle", None, np.arange(len(y_true))
        return
    parts = np.array_split(np.argsort(y_true, kind="stable"), len(THIRDS))
    for kind, rows in zip(THIRDS, parts, strict=True):
        yield kind, None, np.sort(rows)


def _instance(data: Data, rows: IntArray, *, real: bool) -> Any | None:
    """An instance of these training rows, None where there is none that may be shown or that callers could send."""
    typical = _real(data.train.columns, rows, data.signature) if real else _composed(data, rows)
    if typical is None:
        return None
    return next((instance for instance, _ in valid_instances(typical, data.signature)), None)


def _real(columns: Columns, rows: IntArray, signature: Signature) -> Columns:
    group = columns.take(rows.tolist())
    return group.take([_nearest(group, typical_row(group, signature))])


def _composed(data: Data, rows: IntArray) -> Columns | None:
    """A row that is none of the table; where it happens to be one, it is composed of the others."""
    for _ in range(TRIES):
        if len(rows) < LEAST:
            return None
        group = data.train.columns.take(rows.tolist())
        typical = _without_rare_texts(group, typical_row(group, data.signature), data.signature)
        shown = _shown(data, typical)
        if shown is None:
            return typical
        rows = rows[~np.isin(rows, shown)] if np.isin(rows, shown).any() else rows[:-1]
    return None


def _shown(data: Data, row: Columns) -> IntArray | None:
    """The training rows that a row would show; None where it shows none, held-out rows included.

    Equal to `LEAST` rows it tells of none of them, and the same holds for its numbers alone."""
    for equal in (_equal_numbers, _equal):
        learned, held_out = (equal(columns, row) for columns in data.sides)
        if 0 < np.count_nonzero(learned) + np.count_nonzero(held_out) < LEAST:
            return np.flatnonzero(learned)
    return None


def _nearest(group: Columns, typical: Columns) -> int:
    """The row that differs least from the typical one, in standard deviations of each field."""
    spread = np.nanstd(np.where(np.isnan(group.matrix), typical.matrix, group.matrix), axis=0)
    apart = np.abs(group.matrix - typical.matrix) / np.where(spread > 0, spread, 1.0)
    return int(np.nan_to_num(apart, nan=0.0).sum(axis=1).argmin())


def _equal_numbers(columns: Columns, row: Columns) -> BoolArray:
    """Which rows have the numbers of a row, whatever their texts are."""
    same = (columns.matrix == row.matrix) | (np.isnan(columns.matrix) & np.isnan(row.matrix))
    equal: BoolArray = same.all(axis=1)
    return equal


def _equal(columns: Columns, row: Columns) -> BoolArray:
    """Which rows have the numbers and the texts of a row."""
    equal = _equal_numbers(columns, row)
    for place, (text,) in row.texts.items():
        equal = equal & np.array([other == text for other in columns.texts[place]], dtype=bool)
    return equal


def _without_rare_texts(group: Columns, typical: Columns, signature: Signature) -> Columns:
    """The row with made-up texts in place of those that few rows have, as such a text may name somebody."""
    texts = {place: [_common(group.texts[place], text[0])] for place, text in typical.texts.items()}
    rare = [place for place, text in texts.items() if text[0] is None and not signature.features[place].nullable]
    made_up = sample_row(signature) if rare else None
    for place in rare:
        texts[place] = [_leaf(made_up, signature.features[place].path)]
    return Columns(typical.matrix, typical.unseen, texts)


def _common(texts: Any, text: str | None) -> str | None:
    return text if Counter(texts)[text] >= LEAST else None


def _leaf(instance: Any, path: Any) -> str | None:
    for part in path:
        if instance is None:
            return None
        instance = instance[part]
    return None if instance is None else str(instance)

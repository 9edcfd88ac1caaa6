"""A typical row has the median or the most frequent value of each field."""

from __future__ import annotations

import math

import numpy as np

from twinserve.signature import Columns, Feature, FeatureType, Seen, Signature
from twinserve.signature.typical_row import typical_row

KINDS = {
    "number": FeatureType.NUMBER,
    "whole": FeatureType.INTEGER,
    "flag": FeatureType.BOOLEAN,
    "colour": FeatureType.CATEGORY,
    "day": FeatureType.DATE,
    "note": FeatureType.STRING,
    "rare": FeatureType.NUMBER,
}
SIGNATURE = Signature(
    features=tuple(
        Feature(path=(name,), type=kind, nullable=True, seen=Seen(categories=("a", "b") if name == "colour" else None))
        for name, kind in KINDS.items()
    )
)
NULL = math.nan
MATRIX = np.array(
    [
        [1.0, 1, 0, -1, 10, NULL, NULL],
        [2.0, 2, 1, -1, 20, NULL, NULL],
        [9.0, 4, 1, 1, 30, NULL, 5.0],
        [NULL, 7, NULL, -1, 40, NULL, NULL],
    ]
)
ROWS = Columns(MATRIX, {(0, 3): "x", (1, 3): "y", (3, 3): "y"}, {5: ["one", "two", "two", None]})


def test_numbers_are_lower_medians_that_a_row_has_and_the_rest_is_most_frequent() -> None:
    row = typical_row(ROWS, SIGNATURE)
    assert row.matrix[0, :5].tolist() == [2.0, 2.0, 1.0, -1.0, 20.0]
    assert row.unseen == {(0, 3): "y"}
    assert row.texts == {5: ["two"]}


def test_a_field_that_is_mostly_null_is_null() -> None:
    assert math.isnan(typical_row(ROWS, SIGNATURE).matrix[0, 6])


def test_of_a_single_row_it_is_that_row() -> None:
    one = ROWS.take([0])
    row = typical_row(one, SIGNATURE)
    np.testing.assert_array_equal(row.matrix, one.matrix)
    assert (row.unseen, row.texts) == (dict(one.unseen), one.texts)

"""A text outside the vocabulary has a code of its own where the pipeline knows it, and is unseen elsewhere."""

from __future__ import annotations

import numpy as np

from twinserve.predict.extra_categories import KEY, extra_categories_metadata, read_extra_categories, with_extra_codes
from twinserve.signature import UNSEEN, Columns

EXTRA = {1: {"none": 0.0, "blue": 1.0}}


def test_extra_categories_are_read_as_they_were_written() -> None:
    assert read_extra_categories(extra_categories_metadata(EXTRA)) == EXTRA


def test_no_extra_categories_are_no_entry() -> None:
    assert (extra_categories_metadata({}), read_extra_categories({})) == ({}, {})
    assert KEY in extra_categories_metadata(EXTRA)


def test_a_known_category_gets_its_code_in_its_own_column_only() -> None:
    matrix = np.full((3, 2), UNSEEN)
    columns = Columns(matrix, {(0, 1): "none", (1, 0): "none", (1, 1): "blue", (2, 1): "other"})
    assert with_extra_codes(columns, EXTRA).tolist() == [[-1, 0], [-1, 1], [-1, -1]]


def test_the_callers_matrix_stays_as_it_was() -> None:
    columns = Columns(np.full((1, 2), UNSEEN), {(0, 1): "blue"})
    with_extra_codes(columns, EXTRA)
    assert columns.matrix.tolist() == [[-1, -1]]
    assert with_extra_codes(columns, {}) is columns.matrix

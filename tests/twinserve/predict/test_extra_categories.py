"""A text outside the vocabulary has a code where the pipeline knows it, and is a stranger elsewhere."""

from __future__ import annotations

import numpy as np

from twinserve.predict.extra_categories import KEY, read_words, with_words, words_metadata
from twinserve.signature import UNSEEN, Columns

WORDS = {1: {"none": 0.0, "blue": 1.0}}


def test_words_are_read_as_they_were_written() -> None:
    assert read_words(words_metadata(WORDS)) == WORDS


def test_no_words_are_no_entry() -> None:
    assert (words_metadata({}), read_words({})) == ({}, {})
    assert KEY in words_metadata(WORDS)


def test_a_known_word_gets_its_code_in_its_own_column_only() -> None:
    matrix = np.full((3, 2), UNSEEN)
    columns = Columns(matrix, {(0, 1): "none", (1, 0): "none", (1, 1): "blue", (2, 1): "other"})
    assert with_words(columns, WORDS).tolist() == [[-1, 0], [-1, 1], [-1, -1]]


def test_the_callers_matrix_stays_as_it_was() -> None:
    columns = Columns(np.full((1, 2), UNSEEN), {(0, 1): "blue"})
    with_words(columns, WORDS)
    assert columns.matrix.tolist() == [[-1, -1]]
    assert with_words(columns, {}) is columns.matrix

"""Categories that a pipeline knows although no training row holds them: the constant that an imputer puts in for null,
or a category listed in an encoder's parameters.

A request may hold such a category, and the vocabulary has no code for it. The compiled graph gives it a code after
those of the vocabulary and carries these codes in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from twinserve.arrays import FloatArray
from twinserve.signature import Columns

KEY = "twinserve.words"

ExtraCategories = Mapping[int, Mapping[str, float]]
"""The code of each category, by column."""


def extra_categories_metadata(extra: ExtraCategories) -> dict[str, str]:
    """The extra categories as one metadata entry; no entry if there are none."""
    return {KEY: json.dumps(extra, sort_keys=True)} if extra else {}


def read_extra_categories(metadata: Mapping[str, str]) -> ExtraCategories:
    """The extra categories in a compiled model's metadata."""
    return {int(column): codes for column, codes in json.loads(metadata.get(KEY, "{}")).items()}


def with_extra_codes(columns: Columns, extra: ExtraCategories) -> FloatArray:
    """The matrix of the columns, each unseen text that is an extra category replaced by its code.

    A copy where anything is replaced."""
    nothing: Mapping[str, float] = {}
    codes = {cell: extra.get(cell[1], nothing).get(text) for cell, text in columns.unseen.items()}
    known = {cell: code for cell, code in codes.items() if code is not None}
    if not known:
        return columns.matrix
    matrix = columns.matrix.copy()
    for cell, code in known.items():
        matrix[cell] = code
    return matrix

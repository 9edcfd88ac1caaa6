"""Words that a pipeline knows of itself, though training saw none of them: what an imputer puts in for null, a
category that an encoder was told of.

A request may hold such a word. No code of the vocabulary stands for it, so the compiled graph has codes of its own,
behind those of the vocabulary, and carries them in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from twinserve.arrays import FloatArray
from twinserve.signature import Columns

KEY = "twinserve.words"

Words = Mapping[int, Mapping[str, float]]
"""By a column's place the code of each word."""


def words_metadata(words: Words) -> dict[str, str]:
    """The words as one metadata entry; none where there are none."""
    return {KEY: json.dumps(words, sort_keys=True)} if words else {}


def read_words(metadata: Mapping[str, str]) -> Words:
    """The words that a compiled model's metadata holds."""
    return {int(place): codes for place, codes in json.loads(metadata.get(KEY, "{}")).items()}


def with_words(columns: Columns, words: Words) -> FloatArray:
    """The columns' matrix with the words' codes where their texts are outside the vocabulary."""
    nothing: Mapping[str, float] = {}
    asked = {at: words.get(at[1], nothing).get(text) for at, text in columns.unseen.items()}
    found = {at: code for at, code in asked.items() if code is not None}
    if not found:
        return columns.matrix
    matrix = columns.matrix.copy()
    for at, code in found.items():
        matrix[at] = code
    return matrix

"""What a model reads of texts: columns and sums, nulls, categories; and what does not fit is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from twinserve.text.features import TextFeatures
from twinserve.text.stored import StoredTexts

ANALYSIS = {
    "analyzer": "word",
    "ngram_range": [1, 1],
    "token_pattern": r"\w+",
    "lowercase": True,
    "strip_accents": None,
    "stop_words": [],
}
TABLE: dict[str, Any] = {
    "field": 1,
    "analysis": ANALYSIS,
    "words": ["bad", "good", "juice"],
    "steps": [{"kind": "times", "numbers": "factors"}],
    "columns": "columns",
    "column_places": [2, 4],
    "weights": "weights",
    "sum_places": [3],
}
STORED: dict[str, Any] = {"fields": 2, "categories": {}, "refuse_null": [1], "tables": [TABLE]}
CONSTANTS = {
    "factors": np.array([1.0, 2.0, 3.0]),
    "columns": np.array([0, 2], dtype=np.int32),
    "weights": np.array([[0.5, 0.25, -1.0]]),
    "one": np.array([1], dtype=np.int32),
}
HASHED: dict[str, Any] = {**TABLE, "words": None, "buckets": 3, "steps": [], "alternate_sign": True}


def features(table: dict[str, Any] = TABLE, width: int = 5, **changes: Any) -> TextFeatures:
    """What these stored parts make."""
    return TextFeatures(StoredTexts.model_validate({**STORED, "tables": [table], **changes}), CONSTANTS, width)


def test_columns_and_sums_stand_in_their_places() -> None:
    matrix = np.array([[7.0, np.nan], [8.0, np.nan], [9.0, np.nan]])
    made = features()(matrix, {1: ["Good good juice", None, "unseen"]}, {})
    np.testing.assert_array_equal(made, [[7, 0, 0, -2, 3], [8, np.nan, 0, 0, 0], [9, 0, 0, 0, 0]])


def test_a_field_may_take_null_as_the_empty_text() -> None:
    made = features(refuse_null=[])(np.array([[7.0, np.nan]]), {1: [None]}, {})
    np.testing.assert_array_equal(made, [[7, 0, 0, 0, 0]])


def test_a_text_may_be_a_category() -> None:
    made = features(categories={1: ["a bad juice"]}, refuse_null=[])
    matrix = np.array([[0.0, 0.0], [0.0, -1.0], [0.0, np.nan]])
    np.testing.assert_array_equal(
        made(matrix, {}, {(1, 1): "GOOD"}), [[0, 0, 1, -2.5, 3], [0, -1, 0, 0.5, 0], [0, np.nan, 0, 0, 0]]
    )


def test_coefficients_may_be_those_of_few_terms() -> None:
    few = {**TABLE, "weights": "few", "terms": "one"}
    made = TextFeatures(
        StoredTexts.model_validate({**STORED, "tables": [few]}), {**CONSTANTS, "few": np.array([[4.0]])}, 5
    )
    for texts in (["good bad good"], ["good bad good", "bad"]):
        matrix = np.zeros((len(texts), 2))
        np.testing.assert_array_equal(made(matrix, {1: texts}, {})[:, 3], [16.0, 0.0][: len(texts)])


def test_hashed_tokens_of_a_column_are_added_with_their_signs() -> None:
    made = features(HASHED)(np.zeros((1, 2)), {1: ["good bad juice good"]}, {})
    assert made[0, [2, 4]].tolist() != [0.0, 0.0]


BROKEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a place twice": ({"column_places": [2, 2]}, {}),
    "a place too many": ({"column_places": [2, 9]}, {}),
    "fewer places than columns": ({"column_places": [2], "sum_places": [3]}, {}),
    "a field that is not there": ({"field": 2}, {}),
    "a null of no field": ({}, {"refuse_null": [5]}),
    "categories of no field": ({}, {"categories": {3: ["a"]}}),
    "no vocabulary": ({"words": None}, {}),
    "an empty vocabulary": ({"words": []}, {}),
    "two vocabularies": ({"buckets": 3}, {}),
    "a word twice": ({"words": ["bad", "bad", "juice"]}, {}),
    "other factors": ({"words": ["bad", "good"]}, {}),
    "factors that are columns": ({"steps": [{"kind": "times", "numbers": "columns"}]}, {}),
    "columns that are factors": ({"columns": "factors", "column_places": [2, 3, 4]}, {}),
    "a column that is not there": ({"words": ["bad", "good"], "steps": []}, {}),
    "other coefficients": ({"sum_places": [3, 5]}, {}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_parts_that_do_not_fit_are_refused(name: str) -> None:
    in_table, in_whole = BROKEN[name]
    with pytest.raises(ValueError, match=r"\."):
        features({**TABLE, **in_table}, **in_whole)


def test_a_constant_that_is_not_there_is_refused() -> None:
    with pytest.raises(LookupError):
        features({**TABLE, "weights": "other"})


@pytest.mark.parametrize(
    "change", [{"field": -1}, {"buckets": 0}, {"buckets": 2**31}, {"analysis": {}}, {"steps": [{"kind": "run"}]}]
)
def test_what_is_no_stored_text_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        features({**TABLE, **change})

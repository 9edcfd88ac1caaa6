"""Texts that the proof makes up."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.pipeline import make_pipeline

from tests.twinserve.compile.texts import SIGNATURE, reviews
from tests.twinserve.signature.made import feature, signature
from twinserve.arrays import FloatArray
from twinserve.proof import threshold_search
from twinserve.proof.decision_paths import dense
from twinserve.proof.known_categories import makes_words
from twinserve.proof.probes import probes
from twinserve.proof.text_probes import LONG, LONGEST_WORD, text_probes
from twinserve.proof.threshold_search import crossings
from twinserve.signature import Columns

REAL = ["good fruit", None, "a very bad apple", ""]
CONTRACT = signature(
    feature("note", "string", nullable=True), feature("c", "category", seen_categories=("x", "very good")), feature("a")
)


def rows() -> Columns:
    """Real rows of the contract."""
    return Columns(np.array([[np.nan, 0.0, 1.0], [np.nan, 1.0, 2.0]]), texts={0: ["good fruit", "bad apple"]})


def test_texts_are_empty_long_repeated_accented_and_of_other_scripts() -> None:
    made = text_probes(REAL)
    assert {"", "GOOD FRUIT", "good fruit good fruit good fruit"} <= {*made}
    assert "gôôd" not in made
    assert any(unicodedata.normalize("NFC", text) != text for text in made)
    scripts = {unicodedata.name(c).split()[0] for text in made for c in text if c.isalpha()}
    assert {"LATIN", "GREEK", "CYRILLIC", "CJK", "HANGUL", "ARABIC", "HEBREW", "DEVANAGARI", "THAI"} <= scripts
    assert max(len(text.split()) for text in made) >= 50
    assert max(map(len, made)) == LONGEST_WORD


def test_a_long_text_is_made_of_the_real_words() -> None:
    made = text_probes(["good fruit juice"] * LONG)
    assert max(len(text.split()) for text in made) == LONG


def test_without_a_real_text_the_others_remain() -> None:
    assert len(text_probes([])) > 30


def test_texts_and_categories_get_them_where_words_are_made() -> None:
    before, after = (probes(rows(), CONTRACT, (), 0, reads_texts=reads) for reads in (False, True))
    assert len(after) == len(before) + 1
    texts = {text for group in after for text in group.texts[0]}
    unseen = {text for group in after for (_, column), text in group.unseen.items() if column == 1}
    assert {*text_probes(["good fruit", "bad apple"])} <= texts
    assert {*text_probes(["x", "very good"])} - {"x", "very good"} <= unseen
    assert "x" not in unseen


def test_a_nullable_text_gets_a_null() -> None:
    assert any(None in group.texts[0] for group in probes(rows(), CONTRACT, (), 0))


def test_a_vectorizer_is_found_inside_a_pipeline() -> None:
    words = ColumnTransformer([("text", HashingVectorizer(), "text")])
    assert makes_words(make_pipeline(words, RandomForestClassifier()))
    assert not makes_words(make_pipeline(RandomForestClassifier()))


def test_a_table_of_a_million_columns_is_never_held_for_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    table, rng = reviews(), np.random.default_rng(0)
    parts = [("text", HashingVectorizer(n_features=2**12), "text"), ("numbers", "passthrough", ["n", "m"])]
    forest = RandomForestClassifier(5, random_state=0)
    model = make_pipeline(ColumnTransformer(parts), forest).fit(table.frame, table.labels)
    monkeypatch.setattr(threshold_search, "MOST_CELLS", 20 * 2**12)
    shapes: list[tuple[int, int]] = []

    def watched(x: Any) -> FloatArray:
        shapes.append(x.shape)
        return dense(x)

    monkeypatch.setattr(threshold_search, "dense", watched)
    found = crossings(table.columns, SIGNATURE, model, rng)
    assert found.crossed > 0
    assert max(rows for rows, _ in shapes) < 20


def test_cells_of_texts_are_replaced_by_texts_and_nulls() -> None:
    columns = Columns(np.full((3, 1), np.nan), texts={0: ["a", "b", "c"]})
    changed = columns.with_cells({(0, 0): "new", (2, 0): np.nan})
    assert changed.texts == {0: ["new", "b", None]}
    assert columns.texts == {0: ["a", "b", "c"]}
    assert not changed.unseen
    assert np.isnan(changed.matrix).all()

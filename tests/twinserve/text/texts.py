"""Texts and vectorizers that the tests of texts share."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from twinserve.proof.text_probes import text_probes

REAL = (
    "Good fruit and very good juice", "a bad apple", "", "Große Äpfel, naïve cafés!", "the juice is 100 % fruit",
    "bad bad bad", "don't eat it; it's over-ripe", "fruit\nand\tjuice  again", "ΟΔΟΣ και ΣΟΦΟΣ", "宜しく 果物 ジュース",
)  # fmt: skip
PROBES = text_probes(REAL)

WORDS = st.sampled_from(["good", "Fruit", "JUICE", "apple", "bad", "the", "and", "café", "GROSSE", "große", "a", "x1"])
GAPS = st.sampled_from([" ", "  ", "\n", ", ", "-", "'", ".", "\t \u00a0"])
WRITTEN = st.lists(st.tuples(WORDS, GAPS), max_size=12).map(lambda parts: "".join(w + gap for w, gap in parts))
TEXTS = WRITTEN | st.sampled_from(PROBES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)

ANALYSES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries({
    "analyzer": st.sampled_from(["word", "char", "char_wb"]),
    "ngram_range": st.sampled_from([(1, 1), (1, 2), (2, 2), (1, 3), (2, 4), (3, 3)]),
    "token_pattern": st.sampled_from([r"(?u)\b\w\w+\b", r"\w+", r"[^\s]+", r"(\w)\w*", r"(?i)[a-z]{2,}"]),
    "lowercase": st.booleans(),
    "strip_accents": st.sampled_from([None, "ascii", "unicode"]),
    "stop_words": st.sampled_from([None, "english", ["bad", "fruit", "a"]]),
})  # fmt: skip
"""Parameters of a vectorizer that decide how texts become tokens."""

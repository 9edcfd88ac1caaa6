"""Tokens are those of scikit-learn's own analyzers, in their order."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from hypothesis import given
from sklearn.feature_extraction.text import CountVectorizer

from tests.twinserve.text.texts import ANALYSES, PROBES, REAL, TEXTS
from twinserve.text.tokens import Analysis


def both(options: dict[str, Any], text: str) -> tuple[list[str], list[str]]:
    """Our tokens and scikit-learn's."""
    vectorizer = CountVectorizer(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Stop words that the pattern cuts.
        analyze = vectorizer.build_analyzer()
    stop = vectorizer.get_stop_words() or frozenset()
    return list(Analysis(**{**options, "stop_words": stop}).tokens()(text)), analyze(text)


@given(ANALYSES, TEXTS)
def test_every_option_gives_the_tokens_of_scikit_learn(options: dict[str, Any], text: str) -> None:
    ours, theirs = both(options, text)
    assert ours == theirs


@pytest.mark.parametrize("analyzer", ["word", "char", "char_wb"])
@pytest.mark.parametrize("strip_accents", [None, "ascii", "unicode"])
def test_texts_of_all_kinds_give_the_tokens_of_scikit_learn(analyzer: str, strip_accents: str | None) -> None:
    options: dict[str, Any] = {
        "analyzer": analyzer,
        "ngram_range": (1, 3),
        "token_pattern": r"(?u)\b\w\w+\b",
        "lowercase": True,
        "strip_accents": strip_accents,
        "stop_words": None,
    }
    for text in (*PROBES, *REAL):
        ours, theirs = both(options, text)
        assert ours == theirs


def test_a_pattern_that_is_none_is_an_error() -> None:
    analysis = Analysis(
        analyzer="word",
        ngram_range=(1, 1),
        token_pattern="(",
        lowercase=True,
        strip_accents=None,
        stop_words=frozenset(),
    )
    with pytest.raises(re.error):
        analysis.tokens()

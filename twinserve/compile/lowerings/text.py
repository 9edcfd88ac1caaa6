"""Vectorizers of texts, and the weights of their terms.

Nothing of them is in the graph: a server makes tokens of a text and adds up what the graph needs of them (`sparse.py`,
`twinserve/text/`).

Source: scikit-learn 1.9, `feature_extraction/text.py`, `feature_extraction/_hash.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.blocks import LARGEST, Block
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.limits import Limit
from twinserve.compile.refusal import refusal
from twinserve.compile.sparse import MOST_COUNTED, Terms, TermStep, term_block, whole_terms
from twinserve.text.tokens import LONGEST_NGRAM, Analysis

OWN_CODE = ("tokenizer", "preprocessor", "analyzer", "strip_accents")
"""Parameters that may be functions."""


def counts(graph: Graph, vectorizer: Any, block: Block) -> Block:
    """How often each word of the vocabulary occurs, or 1 with `binary`."""
    return term_block(graph, _counted(graph, vectorizer, block))


def tfidf(graph: Graph, vectorizer: Any, block: Block) -> Block:
    """The counts, weighted."""
    return term_block(graph, _weighted(_counted(graph, vectorizer, block), vectorizer._tfidf))


def hashed(graph: Graph, vectorizer: Any, block: Block) -> Block:
    """The counts of hashed words, with `alternate_sign` times a sign from the hash; each row over its norm."""
    if np.dtype(vectorizer.dtype) != np.float64:
        raise refusal(vectorizer, f"dtype={np.dtype(vectorizer.dtype).name} is not lowered, float64 is")
    width = int(vectorizer.n_features)
    terms = Terms(
        place=_place(graph, vectorizer, block),
        analysis=_analysis(vectorizer, ()),
        words=None,
        hashed=width,
        width=width,
        alternate_sign=bool(vectorizer.alternate_sign),
        steps=(TermStep("ones"),) if vectorizer.binary else (),
    )
    return term_block(graph, terms.then(vectorizer.norm) if vectorizer.norm is not None else terms)


def tfidf_of_counts(graph: Graph, transformer: Any, block: Block) -> Block:
    """The weights of counts that a vectorizer made."""
    terms = whole_terms(graph, block)
    if terms is None:
        raise refusal(transformer, "it is lowered behind a vectorizer of texts only")
    if transformer.sublinear_tf and terms.alternate_sign:
        raise refusal(transformer, "sublinear_tf=True has no logarithm of what alternate_sign=True makes negative")
    return term_block(graph, _weighted(terms, transformer))


def _counted(graph: Graph, vectorizer: Any, block: Block) -> Terms:
    if np.dtype(vectorizer.dtype) not in (np.float64, np.int64):
        raise refusal(vectorizer, f"dtype={np.dtype(vectorizer.dtype).name} is not lowered, float64 and int64 are")
    words = tuple(sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__))
    return Terms(
        place=_place(graph, vectorizer, block),
        analysis=_analysis(vectorizer, words),
        words=words,
        hashed=0,
        width=len(words),
        steps=(TermStep("ones"),) if vectorizer.binary else (),
        bound=1.0 if vectorizer.binary else MOST_COUNTED,
    )


def _weighted(terms: Terms, transformer: Any) -> Terms:
    """Logarithms with `sublinear_tf`, then times the inverse document frequency, then over the norm."""
    if transformer.sublinear_tf:
        terms = terms.then("logarithm")
    if hasattr(transformer, "idf_"):
        terms = terms.then("times", numbers=np.asarray(transformer.idf_, dtype=np.float64))
    return terms.then(transformer.norm) if transformer.norm is not None else terms


def _place(graph: Graph, vectorizer: Any, block: Block) -> int:
    """The column of the input that holds the text. A null in it has no answer, as scikit-learn raises on it."""
    if len(block.columns) != 1 or block.columns[0].kind not in ("text", "category") or block.tensor != "x":
        names = ", ".join(f"{column.name!r} ({column.kind})" for column in block.columns[:5])
        raise refusal(vectorizer, f"it reads {names}, and not one column of texts")
    (column,), (place,) = block.columns, block.picks
    if column.nullable and not getattr(vectorizer, "takes_null", False):
        graph.limit("x", len(graph.columns), place, Limit(-LARGEST, LARGEST, null=False))
    return place


def _analysis(vectorizer: Any, words: tuple[str, ...]) -> Analysis:
    for name in OWN_CODE:
        if callable(getattr(vectorizer, name)):
            raise refusal(vectorizer, f"{name} is a Python function of your own, which scikit-learn itself has to call")
    if vectorizer.input != "content":
        raise refusal(vectorizer, f"input={vectorizer.input!r} reads files")
    if max(vectorizer.ngram_range) > LONGEST_NGRAM:
        raise refusal(vectorizer, f"ngram_range={tuple(vectorizer.ngram_range)} is longer than {LONGEST_NGRAM}")
    stop = vectorizer.get_stop_words() or frozenset()
    if tuple(vectorizer.ngram_range) == (1, 1) and words and stop.isdisjoint(words):
        stop = frozenset()  # They are no words of the vocabulary, so nothing counts them.
    return Analysis(
        analyzer=vectorizer.analyzer,
        ngram_range=tuple(vectorizer.ngram_range),
        token_pattern=vectorizer.token_pattern,
        lowercase=bool(vectorizer.lowercase),
        strip_accents=vectorizer.strip_accents or None,
        stop_words=stop if vectorizer.analyzer == "word" else frozenset(),
    )


LOWERINGS: dict[str, Lowering] = {
    "sklearn.feature_extraction.text.CountVectorizer": counts,
    "sklearn.feature_extraction.text.TfidfVectorizer": tfidf,
    "sklearn.feature_extraction.text.HashingVectorizer": hashed,
    "sklearn.feature_extraction.text.TfidfTransformer": tfidf_of_counts,
    "twinserve.estimators.words.Words": tfidf,
}

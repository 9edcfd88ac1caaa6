"""Vectorizers of texts, with every option in wide use and every kind of model behind them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import Binarizer, FunctionTransformer, MaxAbsScaler, Normalizer, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier

from tests.twinserve.compile.texts import (
    COLUMNS,
    alone,
    asked,
    assert_same_texts,
    beside,
    by_sklearn,
    compiled,
    reviews,
)
from tests.twinserve.text.texts import ANALYSES
from twinserve.compile import Column, compile_pipeline
from twinserve.errors import CannotCompile
from twinserve.estimators.words import Words
from twinserve.proof.parity import compare
from twinserve.signature import Columns

VECTORIZERS: dict[str, Any] = {
    "counts": CountVectorizer(),
    "binary counts of doubles": CountVectorizer(binary=True, dtype=np.float64),
    "few words": CountVectorizer(max_features=9, min_df=2, max_df=0.9),
    "a given vocabulary": CountVectorizer(vocabulary=["great", "bad", "the box", "a"], ngram_range=(1, 2)),
    "tf-idf": TfidfVectorizer(),
    "tf-idf of pairs": TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode"),
    "tf-idf of characters": TfidfVectorizer(analyzer="char", ngram_range=(1, 3), norm="l1", smooth_idf=False),
    "tf-idf within words": TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), norm=None, binary=True),
    "frequencies": TfidfVectorizer(use_idf=False, stop_words="english", lowercase=False),
    "words of ours": Words(max_features=30),
    "hashes": HashingVectorizer(),
    "few hashes": HashingVectorizer(n_features=16, norm="l1", ngram_range=(1, 2)),
    "hashes without signs": HashingVectorizer(n_features=2**12, alternate_sign=False, norm=None),
    "binary hashes": HashingVectorizer(n_features=32, binary=True),
    "weighted counts": make_pipeline(CountVectorizer(), TfidfTransformer(sublinear_tf=True)),
    "weighted hashes": make_pipeline(HashingVectorizer(n_features=64, norm=None), TfidfTransformer()),
    "selected and weighted": make_pipeline(CountVectorizer(), SelectKBest(chi2, k=20), TfidfTransformer()),
    "words and characters": make_union(
        TfidfVectorizer(), CountVectorizer(analyzer="char"), FunctionTransformer(None)
    ).set_params(functiontransformer="drop"),
    "scaled": make_pipeline(CountVectorizer(), MaxAbsScaler(), StandardScaler(with_mean=False)),
    "other norms": make_pipeline(CountVectorizer(), Normalizer("l1"), Binarizer(threshold=0.1), Normalizer()),
}


@pytest.mark.parametrize("name", VECTORIZERS)
def test_a_vectorizer_before_a_linear_model(name: str) -> None:
    predictor = assert_same_texts(beside(VECTORIZERS[name], LogisticRegression()))
    assert predictor.row is not None  # It is one dot product, of the numbers and the sum of a text's coefficients.


@pytest.mark.parametrize("name", [name for name in VECTORIZERS if name != "hashes"])
def test_a_vectorizer_before_trees(name: str) -> None:
    assert_same_texts(beside(VECTORIZERS[name], DecisionTreeClassifier(max_depth=6, random_state=0)))


CLASSIFIERS: dict[str, Any] = {
    "logistic": LogisticRegression(),
    "stochastic": SGDClassifier(random_state=0),
    "margin": LinearSVC(),
    "ridge": RidgeClassifier(),
    "multinomial": MultinomialNB(),
    "complement": ComplementNB(),
    "bernoulli": BernoulliNB(),
    "bernoulli of more": BernoulliNB(binarize=0.2),
    "network": MLPClassifier(hidden_layer_sizes=(5,), max_iter=30, random_state=0),
    "forest": RandomForestClassifier(n_estimators=20, random_state=0),
    "boosting": GradientBoostingClassifier(n_estimators=10, random_state=0),
    "components": make_pipeline(TruncatedSVD(5, random_state=0), LogisticRegression()),
    "trees of components": make_pipeline(TruncatedSVD(5, random_state=0), RandomForestClassifier(10, random_state=0)),
}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_of_texts(name: str, classes: int) -> None:
    assert_same_texts(alone(TfidfVectorizer(), CLASSIFIERS[name]), rows=reviews(1, classes=classes))


REGRESSORS: dict[str, Any] = {
    "ridge": Ridge(),
    "margin": LinearSVR(),
    "network": MLPRegressor(hidden_layer_sizes=(4,), max_iter=30, random_state=0),
    "forest": ExtraTreesRegressor(n_estimators=20, random_state=0),
    "components": make_pipeline(TruncatedSVD(5, random_state=0), Ridge()),
}


@pytest.mark.parametrize("name", REGRESSORS)
def test_a_regression_of_texts_and_numbers(name: str) -> None:
    rows = reviews(2)
    target = np.array(rows.labels) + rows.columns.matrix[:, 0]
    assert_same_texts(beside(CountVectorizer(), REGRESSORS[name]), target, rows)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_table_may_be_dense_or_sparse(threshold: float) -> None:
    for head in (LogisticRegression(), RandomForestClassifier(10, random_state=0)):
        assert_same_texts(beside(TfidfVectorizer(), head, sparse_threshold=threshold))


def test_boosting_takes_a_dense_table_of_few_words() -> None:
    head = HistGradientBoostingClassifier(max_iter=20)
    assert_same_texts(beside(TfidfVectorizer(max_features=20), head, sparse_threshold=0))


def test_parts_have_weights() -> None:
    weights = {"text": 0.3, "numbers": 2.0}
    assert_same_texts(beside(TfidfVectorizer(), LogisticRegression(), transformer_weights=weights))


def test_a_scaler_of_text_and_numbers_makes_each_word_a_column() -> None:
    assert_same_texts(beside(CountVectorizer(), MaxAbsScaler(), LogisticRegression()))


def test_one_text_may_be_read_in_several_ways() -> None:
    parts = make_union(TfidfVectorizer(), HashingVectorizer(n_features=64), CountVectorizer(analyzer="char"))
    for head in (LinearSVC(), RandomForestClassifier(10, random_state=0)):
        assert_same_texts(beside(parts, head))


@settings(max_examples=30, deadline=None)
@given(ANALYSES)
def test_every_analysis_compiles(options: dict[str, Any]) -> None:
    rows = reviews(3, rows=40)
    model = alone(TfidfVectorizer(**options), LogisticRegression())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Options that another option makes useless.
        try:
            model.fit(rows.frame, rows.labels)
        except ValueError:
            return  # No word is left.
        assert compare(compiled(model), by_sklearn(model), [asked(rows)]).holds


def test_a_sum_has_the_bits_of_scipy_s_product() -> None:
    """So a tie between classes stays one."""
    rows = reviews(4)
    model = alone(TfidfVectorizer(), Ridge()).fit(rows.frame, np.array(rows.labels, dtype=float))
    tried = asked(rows)
    predictions = compiled(model).predict(tried).values
    expected = by_sklearn(model).predict(tried).values
    np.testing.assert_array_equal(predictions, expected)


def test_null_has_no_answer_but_where_it_is_the_empty_text() -> None:
    rows = reviews(5)
    nulls = rows.columns.take([0, 1, 2]).with_cells({(0, 1): np.nan, (2, 1): np.nan})
    nullable = [COLUMNS[0], Column("text", "text"), COLUMNS[2]]
    for vectorizer, refused in ((TfidfVectorizer(), 2), (Words(), 0)):
        for head in (LogisticRegression(), LinearSVC(), DecisionTreeClassifier(max_depth=3)):
            model = beside(vectorizer, head).fit(rows.frame, rows.labels)
            parity = compare(compiled(model, nullable), by_sklearn(model), [nulls])
            assert (parity.unanswered, parity.rows) == (refused, 3 - refused)
            assert parity.holds


def test_words_of_a_category_are_found_in_unseen_ones_too() -> None:
    rows = reviews(6)
    held = [text or "" for text in rows.columns.texts[1]]
    known = tuple(sorted(set(held)))
    matrix = rows.columns.matrix.copy()
    matrix[:, 1] = [known.index(text) for text in held]
    matrix[:3, 1] = -1.0
    categories = [COLUMNS[0], Column("text", "category", known), COLUMNS[2]]
    unseen = {(row, 1): text for row, text in enumerate(("great box", "nothing known", ""))}
    for head in (LogisticRegression(), RandomForestClassifier(10, random_state=0)):
        model = beside(TfidfVectorizer(), head).fit(rows.frame, rows.labels)
        texts = [*(unseen[row, 1] for row in range(3)), *held[3:]]
        ours = compiled(model, categories).predict(Columns(matrix, unseen))
        theirs = by_sklearn(model).predict(Columns(matrix, texts={1: texts}))
        np.testing.assert_array_equal(ours.labels, theirs.labels)
        assert ours.probabilities == pytest.approx(theirs.probabilities, abs=1e-12)


REFUSED: dict[str, tuple[Any, str]] = {
    "a tokenizer": (
        TfidfVectorizer(tokenizer=str.split, token_pattern=None),
        "tokenizer is a Python function of your own, which scikit-learn itself has to call",
    ),
    "a preprocessor": (CountVectorizer(preprocessor=str.upper), "preprocessor is a Python function"),
    "an analyzer": (HashingVectorizer(analyzer=str.split), "analyzer is a Python function"),
    "accents": (CountVectorizer(strip_accents=str.strip), "strip_accents is a Python function"),
    "single precision": (TfidfVectorizer(dtype=np.float32), "dtype=float32 is not lowered"),
    "short integers": (CountVectorizer(dtype=np.int8), "dtype=int8 is not lowered"),
    "hashes in single precision": (HashingVectorizer(dtype=np.float32), "dtype=float32 is not lowered"),
    "long n-grams": (CountVectorizer(ngram_range=(1, 101)), r"ngram_range=\(1, 101\) is longer than 100"),
    "logarithms of signs": (
        make_pipeline(HashingVectorizer(n_features=64, norm=None), TfidfTransformer(sublinear_tf=True, norm=None)),
        "sublinear_tf=True has no logarithm of what alternate_sign=True makes negative",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_lowered_is_refused_with_its_reason(name: str) -> None:
    vectorizer, reason = REFUSED[name]
    rows = reviews(7)
    with np.errstate(all="ignore"):
        model = alone(vectorizer).fit(rows.frame)
    with pytest.raises(CannotCompile, match=reason):
        compile_pipeline(model, COLUMNS)


def test_weights_of_numbers_are_refused() -> None:
    rows = reviews(8)
    model = make_pipeline(TfidfTransformer(), LogisticRegression())
    model.fit(np.abs(rows.columns.matrix[:, [0, 2]]), rows.labels)
    with pytest.raises(CannotCompile, match="behind a vectorizer of texts only"):
        compile_pipeline(model, [COLUMNS[0], COLUMNS[2]])


def test_a_vectorizer_reads_a_text() -> None:
    model = alone(CountVectorizer(), LogisticRegression()).fit(reviews().frame, reviews().labels)
    with pytest.raises(CannotCompile, match=r"it reads 'text' \(date\), and not one column of texts"):
        compile_pipeline(model, [COLUMNS[0], Column("text", "date"), COLUMNS[2]])

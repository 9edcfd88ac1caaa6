"""Models of texts beside numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lightgbm
import numpy as np
import xgboost
from sklearn import (
    compose,
    decomposition,
    ensemble,
    feature_selection,
    linear_model,
    naive_bayes,
    pipeline,
    preprocessing,
    svm,
)
from sklearn.feature_extraction import text

from bench.model_examples.pipelines import named
from bench.model_examples.tables import Example, Table, reviews


def of_texts() -> Iterator[Example]:
    """Classifiers and a regressor of a text and two numbers, or of a text alone."""
    table = reviews()
    of_words = Table(table.frame[["text"]], table.target)
    for vectorizer in _vectorizers():
        yield (
            f"{_named(vectorizer)} + LogisticRegression",
            _beside(vectorizer, linear_model.LogisticRegression()),
            table,
        )
    for head in _heads():
        yield f"text alone: TfidfVectorizer + {named(head)}", _alone(text.TfidfVectorizer(), head), of_words
    for head in _trees():
        yield f"TfidfVectorizer(max_features=200) + {type(head).__name__}", _beside(_few_words(), head), table
    components = decomposition.TruncatedSVD(n_components=50)
    yield (
        "TfidfVectorizer + TruncatedSVD(50) + LogisticRegression",
        _beside(pipeline.make_pipeline(text.TfidfVectorizer(), components), linear_model.LogisticRegression()),
        table,
    )
    chosen = feature_selection.SelectKBest(feature_selection.chi2, k=300)
    yield (
        "TfidfVectorizer + SelectKBest(300) + LinearSVC",
        _alone(text.TfidfVectorizer(), pipeline.make_pipeline(chosen, svm.LinearSVC())),
        of_words,
    )
    both = pipeline.make_union(text.TfidfVectorizer(), text.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)))
    yield "words and characters + LinearSVC", _alone(both, svm.LinearSVC()), of_words
    amount = Table(table.frame, table.target + table.frame["price"].to_numpy())
    yield "TfidfVectorizer + Ridge", _beside(text.TfidfVectorizer(), linear_model.Ridge()), amount
    own = text.TfidfVectorizer(tokenizer=str.split, token_pattern=None)
    yield (
        "TfidfVectorizer(tokenizer=a function) + LogisticRegression",
        _beside(own, linear_model.LogisticRegression()),
        table,
    )


def _vectorizers() -> list[Any]:
    counts = text.CountVectorizer()
    return [
        text.TfidfVectorizer(),
        text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode"),
        text.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)),
        text.TfidfVectorizer(dtype=np.float32),
        counts,
        pipeline.make_pipeline(text.CountVectorizer(stop_words="english"), text.TfidfTransformer()),
        text.HashingVectorizer(),
    ]


def _named(vectorizer: Any) -> str:
    steps = [step for _, step in getattr(vectorizer, "steps", [("", vectorizer)])]
    return " + ".join(named(step) for step in steps).replace("<class 'numpy.float32'>", "float32")


def _heads() -> list[Any]:
    return [
        linear_model.LogisticRegression(),
        linear_model.SGDClassifier(),
        svm.LinearSVC(),
        naive_bayes.MultinomialNB(),
        naive_bayes.ComplementNB(),
        naive_bayes.BernoulliNB(),
        ensemble.RandomForestClassifier(n_estimators=100),
    ]


def _trees() -> list[Any]:
    return [
        ensemble.RandomForestClassifier(n_estimators=100),
        ensemble.GradientBoostingClassifier(n_estimators=50),
        ensemble.HistGradientBoostingClassifier(max_iter=100),
        lightgbm.LGBMClassifier(n_estimators=100, verbose=-1),
        xgboost.XGBClassifier(n_estimators=100),
    ]


def _few_words() -> Any:
    return text.TfidfVectorizer(max_features=200)


def _beside(vectorizer: Any, head: Any) -> Any:
    """The numbers scaled, the text as it is; a table of few words is not sparse."""
    parts = [("numbers", preprocessing.StandardScaler(), ["stars", "price"]), ("text", vectorizer, "text")]
    few = getattr(vectorizer, "max_features", None) is not None
    return pipeline.make_pipeline(compose.ColumnTransformer(parts, sparse_threshold=0.0 if few else 0.3), head)


def _alone(vectorizer: Any, head: Any) -> Any:
    return pipeline.make_pipeline(compose.ColumnTransformer([("text", vectorizer, "text")]), head)

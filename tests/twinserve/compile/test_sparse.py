"""Of a table of terms the graph gets only what is needed of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.preprocessing import MaxAbsScaler
from xgboost import XGBClassifier

from tests.twinserve.compile.comparing import fitted
from tests.twinserve.compile.texts import COLUMNS, alone, assert_same_texts, beside, reviews
from twinserve.compile import compile_pipeline, sparse
from twinserve.errors import CannotCompile
from twinserve.graph.reader import read_graph

FIELDS = len(COLUMNS)


def width(graph: bytes) -> int:
    """The number of columns of a graph's input."""
    return read_graph(graph).inputs["x"][1]


def compiled(model: Any, classes: int = 2) -> bytes:
    """The graph of a model of reviews."""
    rows = reviews(classes=classes)
    return compile_pipeline(fitted(model, rows.frame, rows.labels), COLUMNS)


def test_a_million_hashes_are_one_column_and_few_coefficients() -> None:
    graph = compiled(alone(HashingVectorizer(), SGDClassifier(random_state=0)))
    assert width(graph) == FIELDS + 1
    assert len(graph) < 20_000


def test_classes_have_a_column_each() -> None:
    assert width(compiled(beside(TfidfVectorizer(), LogisticRegression()), classes=4)) == FIELDS + 4


def test_equal_coefficients_share_a_column_whatever_their_sign() -> None:
    one, other = LogisticRegression(), LogisticRegression()
    both = VotingClassifier([("one", one), ("other", other)])
    assert width(compiled(alone(CountVectorizer(), both))) == FIELDS + 1
    rows = reviews()
    model = alone(CountVectorizer(), LogisticRegression()).fit(rows.frame, rows.labels)
    turned = alone(CountVectorizer(), both).fit(rows.frame, rows.labels)
    turned[-1].estimators_[1].coef_ = -model[-1].coef_
    assert width(compile_pipeline(turned, COLUMNS)) == FIELDS + 1


def test_trees_read_only_the_words_that_they_compare() -> None:
    rows = reviews()
    model = alone(CountVectorizer(), RandomForestClassifier(3, max_depth=2, random_state=0))
    graph = compile_pipeline(model.fit(rows.frame, rows.labels), COLUMNS)
    compared = {c for tree in model[-1].estimators_ for c in tree.tree_.feature.tolist() if c >= 0}
    assert width(graph) == FIELDS + len(compared)


def test_too_many_columns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse, "MOST_COLUMNS", 5)
    reason = r"text: its text would be \d+ columns of a table that is not sparse, more than 5"
    with pytest.raises(CannotCompile, match=reason):
        compiled(beside(CountVectorizer(), MaxAbsScaler(), LogisticRegression()))


def test_xgboost_takes_what_a_sparse_table_lacks_for_missing() -> None:
    model = beside(CountVectorizer(), XGBClassifier(n_estimators=3))
    with pytest.raises(CannotCompile, match="with sparse_threshold=0 ColumnTransformer makes a table that is not"):
        compiled(model)
    assert_same_texts(beside(CountVectorizer(), XGBClassifier(n_estimators=3), sparse_threshold=0))


def test_lightgbm_takes_it_for_zero() -> None:
    for threshold in (0.0, 1.0):
        head = LGBMClassifier(n_estimators=5, verbose=-1)
        assert_same_texts(beside(CountVectorizer(dtype=np.float64), head, sparse_threshold=threshold))

"""What becomes of each class of scikit-learn is counted, by the reason."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

pytest.importorskip("lightgbm", reason="the extra `boosters` is not installed")

from bench.classes import COMPILED, NO_MODEL, SERVED, Found, found, section
from bench.made_rows import made_rows
from bench.many_rows import asked
from bench.model_examples.every_class import classifiers, regressors, transformers
from bench.model_examples.tables import Table, numbers

IRIS = numbers(datasets.load_iris)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_every_class_has_an_example() -> None:
    for kind, least in ((classifiers, 40), (regressors, 50), (transformers, 150)):
        names = [name for name, _, _ in kind()]
        assert len(set(names)) == len(names) >= least


def test_what_becomes_of_a_class() -> None:
    assert found("classifiers", "L", LogisticRegression(max_iter=1000), IRIS) == Found("classifiers", "L", COMPILED)
    served = found("classifiers", "K", KNeighborsClassifier(), IRIS)
    assert (served.outcome, served.is_pickle) == (SERVED, False)
    assert "order of scikit-learn's search" in served.reason
    none = found("classifiers", "L", LogisticRegression(), Table(IRIS.frame.assign(x0="word"), IRIS.target))
    assert none.outcome == NO_MODEL


def test_the_section_has_each_reason_once_and_each_class_once() -> None:
    text = section(
        [
            Found("classifiers", "A", COMPILED),
            Found("classifiers", "B", SERVED, "sklearn.B: of no use"),
            Found("transformers", "C + One", SERVED, "sklearn.C: of no use", is_pickle=True),
            Found("transformers", "C + Two", SERVED, "sklearn.C: of no use", is_pickle=True),
            Found("transformers", "D + One", COMPILED),
            Found("transformers", "D + Two", SERVED, "sklearn.D: of no use"),
        ]
    )
    assert "| classifiers | 2 | 1 (50%) | 1 | 0 |" in text
    assert "- B, D + Two: of no use\n" in text
    assert "- C: of no use (pickle)\n" in text


def test_other_rows_are_asked_and_none_differs() -> None:
    one = asked("logistic", LogisticRegression(max_iter=1000), IRIS, 200)
    assert one is not None
    assert one.parity.rows > 150
    assert (one.parity.label_flips, one.parity.answered_by_one) == (0, 0)
    assert asked("neighbours", KNeighborsClassifier(), IRIS, 200) is None
    assert callable(made_rows)
    assert np.isfinite(one.parity.largest_difference)

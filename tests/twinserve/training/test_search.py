"""A search keeps its budget, never makes a candidate worse, and is reproducible."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.predict.targets.one_label import OneLabel
from twinserve.training import search as searching
from twinserve.training.cross_validation import FoldedRows, cross_validate
from twinserve.training.search import Candidate, search


def folded() -> FoldedRows:
    """Two noisy classes."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(80, 4)), columns=list("abcd"))
    y_true = np.where(frame["a"] + rng.normal(size=80) > 0, 1.0, 0.0)
    target = np.array(["no", "yes"], dtype=object)[y_true.astype(int)]
    return FoldedRows(frame, target, y_true, OneLabel(("no", "yes")), list(KFold(3).split(frame)), "log_loss")


def candidate(pipeline: Any, given: FoldedRows) -> Candidate:
    cv = cross_validate(pipeline, given)
    assert cv is not None
    return Candidate(pipeline, cv, 1)


def test_a_candidate_never_gets_worse_and_the_budget_holds() -> None:
    given = folded()
    linear = candidate(make_pipeline(StandardScaler(), LogisticRegression(C=1e4)), given)
    started = time.monotonic()
    best = search({"linear": linear}, given, seed=0, budget=1.5, progress=lambda _: None)
    assert time.monotonic() - started < 5
    assert best["linear"].tried > 1
    assert best["linear"].cv.mean < linear.cv.mean


def test_an_estimator_without_a_space_keeps_its_parameters() -> None:
    given = folded()
    bayes = candidate(GaussianNB(), given)
    assert search({"bayes": bayes}, given, seed=0, budget=60, progress=lambda _: None)["bayes"].tried == 1


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), Ridge(), RandomForestRegressor(), HistGradientBoostingClassifier()], ids=repr
)
def test_every_space_names_parameters_of_its_estimator(estimator: Any) -> None:
    draw = next(searching._draws(make_pipeline(StandardScaler(), estimator), seed=3))
    assert draw == next(searching._draws(make_pipeline(StandardScaler(), estimator), seed=3))
    make_pipeline(StandardScaler(), estimator).set_params(**draw)
    assert len(draw) >= 1

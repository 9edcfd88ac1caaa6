"""A pipeline whose answer for a row depends on the rows beside it is found, and requests are never joined for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import NMF
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from tests.twinserve.signature.made import feature, signature
from twinserve.errors import CannotCompile
from twinserve.predict.targets.made import one_target
from twinserve.proof import batch_invariance
from twinserve.proof.prove import prove
from twinserve.release.from_estimator import package
from twinserve.service.inference.models.opening import open_model_version
from twinserve.service.inference.question import Question
from twinserve.service.protocols.dialect import NOTHING
from twinserve.service.telemetry.metrics import Metrics
from twinserve.signature.frames import from_frame
from twinserve.store.artifact import read_manifest
from twinserve.store.manifest import BatchInvariance, PredictorFacts
from twinserve.store.registry import Registry
from twinserve.testing.fakes import settings_of

pytestmark = pytest.mark.long

NAMES = "abcd"
CONTRACT = signature(*(feature(name) for name in NAMES))
BY_ITSELF = PredictorFacts(kind="scikit-learn", reason="")


def table() -> tuple[pd.DataFrame, Any]:
    """Four numbers and a label that needs more than one of them."""
    rows = pd.DataFrame(np.random.default_rng(0).random((300, 4)), columns=list(NAMES))
    return rows, np.where(rows.a + rows.b * rows.c > 1, "yes", "no")


def facts(model: Any, y: Any, classes: tuple[str, ...] | None = ("no", "yes")) -> PredictorFacts:
    """What the proof says of a pipeline that is not compiled."""
    rows = table()[0]
    sides = [from_frame(rows[:200], CONTRACT), from_frame(rows[200:], CONTRACT)]
    return prove(model.fit(rows, y), CannotCompile("asked for"), CONTRACT, one_target(classes), sides, 0).facts


class MostLikeTheOthers(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types.
    """Has labels only, which depend on the mean of the rows asked for."""

    def fit(self, _rows: Any, y: Any) -> MostLikeTheOthers:
        """Learn nothing but the labels."""
        self.classes_ = np.unique(y)
        return self

    def predict(self, rows: Any) -> Any:
        """Whether a row is above the mean."""
        first = np.asarray(rows)[:, 0]
        return self.classes_[(first > first.mean()).astype(int)]


class MostLikeManyOthers(MostLikeTheOthers):
    """The same, but only in a large batch, as where a library works in blocks."""

    def __init__(self, rows: int = 256) -> None:
        self.rows = rows

    def predict(self, rows: Any) -> Any:
        """Whether a row is above a half, or above the mean of many."""
        first = np.asarray(rows)[:, 0]
        middle = first.mean() if len(rows) >= self.rows else 0.5
        return self.classes_[(first > middle).astype(int)]


class Failing(MostLikeTheOthers):
    """Raises what no pipeline should."""

    def predict(self, _rows: Any) -> Any:
        """Nothing."""
        raise SystemError


def features_of_nmf() -> Any:
    """A pipeline whose features depend on the batch_invariance."""
    return make_pipeline(NMF(3, max_iter=300, random_state=0), LogisticRegression(C=1e4))


@pytest.mark.parametrize("make", [features_of_nmf, MostLikeTheOthers, MostLikeManyOthers])
def test_rows_that_change_each_other_are_found(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among all rows that are asked where time does not matter."""
    monkeypatch.setattr(batch_invariance, "SECONDS", 600.0)
    found = facts(make(), table()[1])
    assert found.batch_invariance is not None
    assert (found.joins, found.batch_invariance.holds, found.batch_invariance.rows >= 100) == (False, False, True)
    assert max(found.batch_invariance.label_flips, found.batch_invariance.largest_difference) > 1e-9
    assert "Its answer for a row depends on the rows beside it (" in found.reason
    assert found.reason.endswith("so requests are never joined.")


@pytest.mark.parametrize("model", [KNeighborsClassifier(), RandomForestClassifier(20, random_state=0)])
def test_rows_that_do_not_are_joined(model: Any) -> None:
    found = facts(model, table()[1])
    assert found.batch_invariance is not None
    assert (found.joins, found.batch_invariance.label_flips) == (True, 0)
    assert found.batch_invariance.largest_difference <= 1e-9
    assert "joined" not in found.reason


def test_a_regression_is_asked_too() -> None:
    found = facts(KNeighborsRegressor(), table()[0].a * 1e6, None)
    assert found.batch_invariance is not None
    assert found.joins


def test_what_cannot_be_asked_is_not_joined() -> None:
    found = facts(Failing(), table()[1])
    assert found.batch_invariance is not None
    assert (found.joins, found.batch_invariance.rows) == (False, 0)


@pytest.mark.parametrize(
    ("batch_invariance", "joins"),
    [
        (None, True),
        (BatchInvariance(rows=9, label_flips=0, answered_by_one=0, largest_difference=1e-9), True),
        (BatchInvariance(rows=9, label_flips=0, answered_by_one=0, largest_difference=2e-9), False),
        (BatchInvariance(rows=9, label_flips=1, answered_by_one=0, largest_difference=0.0), False),
        (BatchInvariance(rows=9, label_flips=0, answered_by_one=1, largest_difference=0.0), False),
    ],
)
def test_what_was_measured_decides(batch_invariance: BatchInvariance | None, joins: bool) -> None:
    """An older version, for which nothing was measured, is joined as before."""
    assert BY_ITSELF.model_copy(update={"batch_invariance": batch_invariance}).joins is joins
    assert not PredictorFacts(kind="compiled", reason="", batch_invariance=batch_invariance).joins


@pytest.mark.parametrize(("make", "joins"), [(features_of_nmf, False), (KNeighborsClassifier, True)])
def test_a_server_never_joins_them(make: Any, joins: bool, tmp_path: Path) -> None:
    rows, y = table()
    version = package(make().fit(rows, y), rows, y, name="rows", artifacts=tmp_path)
    registry = Registry(tmp_path, "rows")
    opened = open_model_version(
        registry, version, settings_of(artifacts=tmp_path, model="rows", trust_pickles=True), Metrics()
    )
    asked: Any = Question(b"{}", NOTHING, None, "", None)  # type: ignore[arg-type]  # The codec is not looked at.
    described = json.loads(opened.description.body)["predictor"]
    if described["kind"] == "compiled":
        pytest.skip("it is compiled now, so another estimator is needed here")
    assert opened.joins(asked) is joins
    assert ("never joined" in described["reason"]) is not joins
    assert ("never joined" in (registry.path(version) / "card.md").read_text()) is not joins
    assert read_manifest(registry.path(version)).predictor.joins is joins

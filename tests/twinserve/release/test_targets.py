"""Estimators of several targets, of quantiles, and anomaly detectors become versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import HistGradientBoostingRegressor, IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, RegressorChain
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, LocalOutlierFactor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from twinserve.errors import AskedWrongly, CannotPackage
from twinserve.estimators.quantiles import Quantiles
from twinserve.inprocess.model import Model
from twinserve.inprocess.opening import open_model
from twinserve.release.from_estimator import held_out, package
from twinserve.store.artifact import CARD

pytestmark = pytest.mark.long

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(150, 3)), columns=["a", "b.c", "b.d"])
VALUES = pd.DataFrame(X.to_numpy() @ RNG.normal(size=(3, 2)) + RNG.normal(size=(150, 2)), columns=["height", "width"])
TEXTS = pd.DataFrame(
    {"x": np.where(VALUES.height > 0, "yes", "no"), "y": np.select([VALUES.width > 1, VALUES.width > 0], [3, 2], 1)}
).astype({"x": object})
FLAGS = (VALUES > 0).astype(int)
ROW = {"a": 0.1, "b": {"c": 0.2, "d": 0.3}}


def packaged(estimator: Any, y: Any, folder: Path, **more: Any) -> Model:
    """The version, opened again."""
    version = package(estimator, more.pop("X", X), y, name="own", artifacts=folder, **more)
    return open_model(folder, "own", version=version)


@pytest.mark.parametrize(
    "estimator",
    [
        LinearRegression(),
        make_pipeline(StandardScaler(), RegressorChain(LinearRegression())),
        KNeighborsRegressor(),
    ],
    ids=["linear", "chain in a pipeline", "neighbours"],
)
def test_several_values(estimator: Any, tmp_path: Path) -> None:
    """Named by the columns of y, equal to the estimator's own; metrics, a card and golden rows as of any version."""
    model = packaged(estimator.fit(X, VALUES), VALUES, tmp_path)
    facts = model.manifest
    assert (facts.task, facts.targets, facts.metric) == ("multi-output", {"height": None, "width": None}, "mean_r2")
    assert {"mean_r2", "mean_rmse", "mean_mae"} == {*facts.metrics, *facts.baseline} == {*facts.intervals}
    answer = model.predict(ROW)
    expected = estimator.predict(pd.DataFrame([[0.1, 0.2, 0.3]], columns=X.columns))[0]
    assert answer["values"] == pytest.approx(dict(zip(VALUES, expected, strict=True)))
    table = model.predict(X[:3])
    assert [*table.columns] == ["values.height", "values.width", "warnings"]
    with pytest.raises(AskedWrongly, match="no explanation"):
        model.explain(ROW)
    with pytest.raises(AskedWrongly, match="no intervals"):
        model.predict(ROW, coverage=0.9)


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(5, random_state=0),
        MultiOutputClassifier(LogisticRegression()),
        KNeighborsClassifier(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_several_labels(estimator: Any, tmp_path: Path) -> None:
    """Of texts and of numbers, each with the probability of each of its classes."""
    model = packaged(estimator.fit(X, TEXTS.astype({"y": str})), TEXTS.astype({"y": str}), tmp_path)
    assert model.manifest.targets == {"x": ("no", "yes"), "y": ("1", "2", "3")}
    assert model.manifest.metric == "mean_log_loss"
    answer, frame = model.predict(ROW), pd.DataFrame([[0.1, 0.2, 0.3]], columns=X.columns)
    assert [*answer["labels"].values()] == estimator.predict(frame)[0].tolist()
    for likely, expected in zip(answer["probabilities"].values(), estimator.predict_proba(frame), strict=True):
        assert [*likely.values()] == pytest.approx(expected[0].tolist())


@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier(hidden_layer_sizes=(5,), max_iter=10, random_state=0),
        ClassifierChain(LogisticRegression()),
        RidgeClassifier(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_flags(estimator: Any, tmp_path: Path) -> None:
    """Columns of 0 and 1, each of which may hold."""
    model = packaged(estimator.fit(X, FLAGS), FLAGS.to_numpy(), tmp_path, targets=["tall", "wide"])
    assert model.manifest.targets == {"tall": ("0", "1"), "wide": ("0", "1")}
    answer, frame = model.predict(ROW), pd.DataFrame([[0.1, 0.2, 0.3]], columns=X.columns)
    assert [*answer["labels"].values()] == [f"{flag:.0f}" for flag in estimator.predict(frame)[0]]
    if not hasattr(estimator, "predict_proba"):
        assert answer["probabilities"] is None
        assert model.manifest.metric == "mean_accuracy"
        return
    second = [likely["1"] for likely in answer["probabilities"].values()]
    assert second == pytest.approx(estimator.predict_proba(frame)[0].tolist())


@pytest.mark.parametrize(
    "estimator",
    [
        IsolationForest(n_estimators=10, random_state=0),
        make_pipeline(StandardScaler(), OneClassSVM()),
        EllipticEnvelope(random_state=0),
        LocalOutlierFactor(novelty=True),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
@pytest.mark.parametrize("known", [None, "numbers", "texts"])
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")  # LocalOutlierFactor's own.
def test_anomaly_detectors(estimator: Any, known: str | None, tmp_path: Path) -> None:
    """The label and the score are the estimator's own; what is measured depends on what is known of the rows."""
    estimator.fit(X)
    truth = np.where(np.abs(X["a"]) > 1.5, -1, 1)
    y = {None: None, "numbers": truth, "texts": np.where(truth < 0, "outlier", "inlier")}[known]
    model = packaged(estimator, y, tmp_path)
    facts = model.manifest
    assert (facts.task, facts.metric) == ("anomaly", "outlier_share")
    assert len(facts.metrics) == (1 if known is None else 4)
    frame = pd.DataFrame([[0.1, 0.2, 0.3]], columns=X.columns)
    answer = model.predict(ROW)
    assert answer["label"] == {1: "inlier", -1: "outlier"}[int(estimator.predict(frame)[0])]
    assert answer["score"] == pytest.approx(float(estimator.decision_function(frame)[0]))
    why = model.explain(ROW)["explanation"]
    assert why["of"] == "decision"
    assert why["output"] == pytest.approx(answer["score"])
    assert facts.predictor.kind == ("scikit-learn" if isinstance(estimator, LocalOutlierFactor) else "compiled")


def boosted(level: float) -> Any:
    return HistGradientBoostingRegressor(loss="quantile", quantile=level, max_iter=5)


def test_quantiles(tmp_path: Path) -> None:
    """One regressor of them, or one for each by its level: the same answers, with intervals around the middle one."""
    target = VALUES["height"]
    one = packaged(Quantiles(boosted(0.5)).fit(X, target), target, tmp_path / "one")
    each = packaged({level: boosted(level).fit(X, target) for level in (0.9, 0.1, 0.5)}, target, tmp_path / "each")
    facts = one.manifest
    assert (facts.task, facts.quantiles, facts.metric) == ("regression", (0.1, 0.5, 0.9), "pinball")
    assert facts.predictor.kind == "compiled"
    answer = one.predict(ROW, coverage=0.8)
    assert [*answer] == ["model", "version", "value", "quantiles", "interval", "warnings"]
    assert [*answer["quantiles"]] == ["0.1", "0.9"]
    assert {**one.predict(ROW)} == {**each.predict(ROW)}
    assert one.explain(ROW)["explanation"]["output"] == pytest.approx(answer["value"])


@pytest.mark.parametrize("estimator", [LinearRegression().fit(X, VALUES), RidgeClassifier().fit(X, FLAGS)], ids=str)
def test_without_rows_targets_have_names_all_the_same(estimator: Any, tmp_path: Path) -> None:
    """The given ones, or `y0`, `y1`."""
    given = packaged(estimator, None, tmp_path / "given", X=None, targets=["first", "second"])
    plain = packaged(estimator, None, tmp_path / "plain", X=None)
    assert [*given.manifest.targets] == ["first", "second"]
    assert [*plain.manifest.targets] == ["y0", "y1"]


def test_the_card_tells_of_every_target(tmp_path: Path) -> None:
    """A table and figures for each."""
    version = package(LinearRegression().fit(X, VALUES), X, VALUES, name="own", artifacts=tmp_path)
    folder = tmp_path / "own" / str(version)
    card = (folder / CARD).read_text()
    assert "Multi-output: height, width." in card
    assert "height: Predicted against actual" in card
    assert (folder / "figures" / "residuals-2.svg").exists()


REFUSED = {
    "names": (LinearRegression().fit(X, VALUES), VALUES, ["a"], "It predicts 2 targets, and there are 1 names"),
    "same names": (LinearRegression().fit(X, VALUES), VALUES, ["a", "a"], "Two of its targets have the same name"),
    "columns": (LinearRegression().fit(X, VALUES), VALUES["height"], None, "It predicts 2 targets, and y has 1 col"),
    "null": (LinearRegression().fit(X, VALUES), VALUES.mask(VALUES > 2), None, "y is missing in "),
    "labels": (RidgeClassifier().fit(X, FLAGS), FLAGS + 5, None, "y holds '5', and the estimator knows 0, 1 only"),
    "truth": (IsolationForest(n_estimators=3).fit(X), ["odd"] * 150, None, "y holds 'odd'; of an anomaly detector"),
    "rows": (IsolationForest(n_estimators=3).fit(X), [1] * 9, None, "X has 150 rows and y has 9"),
    "novelty": (LocalOutlierFactor().fit(X), None, None, "has no predict.*fit it with novelty=True"),
    "even": ({0.1: boosted(0.1).fit(X, VALUES["width"]), 0.9: boosted(0.9).fit(X, VALUES["width"])},
             VALUES["width"], None, "It predicts 2 quantiles; give an odd number"),
    "level": ({1: boosted(0.1).fit(X, VALUES["width"])}, VALUES["width"], None, "numbers between 0 and 1"),
    "no y": (LinearRegression().fit(X, VALUES["width"]), None, None, "X and y belong together"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(case: str, tmp_path: Path) -> None:
    """In one sentence, before anything is written."""
    estimator, y, targets, told = REFUSED[case]
    with pytest.raises(CannotPackage, match=told):
        package(estimator, X, y, name="own", artifacts=tmp_path, targets=targets)
    assert not (tmp_path / "own").exists() or not list((tmp_path / "own").glob("[0-9]*"))


@pytest.mark.parametrize(("metric", "told"), [("rmse", "is no metric"), ("mean_log_loss", "is no metric")])
def test_a_metric_of_another_kind_is_refused(metric: str, told: str, tmp_path: Path) -> None:
    with pytest.raises((CannotPackage, AskedWrongly), match=told):
        package(LinearRegression().fit(X, VALUES), X, VALUES, name="own", artifacts=tmp_path, metric=metric)


def test_rows_may_be_held_out_of_several_targets() -> None:
    """A fifth of them, as of values."""
    assert held_out(X, VALUES).sum() == 30

"""Recipes whose target has several columns, has quantiles, or is not known: trained, judged, promoted, refitted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel
from sklearn.ensemble import HistGradientBoostingRegressor, IsolationForest, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.errors import AskedWrongly, CannotTrain
from twinserve.estimators.quantiles import Quantiles
from twinserve.inprocess.opening import open_model
from twinserve.metric import Task
from twinserve.recipes import Recipe, Table
from twinserve.release.steps import Choices, Steps, Trained, train
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.long]


class Row(BaseModel):
    """Two numbers."""

    a: float
    b: float


RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(200, 2)), columns=["a", "b"])
VALUES = pd.DataFrame({"height": X["a"] + RNG.normal(size=200) / 3, "width": 3 * X["b"] + RNG.normal(size=200) / 3})
LABELS = pd.DataFrame(
    {"x": np.where(VALUES["height"] > 0, "yes", "no"), "y": np.where(VALUES["width"] > 1, "hi", "lo")}, dtype=object
)
FLAGS = (VALUES > 0).astype(int).astype(str)
TRUTH = pd.Series(np.where(X["a"].abs() > 1.5, "outlier", "inlier"))
FOREST = IsolationForest(n_estimators=10, random_state=0)
BOOSTED = HistGradientBoostingRegressor(loss="quantile", quantile=0.5, max_iter=5)


def trained(
    folder: Path, task: Task, target: Any, candidates: Mapping[str, Any], metric: str, *, refit: bool = False
) -> Trained:
    """A training of a recipe with this target."""
    recipe = Recipe(
        name="own",
        task=task,
        input=Row,
        load=lambda: Table(X, target, "made"),
        candidates=lambda _seed: candidates,
        metric=metric,
        intended_use="Tests.",
        refit=refit,
    )
    return train(Steps(recipe, Registry(folder, "own"), Choices()))


CASES: dict[str, tuple[Task, Any, dict[str, Any], str]] = {
    "values": ("multi-output", VALUES, {"ridge": make_pipeline(StandardScaler(), Ridge())}, "mean_r2"),
    "labels": (
        "multi-output",
        LABELS,
        {"forest": RandomForestClassifier(5, random_state=0), "linear": MultiOutputClassifier(LogisticRegression())},
        "mean_log_loss",
    ),
    "flags": (
        "multi-output",
        FLAGS,
        {
            "net": MLPClassifier(hidden_layer_sizes=(3,), max_iter=400, random_state=0),
            "chain": ClassifierChain(LogisticRegression()),
        },
        "exact_match",
    ),
    "unknown": ("anomaly", None, {"forest": FOREST}, "outlier_share"),
    "known": (
        "anomaly",
        TRUTH,
        {"forest": FOREST, "scaled": make_pipeline(StandardScaler(), FOREST)},
        "outlier_roc_auc",
    ),
    "quantiles": (
        "regression",
        VALUES["height"],
        {"boosted": make_pipeline(StandardScaler(), Quantiles(BOOSTED))},
        "pinball",
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_recipe_of_the_task_is_trained_and_promoted(case: str, tmp_path: Path) -> None:
    """Compiled, measured, and the champion; fitted on all rows it is compared with that by its twin."""
    first, again = (trained(tmp_path, *CASES[case], refit=refit) for refit in (False, True))
    task, _, candidates, metric = CASES[case]
    for done in (first, again):
        facts = done.manifest
        assert (facts.task, facts.metric, facts.predictor.kind) == (task, metric, "compiled")
        assert {*done.fitted.scores} == {*candidates}
        assert metric in facts.metrics
        assert done.outcome.promoted, done.outcome.verdict.reason
    answer = open_model(tmp_path, "own").predict({"a": 0.1, "b": 0.2})
    expected = {"values": "values", "labels": "labels", "flags": "labels", "quantiles": "quantiles"}.get(case, "score")
    assert expected in answer


@pytest.mark.parametrize(
    ("case", "changes", "error", "told"),
    [
        ("values", {"metric": "mean_accuracy"}, AskedWrongly, "mean_accuracy is of several labels"),
        ("labels", {"metric": "mean_r2"}, AskedWrongly, "mean_r2 is of several values"),
        ("unknown", {"metric": "outlier_roc_auc"}, AskedWrongly, "needs a target that says which rows are outliers"),
        ("values", {"target": VALUES["height"]}, CannotTrain, "The target of a multi-output is a DataFrame"),
        ("quantiles", {"target": VALUES}, CannotTrain, "The target of a multi-output is a DataFrame"),
        ("quantiles", {"target": None}, CannotTrain, "The table has no target, and a regression needs one"),
        ("known", {"target": pd.Series(["odd"] * 200)}, CannotTrain, "200 rows say otherwise"),
        ("values", {"target": VALUES[:9]}, CannotTrain, "The table has 200 rows and the target 9"),
        ("labels", {"target": LABELS.assign(y="lo")}, CannotTrain, "The target has one class only"),
        ("values", {"target": VALUES.mask(VALUES > 1)}, CannotTrain, "The target is missing or infinite in "),
    ],
)
def test_a_target_that_does_not_fit_is_told(
    case: str, changes: dict[str, Any], error: type[Exception], told: str, tmp_path: Path
) -> None:
    """Before anything is fitted."""
    task, target, candidates, metric = CASES[case]
    given = {"target": target, "metric": metric, **changes}
    with pytest.raises(error, match=told):
        trained(tmp_path, task, given["target"], candidates, given["metric"])


def test_quantiles_beside_a_value_break_no_caller(tmp_path: Path) -> None:
    """A reply that only gets more members; fewer, or other targets, are a breaking change."""
    target = VALUES["height"]
    trained(tmp_path, "regression", target, {"ridge": Ridge(alpha=1e6)}, "rmse")
    more = trained(tmp_path, "regression", target, {"boosted": Quantiles(BOOSTED)}, "rmse")
    assert more.outcome.promoted, more.outcome.verdict.reason
    fewer = trained(tmp_path, "regression", target, {"ridge": Ridge()}, "rmse")
    assert not fewer.outcome.promoted
    assert "regression (0.1, 0.5, 0.9) became regression" in fewer.outcome.verdict.reason

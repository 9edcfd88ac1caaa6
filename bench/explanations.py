"""The time of exact explanations in process, beside shap's own in the same run: `python -m bench.explanations`.

Medians of many calls, taken in turns. shap, a development dependency, computes the same values of the fitted
model in C.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import twinserve
from twinserve.signature import Columns
from twinserve.store.artifact import NO_TRUST, LoadedArtifact, open_version
from twinserve.store.registry import Registry

ROUNDS: Final = 301
MODELS: Final[Mapping[str, Callable[[], Any]]] = {
    "linear": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "100 boosted trees of depth 3": lambda: GradientBoostingClassifier(random_state=0),
    "a forest of 200 trees": lambda: RandomForestClassifier(200, random_state=0),
}


def main() -> None:
    """Print the times in microseconds."""
    print(f"{'':30} {'predict':>9} {'explain':>9} {'shap':>9} {'ratio':>7} {'1 of 1,000':>11} {'first':>9}")  # noqa: T201
    for name, make in MODELS.items():
        print(f"{name:30} {measured(make())}")  # noqa: T201  # The result.


def measured(model: Any) -> str:
    """The line of one model."""
    x, y = load_breast_cancer(return_X_y=True, as_frame=True)
    model.fit(x, y)
    with tempfile.TemporaryDirectory() as folder:
        twinserve.package(model, x, y, name="measured", artifacts=folder)
        artifact = open_version(Registry(Path(folder), "measured").path(1), NO_TRUST)
    rows = x.to_numpy()
    one, many = Columns(rows[:1].copy()), Columns(np.resize(rows, (1000, rows.shape[1])))
    begun = time.perf_counter()
    explained(artifact, one)
    first = time.perf_counter() - begun
    calls: dict[str, Callable[[], object]] = {
        "predict": lambda: artifact.predictor.predict(one),
        "explain": lambda: explained(artifact, one),
        "shap": tree_shap(model, rows[:1]),
    }
    times = in_turns(calls)
    batch = in_turns({"batch": lambda: explained(artifact, many)}, 9)["batch"]
    ratio = times["shap"] / times["explain"]
    alone = "".join(f"{times[name]:9.1f} " for name in calls)
    return f"{alone}{ratio:6.1f}x {batch / 1000:11.1f} {first * 1e6:9.0f}"


def explained(artifact: LoadedArtifact, columns: Columns) -> object:
    """The values of these rows, each for the second class."""
    if artifact.explainer is None:
        raise TypeError("The version has no explainer.")
    return artifact.explainer.explain(columns, [1] * len(columns))


def tree_shap(model: Any, row: Any) -> Callable[[], object]:
    """shap's own call for a row; nothing for a linear model, which shap explains in another way."""
    if not hasattr(model, "estimators_"):
        return lambda: None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap  # type: ignore[import-untyped]  # It ships no types.

        explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    return lambda: explainer.shap_values(row)


def in_turns(calls: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median microseconds of each call, each called once a round."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            begun = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(spent) * 1e6 for name, spent in times.items()}


if __name__ == "__main__":
    main()

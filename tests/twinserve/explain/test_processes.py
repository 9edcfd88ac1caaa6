"""Explanations in fresh processes: what they load, and that a sampled one is the same in each."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import twinserve
from harness import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.long]

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({"a": RNG.normal(size=200), "b": RNG.normal(size=200), "c": RNG.choice(list("uvw"), 200)})
LABELS = np.where(FRAME["a"] * FRAME["b"] + (FRAME["c"] == "u") > 0.3, "yes", "no")
INSTANCE = {"a": 0.5, "b": -1.25, "c": "v"}
HEAVY = {"sklearn", "pandas", "scipy", "shap", "numba", "onnx", "joblib", "matplotlib"}
PROGRAM = """
import json, sys
from twinserve import open_model
model = open_model(sys.argv[1], version=1)
other = {"a": 2.0, "b": 0.0, "c": "w"}
instance = json.loads(sys.argv[2])
instances = [other, instance] if sys.argv[3] == "last" else [instance, other]
found = model.explain(instances)["predictions"][-1 if sys.argv[3] == "last" else 0]["explanation"]
print(json.dumps([found, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def packaged(model: Any, folder: Path) -> Path:
    """The store of a version of this model behind an encoder."""
    numeric = make_pipeline(SimpleImputer(), StandardScaler())
    encoder = make_column_transformer((numeric, ["a", "b"]), (OneHotEncoder(handle_unknown="ignore"), ["c"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline = make_pipeline(encoder, model).fit(FRAME, LABELS)
        twinserve.package(pipeline, FRAME, LABELS, name="explained", artifacts=folder)
    return folder


def explained(folder: Path, place: str = "first", seed: str = "0") -> tuple[dict[str, Any], set[str]]:
    """An explanation, and what a fresh process has loaded for it."""
    arguments = [str(folder), json.dumps(INSTANCE), place]
    environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found, modules = json.loads(done.stdout)
    return found, set(modules)


@pytest.mark.parametrize(
    ("model", "method"),
    [
        (LogisticRegression(), "shapley-linear"),
        (RandomForestClassifier(5, max_depth=4, random_state=0), "shapley-trees"),
        (MLPClassifier((4,), random_state=0), "shapley-sampled"),
    ],
    ids=["linear", "trees", "sampled"],
)
def test_explaining_loads_nothing_that_training_needs(model: Any, method: str, tmp_path: Path) -> None:
    found, modules = explained(packaged(model, tmp_path))
    assert found["method"] == method
    assert modules & HEAVY == set()


def test_a_sampled_explanation_is_the_same_in_each_process_and_at_each_place_of_a_batch(tmp_path: Path) -> None:
    folder = packaged(MLPClassifier((4,), random_state=0), tmp_path)
    one, other = explained(folder)[0], explained(folder, "last", "1")[0]
    assert one == other
    assert all(item["error"] > 0 for item in one["contributions"])

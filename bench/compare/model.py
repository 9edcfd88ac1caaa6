"""The model of the comparison: one fitted pipeline, which all variants load and the doors have in a store."""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.compare.apps.register import register
from bench.compare.slow_step import Computing, Waiting
from bench.prepared import OUT, ROOT, Prepared, Rows
from bench.training import without_names
from model import tumor
from twinserve.release.from_estimator import held_out

KINDS: Final = ("quick", "sleeping", "computing")
"""As it is; and with a step before it that takes `MILLISECONDS`."""
MILLISECONDS: Final = 50
FOLDER: Final = OUT / "compare"
STORE: Final = FOLDER / "store"
EXAMPLE: Final[Mapping[str, Mapping[str, float]]] = json.loads((ROOT / "examples" / "tumor.json").read_text())


def prepare(folder: Path = FOLDER, kinds: Sequence[str] = KINDS) -> Mapping[str, Prepared]:
    """Fit the pipeline, save it in these kinds and register them; all is made again at each call (some seconds)."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    table = tumor.load()
    inside = ~held_out(table.features, table.target)
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    fitted.fit(table.features[inside], table.target[inside].to_numpy(dtype=str))
    steps: Mapping[str, list[tuple[str, Any]]] = {
        "quick": [],
        "sleeping": [("slow", Waiting())],
        "computing": [("slow", Computing())],
    }
    return {kind: _made(Pipeline([*steps[kind], *fitted.steps]), table, kind, folder) for kind in kinds}


def _made(pipeline: Any, table: Any, kind: str, folder: Path) -> Prepared:
    register(pipeline, table.features, table.target, kind, folder / "store")
    plain = without_names(copy.deepcopy(pipeline))
    joblib.dump(plain, folder / f"{kind}.joblib")
    names = list(table.features.columns)
    row = [EXAMPLE[group][field] for group, field in (name.split(".", 1) for name in names)]
    probabilities = [float(value) for value in plain.predict_proba([row])[0]]
    classes = [str(label) for label in plain.classes_]
    label = classes[probabilities.index(max(probabilities))]
    rows = Rows([EXAMPLE], [row], [label], [probabilities])
    return Prepared(kind, folder, names, ["number"] * len(names), classes, rows, rows)


def environment(kind: str, folder: Path = FOLDER) -> dict[str, str]:
    """The variables with which an app of the comparison is started."""
    return {
        "MODEL": str(folder / f"{kind}.joblib"),
        "COMPARE_MILLISECONDS": "0" if kind == "quick" else str(MILLISECONDS),
        "PYTHONPATH": str(ROOT),
        "TWINSERVE_ARTIFACTS": str(folder / "store"),
        "TWINSERVE_MODEL": kind,
        "TWINSERVE_TRUST_PICKLES": "true",
        "TWINSERVE_ACCESS_LOG": "false",
        "PATH": os.environ["PATH"],
    }

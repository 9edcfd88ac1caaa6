"""From a fitted model to a registered version: proved, written, opened again as a server would, and numbered."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from twinserve import bounds
from twinserve.card.card import Subject, card
from twinserve.errors import CannotTrain
from twinserve.evaluate.bootstrap import intervals
from twinserve.evaluate.metrics import evaluate
from twinserve.predict.answers import ask
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.proof.prove import Proved, prove
from twinserve.recipes import Recipe
from twinserve.signature import Columns
from twinserve.store import artifact, golden_rows, pipeline_file
from twinserve.store.artifact import Trust
from twinserve.store.manifest import Manifest, Training
from twinserve.store.registry import Registry
from twinserve.training.data import Data
from twinserve.training.fit import Fitted, plain_parameters
from twinserve.training.holdout import fingerprint

GOLDEN_REAL: Final = 20
GOLDEN_MADE: Final = 8
"""Rows of each kind that made the proof: nulls, unseen categories, extremes, edges of splits."""
LIBRARIES: Final = (
    "scikit-learn", "xgboost", "xgboost-cpu", "lightgbm", "numpy", "pandas", "onnx", "onnxruntime", "skops", "joblib",
)  # fmt: skip


@dataclass(frozen=True)
class Lineage:
    """What a training knows of itself beyond its data."""

    seed: int
    git_commit: str | None


def package(
    registry: Registry, recipe: Recipe, data: Data, fitted: Fitted, lineage: Lineage, *, seal_key: bytes | None = None
) -> tuple[int, Manifest]:
    """Register a fitted model as a new version; gives its number and manifest.

    The version is opened before it gets a number, exactly as a server will open it: what no server could serve
    is never registered. Raises `ArtifactRefused` then, `CannotTrain` where a held-out row has no answer or no row can
    be stored, and `OSError` where the disk refuses.
    """
    rows = (data.train.columns, data.holdout.columns)
    proved = prove(fitted.pipeline, data.signature, data.classes, rows, lineage.seed)
    facts = _facts(registry.name, recipe, data, fitted, lineage, proved)
    files = _files(recipe, data, fitted, facts, proved)
    with registry.staging() as folder:
        artifact.write(folder, files, facts, seal_key)
        size = sum(path.stat().st_size for path in folder.rglob("*"))
        trust = Trust(pickles=True, max_artifact=max(size, bounds.ARTIFACT))  # Made here, a moment ago.
        artifact.open_version(folder, trust)
        return registry.register(folder), facts


def _facts(name: str, recipe: Recipe, data: Data, fitted: Fitted, lineage: Lineage, proved: Proved) -> Manifest:
    predictions = _predictions(proved.predictor, data.holdout.columns)
    target = data.everything.truth.tolist()
    return Manifest(
        name=name,
        task=recipe.task,
        classes=data.classes,
        metric=recipe.metric,
        metrics=evaluate(data.holdout.truth, predictions),
        intervals=intervals(data.holdout.truth, predictions, lineage.seed),
        baseline={} if fitted.baseline is None else evaluate(data.holdout.truth, fitted.baseline),
        predictor=proved.facts,
        training=Training(
            source=data.source,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=lineage.seed,
            git_commit=lineage.git_commit,
            data_fingerprint=fingerprint(data.everything.columns, data.signature, target),
            rows=len(data.everything),
            holdout_rows=len(data.holdout),
            estimator=fitted.name,
            parameters=plain_parameters(fitted.pipeline),
            libraries=_libraries(),
        ),
        files={},
    )


def _predictions(predictor: Predictor, rows: Columns) -> Predictions:
    """What is judged; raises `CannotTrain` where some rows have no answer."""
    answers = ask(predictor, rows)
    silent = int((~answers.given).sum())
    if silent or answers.predictions is None:
        raise CannotTrain(
            f"The model has no answer to {silent} of {len(rows)} held-out rows: it refuses their values, or what it "
            "says of them is no number; leave such rows out, or give the pipeline a step that takes them."
        )
    return answers.predictions


def _libraries() -> Mapping[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _files(recipe: Recipe, data: Data, fitted: Fitted, facts: Manifest, proved: Proved) -> dict[str, bytes]:
    name, pipeline = pipeline_file.dump(fitted.pipeline)
    pairs = [
        pair
        for group, most in ((data.holdout.columns, GOLDEN_REAL), *((made, GOLDEN_MADE) for made in proved.made_rows))
        for pair in golden_rows.make(proved.predictor, spread(group, most), data.signature, data.classes)
    ]
    files = {
        artifact.SIGNATURE: data.signature.model_dump_json(indent=2).encode(),
        artifact.GOLDEN: golden_rows.write(pairs),
        **card(Subject(recipe, data, fitted, facts, proved.predictor)),
        name: pipeline,
    }
    return files if proved.graph is None else files | {artifact.MODEL: proved.graph}


def spread(columns: Columns, most: int) -> Columns:
    """At most so many rows, evenly spread over all."""
    return columns.take(np.unique(np.linspace(0, len(columns) - 1, min(most, len(columns))).astype(int)).tolist())

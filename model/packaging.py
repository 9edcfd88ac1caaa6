"""From a fitted model to a registered version: proved, written, opened again as a server would, and numbered."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from model import artifact, evaluation, golden, pipeline_file
from model.artifact import Trust
from model.card import card
from model.manifest import Manifest, PredictorFacts, Training
from model.recipes import Recipe
from model.registry import Registry
from model.training import Data, Fitted, plain_parameters, sklearn_predictor

GOLDEN_ROWS: Final = 20
LIBRARIES: Final = ("scikit-learn", "numpy", "pandas", "onnx", "onnxruntime", "skops", "joblib")


@dataclass(frozen=True)
class Lineage:
    """What a training knows of itself beyond its data."""

    seed: int
    git_commit: str | None


def package(registry: Registry, recipe: Recipe, data: Data, fitted: Fitted, lineage: Lineage) -> tuple[int, Manifest]:
    """Register a fitted model as a new version; gives its number and manifest.

    The version is opened before it gets a number, exactly as a server will open it: what no server could serve
    is never registered. Raises `ArtifactRefused` then, and `OSError` where the disk refuses.
    """
    facts = _facts(registry.name, recipe, data, fitted, lineage)
    files = _files(recipe, data, fitted, facts)
    with registry.staging() as folder:
        artifact.write(folder, files, facts)
        artifact.open_version(folder, Trust(pickles=True))  # Made here, a moment ago.
        return registry.register(folder), facts


def _facts(name: str, recipe: Recipe, data: Data, fitted: Fitted, lineage: Lineage) -> Manifest:
    predictions = sklearn_predictor(fitted, data).predict(data.holdout.columns)
    target = data.everything.truth.tolist()
    return Manifest(
        name=name,
        task=recipe.task,
        classes=data.classes,
        metric=recipe.metric,
        metrics=evaluation.evaluate(data.holdout.truth, predictions),
        predictor=PredictorFacts(kind="scikit-learn", reason="No compiler yet."),
        training=Training(
            source=data.source,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=lineage.seed,
            git_commit=lineage.git_commit,
            data_fingerprint=evaluation.fingerprint(data.everything.columns, data.signature, target),
            rows=len(data.everything),
            holdout_rows=len(data.holdout),
            estimator=fitted.name,
            parameters=plain_parameters(fitted.pipeline),
            libraries=_libraries(),
        ),
        files={},
    )


def _libraries() -> Mapping[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _files(recipe: Recipe, data: Data, fitted: Fitted, facts: Manifest) -> dict[str, bytes]:
    name, pipeline = pipeline_file.dump(fitted.pipeline)
    rows = data.holdout.columns.take(np.arange(min(GOLDEN_ROWS, len(data.holdout))).tolist())
    pairs = golden.make(sklearn_predictor(fitted, data), rows, data.signature, data.classes)
    return {
        artifact.SIGNATURE: data.signature.model_dump_json(indent=2).encode(),
        artifact.GOLDEN: json.dumps(pairs, indent=1).encode(),
        artifact.CARD: card(recipe, facts, data.signature, fitted.scores).encode(),
        name: pipeline,
    }

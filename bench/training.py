"""Fit and register the models that are measured, by the project's own training and release."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np

from bench import prepared
from bench.prepared import BATCH, OUT, ROOT, UNCOMPILED, Prepared, Rows, read
from bench.recipes import RECIPES
from twinserve.predict.fallback import SklearnPredictor
from twinserve.release.build import GOLDEN_REAL, Lineage, build
from twinserve.signature import Columns, to_instances
from twinserve.store import artifact, golden_rows
from twinserve.store.manifest import PredictorFacts
from twinserve.store.registry import Registry
from twinserve.training.data import Data, split
from twinserve.training.fit import fit

SEED: Final = 0


def make(name: str, folder: Path, artifacts: Path) -> None:
    """Fit one model; register it as a champion, compiled and uncompiled; write what the other servers need."""
    data = split(RECIPES[name], RECIPES[name].load())
    fitted = fit(RECIPES[name], data, seed=SEED, progress=lambda _: None)
    registry = _empty(artifacts, name)
    version, facts = build(registry, RECIPES[name], data, fitted, Lineage(SEED, None))
    if facts.predictor.kind != "compiled":
        raise RuntimeError(f"{name} was not compiled: {facts.predictor.reason}")
    registry.promote(version)
    _register_uncompiled(registry.path(version), _empty(artifacts, name + UNCOMPILED), data, fitted.pipeline)
    prepared_model = _prepared(name, folder, data, fitted.pipeline)
    joblib.dump(fitted.pipeline, prepared_model.pipeline)
    if prepared_model.numeric:
        joblib.dump(without_names(fitted.pipeline), prepared_model.pipeline_of_arrays)
    prepared.write(prepared_model)


def without_names(pipeline: Any) -> Any:
    """The same fitted pipeline without its column names, for arrays."""
    for _, step in pipeline.steps:
        if hasattr(step, "feature_names_in_"):
            del step.feature_names_in_
    return pipeline


def _empty(artifacts: Path, name: str) -> Registry:
    """The registry of that name, emptied."""
    shutil.rmtree(artifacts / name, ignore_errors=True)
    return Registry(artifacts, name)


def _register_uncompiled(compiled: Path, registry: Registry, data: Data, pipeline: Any) -> None:
    """The same version without its graph, so that scikit-learn has to serve it; golden are ordinary rows only, as it
    refuses some of the extremes that a graph answers."""
    facts = artifact.read_manifest(compiled)
    kept = {name: (compiled / name).read_bytes() for name in facts.files if name != artifact.MODEL}
    reason = PredictorFacts(kind="scikit-learn", reason="Its graph was left out, to measure the fallback.")
    predictor = SklearnPredictor(pipeline, data.signature, data.target)
    rows = data.holdout.columns.spread(GOLDEN_REAL)
    kept[artifact.GOLDEN] = json.dumps(golden_rows.make(predictor, rows, data.signature, data.target)).encode()
    with registry.staging() as folder:
        artifact.write(folder, kept, facts.model_copy(update={"name": registry.name, "predictor": reason}))
        registry.promote(registry.register(folder))


def _prepared(name: str, folder: Path, data: Data, pipeline: Any) -> Prepared:
    columns = data.holdout.columns
    complete = np.flatnonzero(~np.isnan(columns.matrix).any(axis=1) & _inside(columns, data.train.columns))
    return Prepared(
        name=name,
        folder=folder,
        columns=[feature.name for feature in data.signature.features],
        types=[str(feature.type) for feature in data.signature.features],
        classes=list(data.classes or ()),
        single=_rows(columns.take([int(complete[0])]), data, pipeline),
        batch=_rows(_repeated(data.everything.columns, BATCH), data, pipeline),
    )


def _inside(columns: Columns, seen: Columns) -> Any:
    """A mask of the rows without values outside the ranges of training: their replies carry no warnings."""
    low, high = np.nanmin(seen.matrix, axis=0), np.nanmax(seen.matrix, axis=0)
    return ((columns.matrix >= low) & (columns.matrix <= high)).all(axis=1)


def _repeated(columns: Columns, rows: int) -> Columns:
    """The first rows, repeated if there are fewer."""
    places = [row % len(columns) for row in range(rows)]
    return columns.take(places)


def _rows(columns: Columns, data: Data, pipeline: Any) -> Rows:
    answers = SklearnPredictor(pipeline, data.signature, data.target).predict(columns)
    if answers.labels is None or answers.probabilities is None or data.classes is None:
        raise TypeError("The bench measures classifiers with probabilities.")
    instances = to_instances(columns, data.signature)
    return Rows(
        instances=instances,
        table=[[_leaf(instance, feature.path) for feature in data.signature.features] for instance in instances],
        labels=[data.classes[code] for code in answers.labels.tolist()],
        probabilities=answers.probabilities.tolist(),
    )


def _leaf(instance: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        instance = instance[part]
    return instance


def prepare(name: str) -> Prepared:
    """The model of that name; made again if the code that makes models has changed."""
    folder = OUT / "models" / name
    stamp = folder / "made-from"
    made_from = _sources()
    if not stamp.is_file() or stamp.read_text() != made_from:
        from bench.training import make

        folder.mkdir(parents=True, exist_ok=True)
        make(name, folder, OUT / "artifacts")
        stamp.write_text(made_from)
    return read(folder)


def _sources() -> str:
    """A digest of all code on which a model and its artifact depend."""
    names = ["bench/recipes.py", "bench/deliveries.py", "bench/training.py", "bench/prepared.py"]
    paths = [*(ROOT / "twinserve").rglob("*.py"), *(ROOT / name for name in names)]
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.read_bytes())
    return whole.hexdigest()

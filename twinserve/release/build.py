"""From a fitted model to a registered version: compiled, proved, evaluated, written and opened as a server would."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from twinserve import bounds
from twinserve.card.card import Subject, card
from twinserve.conformal import stored as stored_coverage
from twinserve.evaluate.calibration import Calibrated
from twinserve.metric import metric_of
from twinserve.proof.prove import Proved, compile_model, prove
from twinserve.recipes import Recipe
from twinserve.recipes.row_hashes import row_hashes
from twinserve.release.calibration import calibrate_on_holdout
from twinserve.release.examples import examples
from twinserve.release.fitted_elsewhere.targets import as_fitted
from twinserve.release.quality import Quality, evaluate_on_holdout
from twinserve.release.refit import Refitted, of_twin, refit
from twinserve.release.same_version import same_version
from twinserve.release.training_facts import decision_facts, output_facts, split_facts
from twinserve.signature.frames import to_frame
from twinserve.store import artifact, fitted_rows, golden_rows, seal, twin
from twinserve.store import examples as examples_file
from twinserve.store.artifact import Trust, read_manifest
from twinserve.store.manifest import EvaluatedOn, Manifest, Training
from twinserve.store.pipelines import pipeline_file
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
    """Where a version comes from, beyond its data."""

    seed: int
    git_commit: str | None
    fitted_with: str | None = field(default_factory=lambda: importlib.metadata.version("scikit-learn"))
    """The version of scikit-learn that fitted the model; None where its file does not name it."""
    evaluated_on: EvaluatedOn = "held-out rows"


@dataclass(frozen=True)
class Built:
    """Everything that a version is made of."""

    recipe: Recipe
    data: Data
    fitted: Fitted
    proved: Proved
    quality: Quality
    lineage: Lineage
    publish_rows: bool = False
    """Are the examples that pages show training rows? Otherwise they are composed of them."""
    refitted: Refitted | None = None
    """What serves, where that was fitted on all rows; `fitted` and `proved` are then its twin's."""

    @property
    def serving(self) -> Proved:
        """The predictor that will serve, with its proof."""
        return self.proved if self.refitted is None else self.refitted.proved

    @property
    def pipeline(self) -> Any:
        """The pipeline that will serve, or from which that was compiled."""
        return self.fitted.pipeline if self.refitted is None else self.refitted.pipeline


class Registered(NamedTuple):
    """A version in the store."""

    version: int
    manifest: Manifest
    is_new: bool = True
    """False where it was there before, with the same result."""


def build(
    registry: Registry, recipe: Recipe, data: Data, fitted: Fitted, lineage: Lineage, *, seal_key: bytes | None = None
) -> tuple[int, Manifest]:
    """Compile, prove, evaluate and register a fitted model; gives the number of the new version and its manifest.

    Raises what `evaluate_on_holdout` and `register` raise.
    """
    data, graph = as_fitted(data, fitted.pipeline), compile_model(fitted.pipeline, data.signature)
    proved = prove(fitted.pipeline, graph, data.signature, data.target, data.sides, lineage.seed)
    quality = evaluate_on_holdout(proved.predictor, data, fitted.baseline, lineage.seed, recipe.metric)
    again = refit(fitted, data, lineage.seed) if recipe.refit else None
    built = Built(recipe, data, fitted, proved, quality, lineage, refitted=again)
    version, manifest, _ = register(registry, built, seal_key=seal_key)
    return version, manifest


def require_writable(registry: Registry) -> None:
    """Write an empty folder into the store and remove it; raises `OSError` where that is not possible."""
    with registry.staging():
        pass


def register(
    registry: Registry, built: Built, *, seal_key: bytes | None = None, unless_same: bool = False
) -> Registered:
    """Write a new version into the store; with `unless_same` only if there is none with the same result.

    The version is opened before it gets a number, exactly as a server will open it: what no server could serve
    is never registered. Raises `ArtifactRefused` then, `CannotTrain` where no row can be stored, and `OSError` where
    the disk refuses.
    """
    calibrated = _calibrate(built)
    manifest = _manifest(registry.name, built, calibrated)
    files = _files(built, manifest) | {stored_coverage.NAME: stored_coverage.write(calibrated.stored)}
    with registry.staging() as folder:
        trust = _write(folder, files, manifest, seal_key)
        if unless_same and (version := same_version(registry, folder, trust)) is not None:
            return Registered(version, read_manifest(registry.path(version)), is_new=False)
        return Registered(registry.register(folder), manifest)


def _write(folder: Path, files: Mapping[str, bytes], manifest: Manifest, seal_key: bytes | None) -> Trust:
    """Write a version and open it, with its seal; gives the trust that this took."""
    artifact.write(folder, files, manifest, seal_key)
    size = sum(path.stat().st_size for path in folder.rglob("*"))
    public = None if seal_key is None else seal.public_key(seal_key)
    trust = Trust(pickles=True, seal_key=public, max_artifact=max(size, bounds.ARTIFACT))  # Made here, a moment ago.
    artifact.open_version(folder, trust, to_judge=True)
    return trust


def _calibrate(built: Built) -> Calibrated:
    lineage, out_of_fold = built.lineage, built.fitted.out_of_fold
    judged = built.proved.predictor
    calibrated = calibrate_on_holdout(judged, built.data, out_of_fold, lineage.evaluated_on, lineage.seed)
    return calibrated if built.refitted is None else of_twin(calibrated)


def _manifest(name: str, built: Built, calibrated: Calibrated) -> Manifest:
    data, fitted, lineage = built.data, built.fitted, built.lineage
    target = data.everything.y_true.tolist()
    return Manifest(
        name=name,
        task=built.recipe.task,
        classes=data.classes,
        **output_facts(data.target),
        metric=str(built.recipe.metric),
        greater_is_better=metric_of(built.recipe.metric).greater_is_better,
        metrics=built.quality.metrics,
        intervals=built.quality.intervals,
        baseline=built.quality.baseline,
        importances=built.quality.importances,
        too_good=built.quality.too_good,
        predictor=built.serving.facts,
        explanation=None if built.serving.explanation is None else built.serving.explanation.facts,
        coverage=calibrated.facts,
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
            fitted_with=lineage.fitted_with,
            evaluated_on=lineage.evaluated_on,
            weight=data.weight,
            decision=decision_facts(fitted.decided, built.recipe.decision.positive),
            refitted=built.refitted is not None,
            split=split_facts(data),
        ),
        files={},
    )


def _libraries() -> Mapping[str, str]:
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _files(built: Built, manifest: Manifest) -> dict[str, bytes]:
    data, proved = built.data, built.serving
    name, pipeline = pipeline_file.dump(built.pipeline)
    pairs = [
        pair
        for group, most in ((data.holdout.columns, GOLDEN_REAL), *((made, GOLDEN_MADE) for made in proved.made_rows))
        for pair in golden_rows.make(proved.predictor, group.spread(most), data.signature, data.target)
    ]
    files = {
        artifact.SIGNATURE: data.signature.model_dump_json(indent=2).encode(),
        artifact.GOLDEN: golden_rows.write(pairs),
        **card(_subject(built, manifest)),
        name: pipeline,
        **({} if built.refitted is None else twin.write(built.proved.graph, built.fitted.pipeline)),
        **_of_training_rows(built),
        **({} if proved.explanation is None else proved.explanation.files),
    }
    return files if proved.graph is None else files | {artifact.MODEL: proved.graph}


def _of_training_rows(built: Built) -> dict[str, bytes]:
    """What pages show of the training rows, and by which the gate knows them, where there are some."""
    data = built.data
    if not len(data.train):
        return {}
    hashes = row_hashes(to_frame(data.train.columns, data.signature))
    return {
        examples_file.NAME: examples_file.write(examples(data, publish_rows=built.publish_rows)),
        fitted_rows.NAME: fitted_rows.write(hashes),
    }


def _subject(built: Built, manifest: Manifest) -> Subject:
    explainer = None if built.serving.explanation is None else built.serving.explanation.explainer
    parts = (built.recipe, built.data, built.fitted, manifest, built.serving.predictor, explainer)
    return Subject(*parts, publish_rows=built.publish_rows, judged=built.proved.predictor)

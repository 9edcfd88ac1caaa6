"""The manifest of a version: what it predicts, how it was trained, and the digest of every other file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from twinserve.conformal.stored import IntervalMethod, SetMethod
from twinserve.errors import ArtifactRefused
from twinserve.explain.stored import Method, Scale
from twinserve.metric import Metric, Task, metric_of
from twinserve.predict.predictor import PredictorKind, agree
from twinserve.predict.targets.made import target_of
from twinserve.predict.targets.target import Target
from twinserve.store.evaluation_facts import CoverageMeasured, DecisionFacts, ImportanceFacts, SplitFacts, TooGood

FORMAT: Final = 2
"""Increased when an older reader would misread what a newer writer wrote."""


UNSET: Final = "0" * 64
EvaluatedOn = Literal["held-out rows", "rows that it may have learned from", "nothing"]
"""Which rows the metrics are of; `nothing` where no rows were given, so that nothing is measured."""


class Training(BaseModel):
    """How a model was trained."""

    model_config = ConfigDict(frozen=True)

    source: str
    created: str
    """RFC 3339, UTC."""
    seed: int
    git_commit: str | None
    data_fingerprint: str
    """SHA-256 over the content of all rows."""
    rows: int
    holdout_rows: int
    estimator: str
    """The name of the candidate that won."""
    parameters: Mapping[str, Any]
    libraries: Mapping[str, str]
    """The versions that made the version."""
    fitted_with: str | None = None
    """The version of scikit-learn that fitted the model; None where its file does not name it."""
    evaluated_on: EvaluatedOn = "held-out rows"
    weight: str | None = None
    """The column that weighed the rows, in fitting and in the metrics; None: all weighed the same."""
    decision: DecisionFacts | None = None
    """How labels are decided; None: they are the class of the largest probability, as the estimator has it."""
    refitted: bool = False
    """Was what serves fitted once more, on all rows? Metrics, importances and coverage are then its twin's."""
    split: SplitFacts | None = None
    """None where nothing was divided, and in versions that did not tell it."""


class BatchInvariance(BaseModel):
    """The comparison of a pipeline's answers for rows alone with those for the same rows among others."""

    model_config = ConfigDict(frozen=True)

    rows: int
    label_flips: int
    answered_by_one: int
    """Rows that are answered only alone, or only among others."""
    largest_difference: float

    @property
    def holds(self) -> bool:
        """Is the answer for a row the same whatever rows are beside it, so that requests may be joined?"""
        return agree(**self.model_dump())

    @property
    def sentence(self) -> str:
        """What follows where the answers differ."""
        if not self.rows:
            return "It could not be asked for rows alone and among others, so requests are never joined."
        return (
            f"Its answer for a row depends on the rows beside it ({self.label_flips} labels of {self.rows} differ, "
            f"{self.answered_by_one} are answered in one case only, largest difference {self.largest_difference:.1e}), "
            "so requests are never joined."
        )


class PredictorFacts(BaseModel):
    """The kind of the predictor, and the reason."""

    model_config = ConfigDict(frozen=True)

    kind: PredictorKind
    reason: str
    parity: Mapping[str, Any] | None = None
    """The comparison of the compiled with the fitted model: rows compared, largest difference, label flips, and the
    number of the trees' splits by a number that were tried on both sides."""
    batch_invariance: BatchInvariance | None = None
    """Whether rows change each other's answers; None for a compiled model, and in versions that did not measure it."""

    @property
    def joins(self) -> bool:
        """May requests be answered by one call? Never by a compiled model, whose prediction for a row must not depend
        on other rows, to the last bit."""
        return self.kind != "compiled" and (self.batch_invariance is None or self.batch_invariance.holds)


class ExplanationFacts(BaseModel):
    """How predictions are explained, and why so."""

    model_config = ConfigDict(frozen=True)

    method: Method
    of: Scale
    """The scale of the contributions."""
    reason: str
    rows: int = 0
    """The rows on which base and contributions were compared with the answers; 0 where they are sampled."""
    largest_difference: float | None = None


class CoverageFacts(BaseModel):
    """How sets or intervals with a promised coverage are made."""

    model_config = ConfigDict(frozen=True)

    method: IntervalMethod | SetMethod | Literal["none"]
    class_wise: bool = False
    """Have classes thresholds of their own?"""
    rows: int = 0
    """How many rows were calibrated on."""
    largest: float = 0.0
    """The largest coverage that may be asked for; 0 where none may."""
    reason: str
    measured: tuple[CoverageMeasured, ...] = ()


class Manifest(BaseModel):
    """The root of an artifact, by which every other file is checked."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    name: str
    task: Task
    classes: tuple[str, ...] | None
    targets: Mapping[str, tuple[str, ...] | None] = {}
    """Where there are several: the classes of each by its name, in their order; None where it is a number."""
    quantiles: tuple[float, ...] = ()
    """The levels of a regression that predicts several, ascending; the middle one is its value."""
    metric: str
    greater_is_better: bool | None = None
    """Of the metric that decides; None in versions that did not tell it, whose metric is one of `METRICS`."""
    metrics: Mapping[str, float]
    """On the hold-out."""
    intervals: Mapping[str, tuple[float, float]] = {}
    """95 % confidence intervals of the metrics, by bootstrap."""
    baseline: Mapping[str, float] = {}
    """The same metrics for a model that uses no feature."""
    importances: ImportanceFacts | None = None
    """None where nothing was measured, and in versions that were made before it was stored."""
    too_good: TooGood | None = None
    """None where no figure is nearly perfect."""
    predictor: PredictorFacts
    explanation: ExplanationFacts | None = None
    """None in versions that explain nothing."""
    coverage: CoverageFacts | None = None
    """None in versions that were made before it was measured."""
    training: Training
    files: Mapping[str, str]
    """SHA-256 of every file but the manifest, by name relative to the artifact."""
    own_digest: str = UNSET
    """SHA-256 of the manifest's own bytes with `UNSET` in place of this digest."""

    @property
    def target(self) -> Target:
        """What it predicts."""
        return target_of(self.task, self.classes, self.targets, self.quantiles)


def metric_in(facts: Manifest, name: str) -> Metric:
    """What is known of a metric that a manifest names, which may be the recipe's own."""
    try:
        return metric_of(name)
    except KeyError:
        return Metric(name, facts.task, greater_is_better=facts.greater_is_better is not False)


def to_bytes(facts: Manifest) -> bytes:
    """The content of the manifest's file."""
    return with_own_digest(facts.model_copy(update={"own_digest": UNSET}).model_dump_json(indent=2).encode())


def with_own_digest(content: bytes) -> bytes:
    """The content of a manifest's file with its own digest in place of the last `UNSET`."""
    return _last_replaced(content, UNSET, digest(content))


def is_unaltered(content: bytes, facts: Manifest) -> bool:
    """Does the content have the digest that the manifest names for itself?"""
    return digest(_last_replaced(content, facts.own_digest, UNSET)) == facts.own_digest


def _last_replaced(content: bytes, old: str, new: str) -> bytes:
    before, _, behind = content.rpartition(old.encode())
    return before + new.encode() + behind


def digest(content: bytes) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def require_names(manifest: Manifest, names: Set[str]) -> None:
    """Raise `ArtifactRefused` unless `names` are exactly the files that the manifest names."""
    for name in sorted(manifest.files.keys() ^ names):
        if name not in names:
            raise ArtifactRefused(f"The file {name} is missing; restore the artifact or train again.")
        raise ArtifactRefused(f"The file {name} does not belong to the artifact; remove it or train again.")


def require_digest(manifest: Manifest, name: str, actual: str) -> None:
    """Raise `ArtifactRefused` unless the SHA-256 of a file, `actual`, is the one in the manifest."""
    if actual != manifest.files[name]:
        raise ArtifactRefused(f"The file {name} was altered after training; restore it or train again.")

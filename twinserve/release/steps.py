"""`Steps`: a training from a recipe to a promoted version, each step a method."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from twinserve.compile.compiler import Compiled
from twinserve.errors import AskedWrongly
from twinserve.metric import TOLERANCE, about
from twinserve.notes import Note
from twinserve.proof.prove import Proved, compile_model, prove
from twinserve.recipes import Recipe, Table
from twinserve.release.build import Built, Lineage, register, require_writable
from twinserve.release.fitted_elsewhere.targets import as_fitted
from twinserve.release.gate import Terms
from twinserve.release.nulls import null_notes
from twinserve.release.promotion import Outcome, PromotionOptions, promote_if_not_worse
from twinserve.release.quality import Quality, evaluate_on_holdout
from twinserve.release.refit import refit
from twinserve.release.same_source import require_same_source
from twinserve.release.tracking import require_mlflow, track
from twinserve.signature.signature import OutOfRange, require_policy
from twinserve.store.artifact import NO_TRUST, Trust
from twinserve.store.manifest import Manifest
from twinserve.store.registry import Registry
from twinserve.training.data import Data, split
from twinserve.training.fit import Fitted, fit
from twinserve.training.other_splits import other_splits

Graph = Compiled | Exception
"""An ONNX graph, or the error that says why there is none."""
Progress = Callable[[str], None]
"""Called with the name of each step as it begins."""
SEEDS: Final = 2**32


@dataclass(frozen=True)
class Choices:
    """What the person who trains chooses beside the recipe."""

    seed: int = 0
    search_seconds: float = 0.0
    """Seconds of the search over hyper-parameters; 0 for none."""
    out_of_range: OutOfRange = "warn"
    """The servers' policy for values that training never saw."""
    tolerance: float = TOLERANCE
    """How much worse than the champion, in units of the metric, still counts as not worse."""
    allow_breaking: bool = False
    allow_fallback: bool = False
    allow_weak: bool = False
    release: bool = False
    """True: a hold, which a rollback has set, ends if the version is promoted."""
    promote: bool = True
    """False: compare with the champion, and change nothing."""
    seal_key: bytes | None = None
    trust: Trust = NO_TRUST
    """Of the champion and of the new version when they are opened."""
    git_commit: str | None = None
    publish_rows: bool = False
    """True: the examples that pages show are training rows; otherwise they are composed of them."""
    track: bool = False
    """Is the finished training written to MLflow as a run?"""
    only_named: bool = False
    """Was nothing given but the model's name? Then its source must be that of its versions."""

    def __post_init__(self) -> None:
        """Raise `AskedWrongly` before a long training rather than after it."""
        require_policy(self.out_of_range)
        if self.track:
            require_mlflow()
        if not 0 <= self.seed < SEEDS:
            raise AskedWrongly(f"seed is a whole number from 0 to {SEEDS - 1}, not {self.seed}.")
        for name in ("search_seconds", "tolerance"):
            if not 0 <= getattr(self, name) < math.inf:
                raise AskedWrongly(f"{name} is a number from 0, not {getattr(self, name)}.")

    @property
    def terms(self) -> Terms:
        """The terms of the gate."""
        return Terms(self.tolerance, self.seed, self.allow_breaking, self.allow_fallback, self.allow_weak)


@dataclass(frozen=True)
class Trained:
    """A finished training: everything that its report shows."""

    recipe: Recipe
    data: Data
    fitted: Fitted
    manifest: Manifest
    version: int
    folder: Path
    outcome: Outcome
    seconds: float
    notes: tuple[Note, ...] = ()
    """Notes on the table, on its split and on the pipeline."""
    is_new: bool = True
    """False where a version with the same result was there before, so that no other was made."""

    @property
    def is_champion(self) -> bool:
        """Is its version the champion, promoted now or before?"""
        return self.outcome.champion == self.version


class Steps:
    """The steps of one training, in their order."""

    def __init__(
        self, recipe: Recipe, registry: Registry, choices: Choices, progress: Progress = lambda _: None
    ) -> None:
        self.recipe, self.registry, self.choices = recipe, registry, choices
        self.registered: int | None = None
        """The number of the version, once it is registered."""
        self.is_new = True
        """False where the version was there before, with the same result."""
        self.promoted = False
        self._progress = progress
        self._notes: list[Note] = []
        self._started = time.monotonic()

    def load(self) -> Table:
        """The recipe's rows."""
        self._progress("loading")
        return self.recipe.load()

    def split(self, table: Table) -> Data:
        """Divide them into training rows and hold-out, as the recipe's split says."""
        data = split(self.recipe, table)
        self.recipe = replace(
            self.recipe, metric=about(self.recipe.metric, self.recipe.decision.positive, data.classes)
        )
        if self.choices.only_named:
            self._notes += require_same_source(self.registry, self.recipe.name, data.source)
        require_writable(self.registry)  # Better known now than after the training.
        return data

    def fit(self, data: Data) -> Fitted:
        """Cross-validate every candidate, improve the best one and fit it on all training rows."""
        choices = self.choices
        fitted = fit(
            self.recipe,
            data,
            seed=choices.seed,
            progress=self._progress,
            search_seconds=choices.search_seconds,
            out_of_range=choices.out_of_range,
        )
        self._notes += null_notes(fitted.pipeline, data)
        self._notes += other_splits(fitted.pipeline, data, self.recipe.metric)
        return fitted

    def compile(self, data: Data, fitted: Fitted) -> Graph:
        """The fitted pipeline as an ONNX graph, or the reason why there is none."""
        self._progress("compiling")
        return compile_model(fitted.pipeline, data.signature)

    def prove(self, data: Data, fitted: Fitted, graph: Graph) -> Proved:
        """Compare the graph's answers with the pipeline's; where they differ, the pipeline itself will serve."""
        self._progress("proving")
        target = as_fitted(data, fitted.pipeline).target
        return prove(fitted.pipeline, graph, data.signature, target, data.sides, self.choices.seed)

    def evaluate(self, data: Data, fitted: Fitted, proved: Proved) -> Quality:
        """The metrics of what will serve, on the hold-out."""
        self._progress("evaluating")
        return evaluate_on_holdout(proved.predictor, data, fitted.baseline, self.choices.seed, self.recipe.metric)

    def register(self, data: Data, fitted: Fitted, proved: Proved, quality: Quality) -> Manifest:
        """Write a version, open it as a server would, and give it the next number, unless one has the same result.

        Where the recipe says so, what serves is fitted on all rows first."""
        self._progress("registering")
        data = as_fitted(data, fitted.pipeline)
        lineage = Lineage(self.choices.seed, self.choices.git_commit)
        if self.recipe.refit:
            self._progress("fitting on all rows")
        refitted = refit(fitted, data, lineage.seed) if self.recipe.refit else None
        built = Built(self.recipe, data, fitted, proved, quality, lineage, self.choices.publish_rows, refitted)
        registered = register(self.registry, built, seal_key=self.choices.seal_key, unless_same=True)
        self.registered, manifest, self.is_new = registered
        return manifest

    def promote(self, data: Data) -> Outcome:
        """Make the new version the champion if it is not worse than the present one on the hold-out."""
        self._progress("comparing with the champion")
        choices = self.choices
        metric = self.recipe.metric
        options = PromotionOptions(choices.terms, choices.trust, choices.promote, choices.release, metric)
        outcome = promote_if_not_worse(self.registry, self.version, data.holdout, options)
        self.promoted = outcome.promoted
        return outcome

    def report(self, data: Data, fitted: Fitted, manifest: Manifest, outcome: Outcome) -> Trained:
        """Everything that the report shows; written to MLflow where that was asked for."""
        trained = Trained(
            recipe=self.recipe,
            data=data,
            fitted=fitted,
            manifest=manifest,
            version=self.version,
            folder=self.registry.path(self.version),
            outcome=outcome,
            seconds=time.monotonic() - self._started,
            notes=(*self.recipe.notes, *data.notes, *self._notes),
            is_new=self.is_new,
        )
        if not self.choices.track:
            return trained
        self._progress("writing to MLflow")
        return replace(trained, notes=(*trained.notes, track(trained)))

    @property
    def version(self) -> int:
        """The number of the new version; raises `RuntimeError` before `register`."""
        if self.registered is None:
            raise RuntimeError("The new version is not registered yet.")
        return self.registered

    def changed(self) -> str:
        """What has been changed so far, for the sentence of an interruption."""
        return changed(self.registered, is_new=self.is_new, promoted=self.promoted)


def changed(registered: int | None, *, is_new: bool, promoted: bool) -> str:
    """What making a version has changed so far; `registered` is its number, once it has one."""
    if registered is None or not (is_new or promoted):
        return "nothing was changed"
    if promoted:
        return f"version {registered} is registered and the champion"
    return f"version {registered} is registered, and the champion is as it was"


def train(steps: Steps) -> Trained:
    """Load, split, fit, compile, prove, evaluate, register, promote."""
    table = steps.load()
    data = steps.split(table)
    fitted = steps.fit(data)
    graph = steps.compile(data, fitted)
    proved = steps.prove(data, fitted, graph)
    quality = steps.evaluate(data, fitted, proved)
    manifest = steps.register(data, fitted, proved, quality)
    outcome = steps.promote(data)
    return steps.report(data, fitted, manifest, outcome)

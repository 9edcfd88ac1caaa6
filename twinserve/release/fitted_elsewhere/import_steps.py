"""`Imported`: a saved model from its file to a version, promoted if it was measured and passes the gate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pydantic import BaseModel

from twinserve.errors import AskedWrongly
from twinserve.recipes.column_choices import LEFT_OUT, no_such_column
from twinserve.recipes.predicted import target_names
from twinserve.recipes.recipe import IS_TARGET
from twinserve.release.build import Lineage, require_writable
from twinserve.release.fitted_elsewhere.given_rows import GivenRows
from twinserve.release.fitted_elsewhere.known_columns import column_names, known_columns, refined
from twinserve.release.fitted_elsewhere.packaging import Packaged, Packaging, register_estimator, task_of
from twinserve.release.gate import Verdict
from twinserve.release.promotion import Outcome, PromotionOptions, champion_if_known, promote_if_not_worse
from twinserve.release.steps import Choices, Progress, Trained, changed
from twinserve.saved_models.mlflow_folder import read_example
from twinserve.saved_models.saved_model import SavedModel, open_saved
from twinserve.signature import Signature
from twinserve.signature.sources.from_pydantic import from_pydantic
from twinserve.signature.sources.from_table import from_table
from twinserve.signature.sources.type_inference import plain_text
from twinserve.store.registry import Registry

BOOLEANS: Final = frozenset({"true", "false"})
NOT_LEARNED: Final = "the model was not fitted on it"


class WrongRows(AskedWrongly):
    """The table lacks a column that the model or its target needs."""


@dataclass(frozen=True)
class Labelled:
    """A table with the target that the model predicts."""

    frame: pd.DataFrame
    targets: tuple[str, ...]
    """Its columns; none for an anomaly detector of rows of which nothing is known."""
    source: str
    unseen: bool
    """Is it known that the model learned from none of these rows?"""
    weight: str | None = None
    """The column that weighs the rows."""


@dataclass(frozen=True)
class ImportChoices:
    """What the person who imports chooses."""

    labelled: Labelled | None = None
    input: type[BaseModel] | None = None
    metric: str | None = None
    targets: tuple[str, ...] | None = None
    """The names of several targets, where there is no table."""
    positive: str | None = None
    """The class of two that average precision is about."""
    release: Choices = field(default_factory=Choices)
    """As of a training. Its `trust` also says whether a pickle is opened, and the limit of a file's bytes."""


class Imported:
    """One import."""

    def __init__(self, path: Path, registry: Registry, choices: ImportChoices, progress: Progress) -> None:
        self._path, self._registry, self._choices, self._progress = path, registry, choices, progress
        self._registered: int | None = None
        self._is_new, self._promoted = True, False
        self._started = time.monotonic()

    def run(self) -> Trained:
        """Open, prove, register, compare with the champion; raises `ModelError` and `OSError`."""
        trust = self._choices.release.trust
        self._progress("opening the model")
        saved = open_saved(self._path, trust_pickles=trust.pickles, most=trust.max_artifact)
        require_writable(self._registry)
        self._progress("proving")
        packaged = self._packaged(saved)
        version, manifest, self._is_new = packaged.registered
        self._registered = version
        outcome = self._outcome(packaged)
        self._promoted = outcome.promoted
        return Trained(
            recipe=packaged.recipe,
            data=packaged.data,
            fitted=packaged.fitted,
            manifest=manifest,
            version=version,
            folder=self._registry.path(version),
            outcome=outcome,
            seconds=time.monotonic() - self._started,
            notes=(*packaged.recipe.notes, *packaged.data.notes),
            is_new=self._is_new,
        )

    def changed(self) -> str:
        """What has been changed so far, for the sentence of an interruption."""
        return changed(self._registered, is_new=self._is_new, promoted=self._promoted)

    def _packaged(self, saved: SavedModel) -> Packaged:
        choices, labelled, release = self._choices, self._choices.labelled, self._choices.release
        declared = choices.input or saved.inputs
        names = _declared_names(declared) or column_names(saved.estimator) or ()
        example = None if saved.example is None else read_example(saved.example, names)
        rows = None
        task_of(saved.estimator)  # Raises for what is no model, before anything is asked about its columns.
        if labelled is not None:
            rows, read = _given(saved.estimator, labelled, names)
            declared = declared or read
        if isinstance(declared, Signature):  # Read from a file, which cannot tell a category from another text.
            declared = refined(declared, known_columns(saved.estimator, _declared_names(declared)))
        packaging = Packaging(
            input=declared,
            metric=choices.metric,
            positive=choices.positive,
            intended_use=f"Not stated: imported from {saved.source}.",
            out_of_range=release.out_of_range,
            source=f"{saved.source}, {'without rows' if labelled is None else f'evaluated on {labelled.source}'}",
            example=example,
            lineage=Lineage(
                release.seed,
                release.git_commit,
                saved.fitted_with,
                "held-out rows" if labelled is not None and labelled.unseen else "rows that it may have learned from",
            ),
            seal_key=release.seal_key,
            targets=target_names(choices.targets, []) if choices.targets else None,
        )
        return register_estimator(saved.estimator, rows, self._registry, packaging)

    def _outcome(self, packaged: Packaged) -> Outcome:
        version, champion = packaged.registered.version, champion_if_known(self._registry)
        if self._choices.labelled is None and version != champion:
            verdict = _unmeasured(version, self._registry.name)
            return Outcome(promoted=False, verdict=verdict, champion=champion)
        self._progress("comparing with the champion")
        choices = self._choices.release
        options = PromotionOptions(choices.terms, choices.trust, choices.promote, choices.release)
        return promote_if_not_worse(self._registry, version, packaged.data.holdout, options)


def _unmeasured(version: int, name: str) -> Verdict:
    advice = f"twinserve promote {version} --name {name} promotes it unmeasured"
    return Verdict(passed=False, reason=f"Not measured, as no rows were given; {advice}.")


def _declared_names(declared: type[BaseModel] | Signature | None) -> Sequence[str]:
    if declared is None:
        return ()
    signature = declared if isinstance(declared, Signature) else from_pydantic(declared)
    return [feature.name for feature in signature.features]


def _given(estimator: Any, labelled: Labelled, declared: Sequence[str]) -> tuple[GivenRows, Signature]:
    """The columns that the model takes, in its order, with the target, and their signature; raises `WrongRows`."""
    frame = labelled.frame
    listed = [str(name) for name in frame.columns]
    targets = target_names(labelled.targets, listed)
    for name in targets:
        if name not in listed:
            raise WrongRows(f"There is no column {name!r}; the table has {', '.join(listed)}.")
    if not targets and task_of(estimator) != "anomaly":
        raise WrongRows("--data and --target belong together: a table, and the column that the model predicts.")
    weight = labelled.weight
    if weight is not None and weight not in frame.columns:
        raise no_such_column(weight, listed, " (--weight)")
    if weight in targets:
        raise WrongRows(f"{weight!r} is the target, so it cannot weigh the rows.")
    features = frame.drop(columns=list(targets))
    own = getattr(estimator, "feature_names_in_", None)
    wanted = declared if own is None else [str(name) for name in own]
    if own is None and not set(wanted) <= set(features.columns):
        wanted = [name for name in features.columns if name != weight]  # Fitted on an array, its names are made up.
    missing = [name for name in wanted if name not in features.columns]
    if missing:
        raise WrongRows(f"The table has no column {missing[0]!r}, on which the model was fitted.")
    unwanted = [str(name) for name in frame.columns if str(name) not in wanted]
    read = from_table(features[list(wanted)], drop=False, others=unwanted)
    others = {**{str(name): NOT_LEARNED for name in features.columns}, **dict.fromkeys(targets, IS_TARGET)}
    others |= {} if weight is None else {weight: LEFT_OUT["weight"]}
    weights = None if weight is None else features[weight]
    columns = [_target(frame[name]) for name in targets]
    target = None if not columns else columns[0] if len(columns) == 1 else pd.concat(columns, axis="columns")
    rows = GivenRows(read.frame, target, features, task=task_of(estimator), weights=weights, others=others)
    return rows, read.signature


def _target(values: pd.Series[Any]) -> pd.Series[Any]:
    """The target; booleans that a CSV file writes as `True` become `true`, as labels are written."""
    if {plain_text(value).lower() for value in values.dropna().tolist()} <= BOOLEANS:
        return values.map(lambda value: plain_text(value).lower(), na_action="ignore")
    return values

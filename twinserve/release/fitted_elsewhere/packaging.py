"""A fitted estimator becomes a version: with rows that it is evaluated on, or without any."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Real
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from pydantic import BaseModel
from sklearn.base import is_classifier, is_regressor

from twinserve.arrays import FloatArray
from twinserve.errors import CannotPackage, ModelError
from twinserve.metric import DEFAULT, METRICS, Metric, Task, about, metric_of, names
from twinserve.notes import Note
from twinserve.predict.targets.quantiles import Quantiles
from twinserve.predict.targets.several_values import SeveralValues
from twinserve.proof.prove import compile_model, prove
from twinserve.recipes import Decision, Recipe, Table
from twinserve.release.build import Built, Lineage, Registered, register
from twinserve.release.fitted_elsewhere.fitted_on import require_importable
from twinserve.release.fitted_elsewhere.given_rows import Given, GivenRows, from_rows, without_rows
from twinserve.release.fitted_elsewhere.same_answers import (
    named_columns,
    require_classes,
    short_name,
    with_same_answers,
)
from twinserve.release.fitted_elsewhere.targets import is_detector, names_of, of_quantiles, target_of
from twinserve.release.nulls import null_notes
from twinserve.release.quality import Quality, evaluate_on_holdout
from twinserve.signature import Signature
from twinserve.signature.frames import to_frame
from twinserve.signature.signature import OutOfRange, require_policy
from twinserve.store.manifest import EvaluatedOn
from twinserve.store.pipelines.pipeline_file import require_fitted_here
from twinserve.store.registry import Registry
from twinserve.training.baselines import baseline
from twinserve.training.data import Data, Rows, noted, require_weighable
from twinserve.training.fit import Fitted
from twinserve.training.unseen_values import raising_encoder, require_tolerance

MEDIAN: Final = 0.5
FITTED_ELSEWHERE: Final[Mapping[EvaluatedOn, Note]] = MappingProxyType(
    {
        "held-out rows": Note(
            "warning",
            None,
            "fitted elsewhere: metrics and coverage are valid only if it was not fitted on the held-out rows",
        ),
        "rows that it may have learned from": Note(
            "warning", None, "fitted elsewhere: the metrics are of rows that it may have learned from"
        ),
        "nothing": Note(
            "warning", None, "fitted elsewhere and given without rows: proved on made rows only, and not measured"
        ),
    }
)


@dataclass(frozen=True)
class Packaging:
    """What is known of an estimator beside its rows, and what the person who packages it chooses."""

    input: type[BaseModel] | Signature | None = None
    """Describes the columns; None: the rows do, or what the estimator knows."""
    metric: str | Metric | None = None
    positive: str | None = None
    """The class of two that average precision is about."""
    intended_use: str = "Not stated."
    out_of_range: OutOfRange = "warn"
    source: str = "given in Python"
    example: pd.DataFrame | None = None
    """Rows to start from where none are given."""
    lineage: Lineage = field(default_factory=lambda: Lineage(seed=0, git_commit=None))
    """Where rows are given; without any, nothing is evaluated, whatever it says."""
    seal_key: bytes | None = field(default=None, repr=False)
    targets: tuple[str, ...] | None = None
    """The names of several targets, where no rows are given."""

    def __post_init__(self) -> None:
        """Raise `AskedWrongly` for an unknown policy."""
        require_policy(self.out_of_range)


@dataclass(frozen=True)
class Packaged:
    """A registered version, which may have been there before, and what it was made of."""

    recipe: Recipe
    data: Data
    fitted: Fitted
    registered: Registered


def register_estimator(estimator: Any, rows: GivenRows | None, registry: Registry, packaging: Packaging) -> Packaged:
    """Compile, prove, evaluate and register a fitted estimator, without promoting it.

    Raises `Disagreement`, `CannotTrain`, `CannotPackage`, and `OSError` where the disk refuses."""
    if isinstance(estimator, Mapping) and all(isinstance(level, Real) for level in estimator):
        estimator = of_quantiles(estimator)
    with _as_cannot_package(estimator):
        given, copied = _given(estimator, rows, packaging)
        require_importable(estimator)
        frame = to_frame(given.whole, given.data.signature)
        copied = with_same_answers(estimator, copied, given.table, frame, given.data.target)
        encoder = raising_encoder(copied) if packaging.out_of_range == "warn" else None
        if encoder is not None:
            require_tolerance(copied, encoder, given.sides[0], given.data.signature)
        probed = replace(given.data, everything=Rows(given.whole, np.zeros(len(given.whole))))
        data = noted(given.data, null_notes(copied, probed))
        recipe = _recipe(registry.name, copied, rows, packaging, data)
        dummy = None if rows is None else baseline(data)
        fitted = Fitted(short_name(estimator), copied, {}, baseline=dummy)
        built = _built(recipe, replace(given, data=data), fitted, packaging)
        registered = register(registry, built, seal_key=packaging.seal_key, unless_same=True)
    return Packaged(recipe, data, fitted, registered)


def _given(estimator: Any, rows: GivenRows | None, packaging: Packaging) -> tuple[Given, Any]:
    """The rows that prove the estimator, and a copy of it with the names of their columns."""
    if rows is not None:
        frame, signature = rows.described(packaging.input)
        task, names = task_of(estimator), rows.targets or names_of(rows.target)
        copied = named_columns(estimator, list(frame.columns))
        target = target_of(copied, task, _answers(estimator, rows.table), names)
        if rows.target is None and task != "anomaly":
            raise CannotPackage("X and y belong together: give both, or None for both.")
        return from_rows(rows, frame, signature, target, packaging.source), copied
    task = task_of(estimator)
    if task == "classification":
        require_classes(estimator)
    made = partial(target_of, estimator, task, names=packaging.targets)
    seed = packaging.lineage.seed
    given = without_rows(estimator, packaging.input, packaging.example, made, packaging.source, seed=seed)
    return given, named_columns(estimator, [feature.name for feature in given.data.signature.features])


def _built(recipe: Recipe, given: Given, fitted: Fitted, packaging: Packaging) -> Built:
    data, lineage = given.data, packaging.lineage
    graph = compile_model(fitted.pipeline, data.signature)
    proved = prove(fitted.pipeline, graph, data.signature, data.target, given.sides, lineage.seed)
    if len(data.holdout):
        quality = evaluate_on_holdout(proved.predictor, data, fitted.baseline, lineage.seed, recipe.metric)
        return Built(recipe, data, fitted, proved, quality, lineage)
    proved = replace(proved, made_rows=[given.sides[0], *proved.made_rows])
    return Built(recipe, data, fitted, proved, Quality({}, {}, {}), replace(lineage, evaluated_on="nothing"))


def _recipe(name: str, estimator: Any, rows: GivenRows | None, packaging: Packaging, data: Data) -> Recipe:
    note = FITTED_ELSEWHERE["nothing" if rows is None else packaging.lineage.evaluated_on]
    decision = Decision(packaging.positive)
    decision.require_for(data.classes, data.target.task)
    metric = _metric(estimator, data, packaging.metric)
    if data.weight is not None:
        require_weighable(metric)
    return Recipe(
        name=name,
        task=data.target.task,
        input=data.signature,
        load=lambda: Table(
            to_frame(data.everything.columns, data.signature), _column(data.everything.y_true), data.source
        ),
        candidates=lambda _: {},
        metric=about(metric, packaging.positive, data.classes),
        decision=decision,
        intended_use=packaging.intended_use,
        notes=(note,),
    )


def _column(y_true: FloatArray) -> Any:
    return pd.Series(y_true) if y_true.ndim == 1 else pd.DataFrame(y_true)


@contextmanager
def _as_cannot_package(estimator: Any) -> Iterator[None]:
    """Turn any exception into `CannotPackage`: an estimator may hold code that raises anything.

    Of the exception only its class is told, as its message may hold values of the table; it is the cause."""
    try:
        yield
    except (ModelError, OSError):
        raise
    except Exception as error:
        raise CannotPackage(
            f"{short_name(estimator)} cannot be packaged, as it raises a {type(error).__name__} when it is copied, "
            "asked or stored; try that with a few rows to see why."
        ) from error


def task_of(estimator: Any) -> Task:
    """The task of an estimator.

    Raises `CannotPackage` for what is no predictor, and for one that another scikit-learn fitted."""
    if hasattr(estimator, "__sklearn_tags__"):  # Otherwise scikit-learn raises an error of its own.
        require_fitted_here(estimator)
        with _as_cannot_package(estimator):  # One from a damaged file may lack what it was made with.
            if is_classifier(estimator):
                return "classification"
            if is_regressor(estimator):
                return "regression"
            if is_detector(estimator):
                return "anomaly"
    raise CannotPackage(
        f"{type(estimator).__name__} is neither a classifier nor a regressor nor an anomaly detector of scikit-learn."
    )


def _answers(estimator: Any, table: Any) -> Any:
    """The answers to the first row; None where it raises, which is told where all rows are asked."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return estimator.predict(table[:1])
    except Exception:  # An estimator may raise anything.
        return None


def _metric(estimator: Any, data: Data, metric: str | Metric | None) -> str | Metric:
    """The metric that decides: the given one, or the first that the model allows; raises `CannotPackage`."""
    target = data.target
    probabilities = hasattr(estimator, "predict_proba")
    known = names(
        target.task,
        probabilities=probabilities,
        of_values=isinstance(target, SeveralValues) if target.task == "multi-output" else None,
        truth=not np.isnan(data.everything.y_true).any(),
    )
    if metric is None and isinstance(target, Quantiles):
        level = target.levels[target.middle]
        return "pinball" if level == MEDIAN else f"pinball_{level:g}"
    if metric is None:
        return DEFAULT[target.task] if DEFAULT[target.task] in known else known[0]
    if str(metric) not in METRICS or metric_of(metric).task != target.task or str(metric) in known:
        return metric
    if metric_of(metric).needs_probabilities and not probabilities and not isinstance(target, SeveralValues):
        raise CannotPackage(f"{metric} needs probabilities and {type(estimator).__name__} gives labels only.")
    raise CannotPackage(f"{metric} is no metric of this model and its rows; it has {', '.join(known)}.")

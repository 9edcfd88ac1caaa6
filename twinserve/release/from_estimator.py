"""Register a model that was fitted elsewhere as a version:

from twinserve import package

version = package(estimator, X, y, name="loans")
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel
from sklearn.base import is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from twinserve.arrays import BoolArray
from twinserve.errors import CannotPackage, ModelError
from twinserve.metric import DEFAULT, METRICS, Task, names
from twinserve.notes import Note
from twinserve.recipes import Recipe, Table
from twinserve.recipes.target import label_text
from twinserve.release.build import Lineage, build
from twinserve.release.given_rows import described, divided, encoded_target, mask
from twinserve.release.nulls import columns_refused_as_null, null_notes
from twinserve.release.text_labels import is_computed, labels_of, with_text_labels
from twinserve.signature.frames import to_frame
from twinserve.signature.signature import OutOfRange
from twinserve.store.registry import Registry
from twinserve.training.data import noted
from twinserve.training.fit import Fitted, baseline
from twinserve.training.unseen_values import raising_encoder, require_tolerance

TOLERANCE: Final = 1e-9
FITTED_ELSEWHERE: Final = Note(
    "warning", None, "fitted elsewhere: the metrics are valid only if it was not fitted on the held-out rows"
)


def package(
    estimator: Any,
    X: Any,  # noqa: N803  # As scikit-learn calls it.
    y: Any,
    *,
    name: str,
    input: type[BaseModel] | None = None,  # noqa: A002  # The word that a recipe uses.
    artifacts: str | Path = "artifacts",
    metric: str | None = None,
    intended_use: str = "Not stated.",
    seed: int = 0,
    out_of_range: OutOfRange = "warn",
) -> int:
    """Prove and register a fitted estimator; gives the number of the new version, which is not promoted.

    `X` is the table it predicts from: a DataFrame whose dotted column names make the nesting, or an array with `input`,
    a Pydantic class of as many leaves. The model is evaluated on the rows that `held_out` names: fit it on the others.
    `out_of_range` is the policy of the servers: under `warn` no encoder may raise on an unknown category.
    Raises `Disagreement` with every field in which `input` and `X` differ, `CannotTrain` and `CannotPackage`.
    """
    with _as_cannot_package(estimator):
        frame, signature = described(X, input)
        task: Task = _task(estimator)
        copied = _named_columns(estimator, list(frame.columns))
        classes = _classes(copied) if task == "classification" else None
        data = divided(frame, signature, encoded_target(y, classes, len(frame)), classes)
        copied = _with_same_answers(estimator, copied, X, to_frame(data.everything.columns, data.signature))
        encoder = raising_encoder(copied) if out_of_range == "warn" else None
        if encoder is not None:
            require_tolerance(copied, encoder, data.train.columns, data.signature)
        data = noted(data, null_notes(copied, data))
        recipe = Recipe(
            name=name,
            task=task,
            input=data.signature,
            load=lambda: Table(frame, pd.Series(y), "given in Python"),
            candidates=lambda _: {},
            metric=_metric(copied, task, metric),
            intended_use=intended_use,
            notes=(FITTED_ELSEWHERE,),
        )
        fitted = Fitted(_short_name(estimator), copied, {}, baseline=baseline(data))
        version, _ = build(Registry(Path(artifacts), name), recipe, data, fitted, Lineage(seed, None))
    for note in data.notes:
        warnings.warn(f"{note.column}: {note.sentence}.", stacklevel=2)
    return version


@contextmanager
def _as_cannot_package(estimator: Any) -> Iterator[None]:
    """Turn any exception into `CannotPackage`: an estimator may hold code that raises anything."""
    try:
        yield
    except (ModelError, OSError):
        raise
    except Exception as error:
        raise CannotPackage(f"{_short_name(estimator)} cannot be packaged: {_first_line(error)}.") from error


def held_out(X: Any, input: type[BaseModel] | None = None) -> BoolArray:  # noqa: A002, N803  # As above.
    """The rows, `[n]`, on which a model will be evaluated: fit yours on the others."""
    frame, signature = described(X, input)
    return mask(frame, signature)


def _task(estimator: Any) -> Task:
    if hasattr(estimator, "__sklearn_tags__"):  # Otherwise scikit-learn raises an error of its own.
        if is_classifier(estimator):
            return "classification"
        if is_regressor(estimator):
            return "regression"
    raise CannotPackage(f"{type(estimator).__name__} is neither a classifier nor a regressor of scikit-learn.")


def _metric(estimator: Any, task: Task, metric: str | None) -> str:
    if task == "regression" or hasattr(estimator, "predict_proba"):
        return metric or DEFAULT[task]
    if metric is not None and metric in METRICS and METRICS[metric].needs_probabilities:
        raise CannotPackage(f"{metric} needs probabilities and {type(estimator).__name__} gives labels only.")
    return metric or names(task, probabilities=False)[0]


def _named_columns(estimator: Any, names: list[str]) -> Any:
    """A copy with `feature_names_in_`; raises `CannotPackage` where it was fitted on other columns."""
    copied = copy.deepcopy(estimator)
    steps = [step for _, step in copied.steps] if isinstance(copied, Pipeline) else [copied]
    first = next((step for step in steps if not (step is None or isinstance(step, str))), copied)
    if getattr(copied, "n_features_in_", len(names)) != len(names):
        raise CannotPackage(f"It was fitted on {copied.n_features_in_} columns and the table has {len(names)}.")
    if not hasattr(copied, "feature_names_in_"):
        if is_computed(first, "feature_names_in_"):
            raise CannotPackage(f"{type(first).__name__} was fitted without column names; fit it on a DataFrame.")
        first.feature_names_in_ = np.array(names, dtype=object)
    return copied


def _classes(estimator: Any) -> tuple[str, ...]:
    if not hasattr(estimator, "classes_"):
        raise CannotPackage(f"{type(estimator).__name__} has no classes yet; fit it first.")
    return labels_of(estimator)


def _with_same_answers(estimator: Any, copied: Any, given: Any, made: pd.DataFrame) -> Any:
    """A copy with text labels that answers on the service's table as the estimator does on the given one.

    The service builds its table from JSON, of float64, str and datetime64 columns only; raises `CannotPackage` where
    the estimator answers differently on such a table."""
    try:
        with np.errstate(all="ignore"):  # An overflow gives a NaN, which the comparison sees.
            expected = np.asarray(estimator.predict(given))
    except Exception as error:
        refused = columns_refused_as_null(estimator, given)
        if not refused:
            raise
        raise CannotPackage(
            f"X holds nulls in {', '.join(refused)}, on which {_short_name(estimator)} raises: put an imputer into the "
            "pipeline, use a HistGradientBoosting, which takes nulls, or leave those rows out."
        ) from error
    reason = "answers differently"
    for candidate in [copied] if is_regressor(estimator) else with_text_labels(copied, _classes(copied)):
        try:
            with np.errstate(all="ignore"):
                answers = candidate.predict(made)
            if _same(expected, answers, numbers=is_regressor(estimator)):
                return candidate
        except Exception as error:
            reason = f"fails ({_first_line(error)})"
    raise CannotPackage(
        f"It {reason} on a table of plain float64, str and datetime64 columns with text labels, as a service makes it; "
        "put the conversion into the pipeline, or fit it on such a table."
    )


def _same(expected: NDArray[Any], answers: Any, *, numbers: bool) -> bool:
    if numbers:
        return np.allclose(expected.astype(np.float64), answers, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    return [label_text(label) for label in expected.tolist()] == list(answers)


def _short_name(estimator: Any) -> str:
    return type(estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator).__name__


def _first_line(error: Exception) -> str:
    """The class of an error and the first line of its message."""
    return f"{type(error).__name__}: {str(error).strip()}".splitlines()[0].rstrip(". :")

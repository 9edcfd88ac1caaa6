"""A model that was fitted elsewhere, made into a version of ours:

from twinserve.release.from_estimator import package

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
from twinserve.evaluate.metrics import LABELS, PROBABILITIES
from twinserve.notes import Note
from twinserve.recipes import Recipe, Table, Task
from twinserve.recipes.recipe import METRICS
from twinserve.recipes.target import label_text
from twinserve.release import packaging
from twinserve.release.given_rows import described, divided, mask, truth
from twinserve.release.nulls import columns_refused_as_null, null_notes
from twinserve.release.packaging import Lineage
from twinserve.release.text_labels import is_computed, labels_of, with_text_labels
from twinserve.signature.frames import to_frame
from twinserve.signature.signature import OutOfRange
from twinserve.store.registry import Registry
from twinserve.training.data import noted
from twinserve.training.fit import Fitted, baseline
from twinserve.training.unseen_values import raising_encoder, require_tolerance

TOLERANCE: Final = 1e-9
FITTED_ELSEWHERE: Final = Note(
    "warning", None, "fitted elsewhere: the figures are honest only if it never saw the held-out rows"
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

    `X` is the table it predicts from, as a DataFrame whose dotted column names make the nesting, or as an array with
    `input`, a Pydantic class of as many leaves. Its rows and `y` judge the model, on those that `held_out` names: fit
    on the others. `out_of_range` is the servers' policy: under `warn` no encoder may raise on what it does not know.
    Raises `Disagreement` with every field in which `input` and `X` differ, `CannotTrain` and `CannotPackage`.
    """
    with _in_one_sentence(estimator):
        frame, signature = described(X, input)
        task: Task = _task(estimator)
        ours = _named_columns(estimator, list(frame.columns))
        classes = _classes(ours) if task == "classification" else None
        data = divided(frame, signature, truth(y, classes, len(frame)), classes)
        ours = _with_same_answers(estimator, ours, X, to_frame(data.everything.columns, data.signature))
        encoder = raising_encoder(ours) if out_of_range == "warn" else None
        if encoder is not None:
            require_tolerance(ours, encoder, data.train.columns, data.signature)
        data = noted(data, null_notes(ours, data))
        recipe = Recipe(
            name=name,
            task=task,
            input=data.signature,
            load=lambda: Table(frame, pd.Series(y), "given in Python"),
            candidates=lambda _: {},
            metric=_metric(ours, task, metric),
            intended_use=intended_use,
            notes=(FITTED_ELSEWHERE,),
        )
        fitted = Fitted(_short_name(estimator), ours, {}, baseline=baseline(data))
        version, _ = packaging.package(Registry(Path(artifacts), name), recipe, data, fitted, Lineage(seed, None))
    for note in data.notes:
        warnings.warn(f"{note.column}: {note.sentence}.", stacklevel=2)
    return version


@contextmanager
def _in_one_sentence(estimator: Any) -> Iterator[None]:
    """An estimator may hold anybody's code, and an odd one may surprise ours: what happens is told in a sentence."""
    try:
        yield
    except (ModelError, OSError):
        raise
    except Exception as error:
        raise CannotPackage(f"{_short_name(estimator)} cannot be packaged: {_told(error)}.") from error


def held_out(X: Any, input: type[BaseModel] | None = None) -> BoolArray:  # noqa: A002, N803  # As above.
    """Which rows will judge a model: fit yours on the others."""
    frame, signature = described(X, input)
    return mask(frame, signature)


def _task(estimator: Any) -> Task:
    if hasattr(estimator, "__sklearn_tags__"):  # Else scikit-learn raises, and not in a sentence.
        if is_classifier(estimator):
            return "classification"
        if is_regressor(estimator):
            return "regression"
    raise CannotPackage(f"{type(estimator).__name__} is neither a classifier nor a regressor of scikit-learn.")


def _metric(estimator: Any, task: Task, wished: str | None) -> str:
    if task == "regression" or hasattr(estimator, "predict_proba"):
        return wished or METRICS[task][0]
    if wished in PROBABILITIES:
        raise CannotPackage(f"{wished} needs probabilities and {type(estimator).__name__} gives labels only.")
    return wished or LABELS[0]


def _named_columns(estimator: Any, names: list[str]) -> Any:
    """A copy that knows its columns by name."""
    ours = copy.deepcopy(estimator)
    steps = [step for _, step in ours.steps] if isinstance(ours, Pipeline) else [ours]
    first = next((step for step in steps if not (step is None or isinstance(step, str))), ours)
    if getattr(ours, "n_features_in_", len(names)) != len(names):
        raise CannotPackage(f"It was fitted on {ours.n_features_in_} columns and the table has {len(names)}.")
    if not hasattr(ours, "feature_names_in_"):
        if is_computed(first, "feature_names_in_"):
            raise CannotPackage(f"{type(first).__name__} was fitted without column names; fit it on a DataFrame.")
        first.feature_names_in_ = np.array(names, dtype=object)
    return ours


def _classes(estimator: Any) -> tuple[str, ...]:
    if not hasattr(estimator, "classes_"):
        raise CannotPackage(f"{type(estimator).__name__} has no classes yet; fit it first.")
    return labels_of(estimator)


def _with_same_answers(estimator: Any, ours: Any, given: Any, made: pd.DataFrame) -> Any:
    """The copy that answers on the service's table as the estimator does on the given one, in texts.

    The service makes its table anew from JSON: plain floats, texts and dates; the estimator must not mind."""
    try:
        with np.errstate(all="ignore"):  # An overflow is no answer, and seen as such.
            theirs = np.asarray(estimator.predict(given))
    except Exception as error:
        guilty = columns_refused_as_null(estimator, given)
        if not guilty:
            raise
        raise CannotPackage(
            f"X holds nulls in {', '.join(guilty)}, on which {_short_name(estimator)} raises: put an imputer into the "
            "pipeline, or a HistGradientBoosting, which takes nulls, or leave those rows out."
        ) from error
    reason = "answers differently"
    for candidate in [ours] if is_regressor(estimator) else with_text_labels(ours, _classes(ours)):
        try:
            with np.errstate(all="ignore"):
                mine = candidate.predict(made)
            if _same(theirs, mine, numbers=is_regressor(estimator)):
                return candidate
        except Exception as error:
            reason = f"fails ({_told(error)})"
    raise CannotPackage(
        f"It {reason} on a table of plain float64, str and datetime64 columns and with text labels, which is what a "
        "service has; put the conversion into the pipeline, or fit it on such a table."
    )


def _same(theirs: NDArray[Any], mine: Any, *, numbers: bool) -> bool:
    if numbers:
        return np.allclose(theirs.astype(np.float64), mine, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    return [label_text(label) for label in theirs.tolist()] == list(mine)


def _short_name(estimator: Any) -> str:
    return type(estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator).__name__


def _told(error: Exception) -> str:
    """The kind of an error and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).strip()}".splitlines()[0].rstrip(". :")

"""A model that was fitted elsewhere, made into a version of ours:

from model.own import package

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

from model import packaging, training
from model.agreement import require_agreement
from model.errors import ModelError, UnsupportedInput
from model.evaluation import LABELS, PROBABILITIES, holdout_mask
from model.nulls import columns_refused_as_null, null_notes
from model.packaging import Lineage
from model.recipes import Recipe, Table, Task
from model.recipes.recipe import METRICS
from model.recipes.target import label_text
from model.registry import Registry
from model.relabelled import is_computed, labels_of, with_text_labels
from model.signature import OutOfRange, Signature, from_frame, observe, to_frame
from model.signature.from_table import Note, from_table
from model.strangers import raising_encoder, require_tolerance

TOLERANCE: Final = 1e-9
FITTED_ELSEWHERE: Final = Note(
    "warning", None, "fitted elsewhere: the figures are honest only if it never saw the held-out rows"
)


class CannotPackage(ModelError):
    """This estimator cannot be served as it is; the text says why."""


def package(
    estimator: Any,
    X: Any,  # noqa: N803  # As scikit-learn calls it.
    y: Any,
    *,
    name: str,
    input: type[BaseModel] | None = None,  # noqa: A002  # The word that a recipe uses.
    artifacts: str | Path = "artifacts",
    metric: str | None = None,
    intended_use: str = "Nobody has said.",
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
        frame, signature = _described(X, input)
        task: Task = _task(estimator)
        ours = _named_columns(estimator, list(frame.columns))
        classes = _classes(ours) if task == "classification" else None
        data = _divided(frame, signature, _truth(y, classes, len(frame)), classes)
        ours = _with_same_answers(estimator, ours, X, to_frame(data.everything.columns, data.signature))
        encoder = raising_encoder(ours) if out_of_range == "warn" else None
        if encoder is not None:
            require_tolerance(ours, encoder, data.train.columns, data.signature)
        data = training.noted(data, null_notes(ours, data))
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
        fitted = training.Fitted(_short_name(estimator), ours, {}, baseline=training.baseline(data))
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


def held_out(X: Any, input: type[BaseModel] | None = None) -> NDArray[np.bool_]:  # noqa: A002, N803  # As above.
    """Which rows will judge a model: fit yours on the others."""
    frame, signature = _described(X, input)
    return _mask(frame, signature)


def _described(table: Any, declared: type[BaseModel] | None) -> tuple[pd.DataFrame, Signature]:
    """The rows as a table, and its signature with the features in the table's order."""
    signature = None if declared is None else Signature.from_pydantic(declared)
    if not isinstance(table, pd.DataFrame):
        table = _named(np.asarray(table), signature)
    if not len(table):
        raise UnsupportedInput("X has no rows.")
    frame = table.set_axis([str(name) for name in table.columns], axis="columns").reset_index(drop=True)
    if signature is None:
        understood = from_table(frame, recognise=False, drop=False)
        return understood.frame, understood.signature
    require_agreement(signature, frame, exact=True)
    by_name = {feature.name: feature for feature in signature.features}
    return frame, signature.model_copy(update={"features": tuple(by_name[name] for name in frame.columns)})


def _named(rows: NDArray[Any], signature: Signature | None) -> pd.DataFrame:
    if signature is None:
        raise UnsupportedInput("An array has no column names; give a DataFrame, or input= with a Pydantic class.")
    if rows.ndim != 2 or rows.shape[1] != len(signature.features):
        raise UnsupportedInput(f"The array has the shape {rows.shape} and the input {len(signature.features)} leaves.")
    return pd.DataFrame(rows, columns=[feature.name for feature in signature.features]).infer_objects()


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


def _truth(target: Any, classes: tuple[str, ...] | None, rows: int) -> NDArray[np.float64]:
    values = pd.Series(np.asarray(target).reshape(-1)) if not isinstance(target, pd.Series) else target
    if len(values) != rows:
        raise CannotPackage(f"X has {rows} rows and y has {len(values)}.")
    if values.isna().any():
        raise CannotPackage(f"y is missing in {int(values.isna().sum())} rows; leave those rows out.")
    if classes is None:
        return values.to_numpy(dtype=np.float64)
    codes = {label: code for code, label in enumerate(classes)}
    labels = [label_text(value) for value in values.tolist()]
    strange = sorted(set(labels) - set(codes))
    if strange:
        raise CannotPackage(f"y holds {strange[0]!r}, and the estimator knows {', '.join(classes)} only.")
    return np.array([codes[label] for label in labels], dtype=np.float64)


def _mask(frame: pd.DataFrame, signature: Signature) -> NDArray[np.bool_]:
    observed = observe(signature, frame)
    return holdout_mask(from_frame(frame, observed), observed)


def _divided(
    frame: pd.DataFrame, signature: Signature, truth: NDArray[np.float64], classes: tuple[str, ...] | None
) -> training.Data:
    mask = _mask(frame, signature)
    observed = observe(signature, frame[~mask])
    return training.divide("given in Python", from_frame(frame, observed), observed, truth, classes, mask)


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

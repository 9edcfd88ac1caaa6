"""A copy of a fitted estimator that answers on the service's table as the estimator does on its own."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_regressor
from sklearn.pipeline import Pipeline

from twinserve.errors import CannotPackage
from twinserve.estimators.categories import Categories, categories_of
from twinserve.predict.predictor import TOLERANCE
from twinserve.predict.targets.quantiles import Quantiles
from twinserve.predict.targets.target import Target
from twinserve.release.fitted_elsewhere.fitted_on import infinite, refused_for, require_same_columns
from twinserve.release.fitted_elsewhere.text_labels import is_computed, labels_of, with_text_labels
from twinserve.release.nulls import columns_refused_as_null
from twinserve.signature.sources.type_inference import plain_text

ABOUT_NAMES: Final = "X (has|does not have valid) feature names"
"""Of an estimator that was fitted on an array, and of one that drops the names itself (LocalOutlierFactor)."""


def named_columns(estimator: Any, names: list[str]) -> Any:
    """A copy with `feature_names_in_`; raises `CannotPackage` where it was fitted on other columns."""
    copied = copy.deepcopy(estimator)
    steps = [step for _, step in copied.steps] if isinstance(copied, Pipeline) else [copied]
    first = next((step for step in steps if not (step is None or isinstance(step, str))), copied)
    require_same_columns(estimator, names)  # A copy of a CatBoost model says that it has none.
    if not hasattr(copied, "feature_names_in_"):
        if is_computed(first, "feature_names_in_"):
            raise CannotPackage(f"{type(first).__name__} was fitted without column names; fit it on a DataFrame.")
        first.feature_names_in_ = np.array(names, dtype=object)
    return copied


def classes_of(estimator: Any) -> tuple[str, ...]:
    """Its classes as texts; raises `CannotPackage` where it is not fitted."""
    require_classes(estimator)
    return labels_of(estimator)


def require_classes(classifier: Any) -> None:
    """Raise `CannotPackage` where a classifier is not fitted."""
    if not hasattr(classifier, "classes_"):
        raise CannotPackage(f"{type(classifier).__name__} has no classes yet; fit it first.")


def with_same_answers(estimator: Any, copied: Any, given: Any, made: pd.DataFrame, target: Target) -> Any:
    """A copy that answers on the service's table as the estimator does on the given one; a single label is a text.

    The service builds its table from JSON, of float64, str and datetime64 columns only; raises `CannotPackage` where
    the estimator answers differently on such a table."""
    try:
        with (
            np.errstate(all="ignore"),
            warnings.catch_warnings(),
        ):  # An overflow gives a NaN, which the comparison sees.
            warnings.filterwarnings("ignore", ABOUT_NAMES, UserWarning)
            expected = np.asarray(estimator.predict(given))
    except Exception as error:
        if (reason := refused_for(estimator, given)) is not None:
            raise CannotPackage(reason) from error
        refused = columns_refused_as_null(estimator, given)
        if not refused:
            raise
        raise CannotPackage(
            f"X holds nulls in {', '.join(refused)}, on which {short_name(estimator)} raises: put an imputer into the "
            "pipeline, use a HistGradientBoosting, which takes nulls, or leave those rows out."
        ) from error
    is_one = target.task in ("classification", "regression")
    if is_one and expected.shape == (len(given), 1):
        expected = expected[:, 0]
    if expected.ndim != 1 and is_one and not isinstance(target, Quantiles):
        raise CannotPackage(
            f"{short_name(estimator)} predicts an array of {expected.ndim} dimensions; fit it on a target of one, such "
            "as y.ravel()."
        )
    reason = "answers differently"
    for candidate in _candidates(copied, given, target):
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.filterwarnings("ignore", ABOUT_NAMES, UserWarning)
                answers = np.asarray(candidate.predict(made)).reshape(expected.shape)
            is_same = _same(expected, answers, numbers=is_regressor(estimator), texts=target.classes is not None)
        except Exception as error:
            is_same, reason = False, f"fails ({type(error).__name__})"
        if is_same:
            if target.classes is not None:
                _require_probabilities(candidate, made)
            return candidate
    raise CannotPackage(
        infinite(given)
        or f"It {reason} on a table of plain float64, str and datetime64 columns with text labels, as a service makes "
        "it; put the conversion into the pipeline, or fit it on such a table."
    )


def _candidates(copied: Any, given: Any, target: Target) -> Iterator[Any]:
    """Copies that take the service's table, the simplest first.

    The last ones make categories of its texts, as the given table has them."""
    for one in (copied, *_with_categories(copied, given)):
        yield from [one] if target.classes is None else with_text_labels(one, classes_of(copied))


def _with_categories(copied: Any, given: Any) -> Iterator[Pipeline]:
    own = categories_of(given)
    if own:
        steps = copied.steps if isinstance(copied, Pipeline) else [("model", copied)]
        made = Categories.of(own, [str(name) for name in given.columns])
        yield Pipeline([("categories", made), *steps])


def _require_probabilities(model: Any, made: pd.DataFrame) -> None:
    """Raise `CannotPackage` unless a classifier gives one probability for each of its classes, or none at all."""
    if not hasattr(model, "predict_proba"):
        return
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.filterwarnings("ignore", ABOUT_NAMES, UserWarning)
            shape = np.shape(model.predict_proba(made[:1]))
    except Exception as error:  # An estimator may hold code that raises anything.
        raise CannotPackage(
            f"{short_name(model)} raises a {type(error).__name__} when it is asked for one row alone, as a service "
            "asks it; try that to see why, and put what reads a single row otherwise out of the pipeline."
        ) from error
    if shape != (1, len(model.classes_)):
        raise CannotPackage(
            f"{short_name(model)} has {len(model.classes_)} classes and its predict_proba gives an array of the shape "
            f"{shape} for one row; let it give one column for each class."
        )


def _same(expected: NDArray[Any], answers: Any, *, numbers: bool, texts: bool) -> bool:
    if numbers:
        return np.allclose(expected.astype(np.float64), answers, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    if not texts:  # Labels of several targets, or those of an anomaly detector, stay as they are.
        return np.array_equal(expected, np.asarray(answers))
    return [plain_text(label) for label in expected.tolist()] == list(answers)


def short_name(estimator: Any) -> str:
    """The class of an estimator, or of a pipeline's last step."""
    return type(estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator).__name__

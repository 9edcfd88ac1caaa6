"""Candidates by the class name of an estimator: of scikit-learn, and of XGBoost and LightGBM where installed."""

from __future__ import annotations

import difflib
import importlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from sklearn.pipeline import Pipeline
from sklearn.utils import all_estimators

from twinserve.errors import AskedWrongly
from twinserve.estimators.label_encoded import Coded
from twinserve.metric import Task
from twinserve.recipes.pipelines import (
    MOST_ITERATIONS,
    for_boosting,
    for_forest,
    for_linear,
    native_categories,
    pipelines,
)
from twinserve.signature.signature import Signature

DEFAULT: Final = "default"
"""Names the candidates that a table has without any name."""
OTHERS: Final[Mapping[Task, Mapping[str, str]]] = MappingProxyType(
    {
        "classification": {"XGBClassifier": "xgboost", "XGBRFClassifier": "xgboost", "LGBMClassifier": "lightgbm"},
        "regression": {"XGBRegressor": "xgboost", "XGBRFRegressor": "xgboost", "LGBMRegressor": "lightgbm"},
    }
)
"""The classes of other libraries, and where each is."""
PARAMETERS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "LogisticRegression": {"max_iter": MOST_ITERATIONS},
        "LGBMClassifier": {"verbose": -1},
        "LGBMRegressor": {"verbose": -1},
    }
)
"""Parameters that are not at their defaults."""
MOST_NEAR: Final = 3
FORESTS: Final = ("sklearn.ensemble.", "sklearn.tree.")


class NoSuchEstimator(AskedWrongly):
    """No estimator for this task has this name, or it cannot be made without arguments."""


def require_estimators(names: Iterable[str], task: Task) -> None:
    """Raise `NoSuchEstimator` before the training."""
    for name in names:
        if name != DEFAULT:
            _made(name, task, seed=0)


def candidates(
    names: Sequence[str], signature: Signature, task: Task, seed: int, rows: int = 0
) -> Mapping[str, Pipeline]:
    """An unfitted pipeline for each name, with the preprocessing that suits the class; without any, the usual ones for
    a table of so many `rows`."""
    chosen: dict[str, Pipeline] = {}
    for name in names or [DEFAULT]:
        if name == DEFAULT:
            chosen |= pipelines(signature, task, seed, rows)
        else:
            chosen[name] = _pipeline(name, signature, task, seed)
    return chosen


def _pipeline(name: str, signature: Signature, task: Task, seed: int) -> Pipeline:
    model = _made(name, task, seed)
    place = f"{type(model).__module__}."
    prepare = for_linear(signature)
    if name in OTHERS[task] or name.startswith("HistGradientBoosting"):
        prepare = for_boosting(signature)
    elif place.startswith(FORESTS):
        prepare = for_forest(signature)
    if name.startswith("HistGradientBoosting"):
        model.set_params(categorical_features=native_categories(signature))
    takes_codes_only = OTHERS[task].get(name) == "xgboost" and task == "classification"
    return Pipeline([("prepare", prepare), ("model", Coded(model) if takes_codes_only else model)])


def _made(name: str, task: Task, seed: int) -> Any:
    known = _known(task)
    if name not in known:
        near = _near(name, task)
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        raise NoSuchEstimator(
            f"There is no estimator {name!r} for a {task}; {meant}twinserve train --estimator list lists the names."
        )
    try:
        model = known[name]()
    except TypeError:
        raise NoSuchEstimator(f"{name} cannot be made without arguments; name it in a recipe of your own.") from None
    parameters = {"random_state": seed} if "random_state" in model.get_params() else {}
    return model.set_params(**parameters, **PARAMETERS.get(name, {}))


def names_of(task: Task) -> Sequence[str]:
    """The names that may be given for a task, the usual candidates first."""
    return [DEFAULT, *sorted(name for name in _known(task) if _is_made_alone(name, task))]


def _is_made_alone(name: str, task: Task) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # Of a class that is deprecated.
            _made(name, task, seed=0)
    except (NoSuchEstimator, FutureWarning):
        return False
    return True


def _near(name: str, task: Task) -> Sequence[str]:
    """Names that are spelled alike, whatever their case; those of a library where it is named."""
    library = [one for one, module in OTHERS[task].items() if name.casefold() == module]
    spelled = {one.casefold(): one for one in (*_known(task), DEFAULT)}
    return library or [spelled[one] for one in difflib.get_close_matches(name.casefold(), spelled, n=MOST_NEAR)]


@cache
def _known(task: Task) -> Mapping[str, type[Any]]:
    kind = "classifier" if task == "classification" else "regressor"
    known: dict[str, type[Any]] = dict(all_estimators(type_filter=kind))
    for name, module in OTHERS[task].items():
        try:
            known[name] = getattr(importlib.import_module(module), name)
        except ImportError:
            continue
    return known

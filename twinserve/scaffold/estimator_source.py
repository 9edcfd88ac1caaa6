"""scikit-learn estimators as the source that makes them: the class, and each parameter that is not at its default."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline, make_pipeline

from twinserve.scaffold.imports import Imports
from twinserve.scaffold.layout import Node, Text, call, sequence

SEED: Final = 421_739_265
"""The seed with which candidates are made here, to find where they use it."""
GROUPED: Final = 10_000
"""Numbers from here on are written with an underscore between thousands."""


class EstimatorSource:
    """Writes estimators, and collects what they import and the lists of columns that they name."""

    def __init__(self, imports: Imports) -> None:
        self.imports = imports
        self.columns: dict[str, Sequence[str]] = {}
        """The lists of columns by the name of their constant."""

    def of(self, value: Any) -> Node:
        """The source of an estimator or of the value of a parameter."""
        if isinstance(value, Pipeline):
            return self._pipeline(value)
        if isinstance(value, ColumnTransformer):
            return self._columns(value)
        if hasattr(value, "get_params"):
            return self._estimator(value)
        if isinstance(value, (list, tuple)):
            opening, closing = "[]" if isinstance(value, list) else "()"
            return sequence(opening, [self.of(item) for item in value], closing)
        return self._plain(value)

    def _plain(self, value: Any) -> Node:
        if isinstance(value, str):
            return Text(value)
        if value is None or isinstance(value, bool):
            return str(value)
        if isinstance(value, (int, float)) and math.isnan(value):
            return f"{self.imports.module('numpy', 'np')}.nan"
        if isinstance(value, (int, float)):
            return f"{value:_}" if isinstance(value, int) and abs(value) >= GROUPED else repr(value)
        raise TypeError(f"There is no source for a {type(value).__name__}.")

    def _pipeline(self, pipeline: Pipeline) -> Node:
        steps = [step for _, step in pipeline.steps]
        if [name for name, _ in make_pipeline(*steps).steps] == [name for name, _ in pipeline.steps]:
            return call(self.imports.name("sklearn.pipeline", "make_pipeline"), *map(self.of, steps))
        return call(self._class(pipeline), self.of(pipeline.steps), **self._keywords(pipeline, "steps"))

    def _columns(self, transformer: ColumnTransformer) -> Node:
        parts = [
            sequence("(", [Text(name), self.of(part), self._names(name, columns)], ")")
            for name, part, columns in transformer.transformers
        ]
        return call(self._class(transformer), sequence("[", parts, "]"), **self._keywords(transformer, "transformers"))

    def _names(self, name: str, columns: Any) -> Node:
        """The constant for a list of columns; a column that is named alone stays a string."""
        if isinstance(columns, str):
            return Text(columns)
        constant = name.upper()
        if self.columns.setdefault(constant, columns) != columns:
            raise ValueError(f"Two lists of columns are named {name!r}.")
        return constant

    def _estimator(self, estimator: Any) -> Node:
        return call(self._class(estimator), **self._keywords(estimator))

    def _keywords(self, estimator: Any, *left_out: str) -> Mapping[str, Node]:
        changed = (pair for pair in _changed(estimator) if pair[0] not in left_out)
        return {name: self._parameter(estimator, name, value) for name, value in changed}

    def _parameter(self, estimator: Any, name: str, value: Any) -> Node:
        if name == "random_state" and value == SEED:
            return "seed"
        if isinstance(value, list) and value == list(range(len(self.columns.get("CATEGORIES", ())))):
            return "list(range(len(CATEGORIES)))"
        if isinstance(value, tuple):
            module = sys.modules[type(estimator).__module__]
            for constant, held in vars(module).items():
                if constant.isupper() and held == value:
                    return self.imports.name(module.__name__, constant)
        return self.of(value)

    def _class(self, estimator: Any) -> str:
        kind = type(estimator)
        public = kind.__module__.partition("._")[0]
        return self.imports.name(public, kind.__name__)


def _changed(estimator: Any) -> Iterator[tuple[str, Any]]:
    """The parameters that are not at their defaults, in the order of the class."""
    values = estimator.get_params(deep=False)
    parameters = _parameters(type(estimator))
    for name, parameter in parameters.items():
        if name in values and not _same(values[name], parameter.default):
            yield name, values[name]
    yield from ((name, value) for name, value in values.items() if name not in parameters)  # LightGBM takes any.


def _parameters(kind: type[Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of a class; with those of its parents where it passes some on (XGBoost's)."""
    own, *parents = [inspect.signature(vars(one)["__init__"]) for one in kind.__mro__ if "__init__" in vars(one)][:-1]
    if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in own.parameters.values()):
        return own.parameters
    return {name: parameter for one in (*reversed(parents), own) for name, parameter in one.parameters.items()}


def _same(value: Any, default: Any) -> bool:
    if value is default:
        return True
    both_nan = isinstance(value, float) and isinstance(default, float) and math.isnan(value) and math.isnan(default)
    return both_nan or (type(value) is type(default) and bool(value == default))

"""The interface of targets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Protocol

from twinserve.arrays import FloatArray, IntArray
from twinserve.metric import Task
from twinserve.predict.predictor import Predictions

Templates = tuple[list[str], FloatArray | None]
"""For each row the members of its object as JSON, with `%s` for each number and `%%` for a percent sign; and the
numbers of all rows, `[n, numbers]` or `[n]`."""


class Coded(NamedTuple):
    """A column of texts."""

    codes: IntArray
    """`[n]`: places in `texts`."""
    texts: tuple[str, ...]


FlatColumns = dict[str, FloatArray | Coded]
UNEXPLAINED: Final = "The predictions of several targets have no explanation."
UNCOVERED: Final = "The predictions of several targets have no intervals and no sets."


class Target(Protocol):
    """What a model predicts; immutable, and equal where an answer has the same members."""

    @property
    def task(self) -> Task:
        """The name of the task."""

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The labels in the order of the probabilities, where a row has one label of several; else None."""

    @property
    def unexplained(self) -> str | None:
        """A sentence that says why predictions have no explanation; None where they have one."""

    @property
    def uncovered(self) -> str | None:
        """A sentence that says why predictions have no interval and no set; None where they may have one."""

    @property
    def members(self) -> dict[str, Any]:
        """The JSON Schema of each member of a prediction, in their order, without `warnings`."""

    def read(self, head: Any, prepared: Any) -> Predictions:
        """What a fitted estimator answers to the rows of its input."""

    def describe(self, predictions: Predictions) -> list[dict[str, Any]]:
        """Each prediction as the JSON object of a reply, without its warnings."""

    def flat(self, predictions: Predictions) -> FlatColumns:
        """The same as columns of a table, by their names: those of `describe`, with a dot before each inner name."""

    def templates(self, predictions: Predictions) -> Templates:
        """The same as text; raises `BadPrediction` where they are no predictions of this target."""


def quoted(text: str) -> str:
    """A text as JSON in a template."""
    return json.dumps(text).replace("%", "%%")


NUMBER: Final = {"type": "number", "format": "double"}


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a value of this schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def by_name(names: Iterable[str], schema: dict[str, Any], description: str) -> dict[str, Any]:
    """The JSON Schema of an object with a value of this schema for each name. The names are data, no members that a
    program would have types for: they may be anything, and the next version may have others."""
    listed = [*names]
    return {
        "type": "object",
        "description": description,
        "additionalProperties": schema,
        "propertyNames": {"enum": listed},
        "minProperties": len(listed),
    }

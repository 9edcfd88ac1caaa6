"""What is predicted from a table: one of its columns, or several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from twinserve.metric import DEFAULT, Task, names
from twinserve.recipes import target as targets
from twinserve.recipes.column_choices import no_such_column
from twinserve.recipes.target import BadTarget


@dataclass(frozen=True)
class Predicted:
    """The target of a table."""

    names: tuple[str, ...]
    """Of its columns."""
    task: Task
    each: Task
    """The task of each column."""
    target: Any
    """As `Table` holds it."""

    @property
    def metric(self) -> str:
        """The metric that decides unless somebody chooses one."""
        return names(self.task, of_values=self.each == "regression")[0] if self.is_several else DEFAULT[self.task]

    @property
    def is_several(self) -> bool:
        """Are there several columns?"""
        return self.task == "multi-output"

    @property
    def columns(self) -> list[pd.Series[Any]]:
        """Each column by itself."""
        return [self.target[name] for name in self.names] if self.is_several else [self.target]

    @property
    def told(self) -> str:
        """Its names, for a sentence."""
        return " and ".join(map(repr, self.names))


def target_names(given: Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that `--target a --target b` or `--target a,b` names; a column may have a comma in its name. Where no
    columns are known, every comma divides."""
    found: list[str] = []
    for text in given:
        parts = [part.strip() for part in text.split(",")]
        is_list = text not in columns and (not columns or not set(parts).isdisjoint(columns))
        found += parts if is_list else [text]
    if len(set(found)) != len(found):
        raise BadTarget("A target is named twice.")
    return tuple(found)


def rows_with_targets(frame: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    """The rows in which none of these columns is null; raises `NoSuchColumn`."""
    for name in wanted:
        if name not in frame.columns:
            raise no_such_column(name, [str(column) for column in frame.columns])
    return frame[frame[list(wanted)].notna().all(axis=1)].reset_index(drop=True)


def predicted(known: pd.DataFrame, wanted: tuple[str, ...], task: Task | None) -> Predicted:
    """The target in rows that have it; `task` is that of each column, None where it is guessed. Raises `BadTarget`."""
    columns = [known[name] for name in wanted]
    each = (None if task == "multi-output" else task) or _guessed(columns)
    read = [targets.labels(column) if each == "classification" else targets.values(column) for column in columns]
    if len(wanted) == 1 and task != "multi-output":
        return Predicted(wanted, each, each, read[0])
    table = pd.DataFrame(dict(zip(wanted, read, strict=True)))
    return Predicted(wanted, "multi-output", each, table)


def _guessed(columns: Sequence[pd.Series[Any]]) -> Task:
    """The task of each column alike: values where all are numbers of which some are no classes."""
    guesses = [targets.guess_task(column) for column in columns]
    if "regression" not in guesses:
        return "classification"
    texts = [str(column.name) for column in columns if not pd.api.types.is_numeric_dtype(column)]
    if texts:
        raise BadTarget(
            f"The target {texts[0]!r} holds labels and another one values, which no estimator learns together; train a "
            "model for each."
        )
    return "regression"

"""The rows that come with a model fitted elsewhere: their signature, and which of them are held out. Or made ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from twinserve.arrays import BoolArray, IntArray
from twinserve.errors import CannotPackage, CannotTrain, UnsupportedInput
from twinserve.metric import Task
from twinserve.predict.targets.target import Target
from twinserve.recipes.row_weights import row_weights
from twinserve.recipes.split import BY_CLASS, Split
from twinserve.release.fitted_elsewhere.known_columns import (
    Known,
    column_names,
    known_columns,
    refined,
    seen,
    signature_of,
)
from twinserve.release.fitted_elsewhere.made_rows import made_rows
from twinserve.release.fitted_elsewhere.targets import encoded_target
from twinserve.signature import Columns, Signature
from twinserve.signature.frames import from_frame, to_frame
from twinserve.signature.sources.agreement import require_agreement
from twinserve.signature.sources.from_pydantic import from_pydantic
from twinserve.signature.sources.from_table import from_table
from twinserve.signature.sources.training_profile import observe
from twinserve.training.data import Data, Rows, divide
from twinserve.training.holdout import held_out_rows, strata_of

Input = type[BaseModel] | Signature | None
"""What describes the columns, if anything does."""


@dataclass(frozen=True)
class GivenRows:
    """Rows and their target, as somebody has them."""

    table: Any
    target: Any
    given: pd.DataFrame | None = None
    """All columns of these rows, by which they are divided; None: the table has them."""
    split: Split = BY_CLASS
    holdout: Any = None
    """A mask, `[n]`, of the rows that are held out; None: the split decides."""
    task: Task | None = None
    """None: the target itself says whether it has classes to divide, alike before and after the fit."""
    targets: tuple[str, ...] | None = None
    """The names of several targets; None: those of the target's columns, else `y0`, `y1`, ..."""
    weights: pd.Series[Any] | None = None
    """The weight of each row, from 0, named by its column; None: all weigh the same."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Why each further column of these rows is no feature: requests may hold it, and it is ignored."""

    def described(self, declared: Input) -> tuple[pd.DataFrame, Signature]:
        """The rows as a table, and its signature with the features in the table's order."""
        frame, signature = described(self.table, declared, self.others)
        features = {feature.name for feature in signature.features}
        others = {name: why for name, why in self.others.items() if name not in features}
        return frame, signature.model_copy(update={"left_out": {**signature.left_out, **others}})

    def held_out(self, frame: pd.DataFrame) -> BoolArray:
        """The rows that are held out, `[n]`; `frame` is the table as `described` gives it. Raises `CannotPackage`."""
        if self.holdout is None:
            given = frame if self.given is None else self.given
            return held_out_rows(given, self._strata(len(frame)), self.split)
        mask = np.asarray(self.holdout)
        if mask.dtype != bool or mask.shape != (len(frame),):
            raise CannotPackage(f"holdout is a mask: one boolean for each of the {len(frame)} rows.")
        return mask

    def _strata(self, rows: int) -> IntArray:
        """The class of each row, `[n]`; all 0 of several targets, and where there is none."""
        if self.target is None:
            return np.zeros(rows, dtype=np.int64)
        shape = np.shape(self.target)
        if not shape or shape[0] != rows:
            raise CannotPackage(f"X has {rows} rows and y has {np.size(self.target)}.")
        if len(shape) == 2 and shape[1] != 1:
            return np.zeros(rows, dtype=np.int64)
        return strata_of(self.target, self.task)


@dataclass(frozen=True)
class Given:
    """The rows that an estimator is proved on."""

    data: Data
    """Without rows where none were given."""
    sides: tuple[Columns, Columns]
    """To learn from and held out; else made rows and none."""
    whole: Columns
    """All of them."""
    table: Any
    """The same rows as the estimator takes them."""


def from_rows(rows: GivenRows, frame: pd.DataFrame, signature: Signature, target: Target, source: str) -> Given:
    """Given rows, divided; raises `CannotPackage` and `CannotTrain`."""
    y_true, held_out = encoded_target(rows.target, target, len(frame)), rows.held_out(frame)
    observed = observe(signature, frame[~held_out])
    weights = None if rows.weights is None else row_weights(rows.weights).to_numpy()
    if weights is not None and len(weights) != len(frame):
        raise CannotPackage(f"X has {len(frame)} rows and weight has {len(weights)}.")
    try:
        data = divide(source, Rows(from_frame(frame, observed), y_true, weights), observed, target, held_out)
    except CannotTrain as error:
        raise CannotPackage(f"{error} Or give None for X and y: it is proved then, and not measured.") from None
    weight = (
        None if rows.weights is None else str("given in Python" if rows.weights.name is None else rows.weights.name)
    )
    data = replace(data, split=rows.split, own_holdout=rows.holdout is not None, weight=weight)
    return Given(data, data.sides, data.everything.columns, rows.table)


def without_rows(
    estimator: Any,
    declared: Input,
    example: pd.DataFrame | None,
    target: Callable[[Any], Target],
    source: str,
    *,
    seed: int,
) -> Given:
    """Made rows of the declared columns, or of those that the estimator knows; raises `CannotPackage`.

    `target` makes the target of the estimator's answers to them."""
    signature, known = _columns(estimator, declared)
    signature = seen(signature, known)
    made = made_rows(signature, known, example, seed)
    table = to_frame(made, signature)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Such as one about names, from an estimator that was fitted on an array.
            answers = estimator.predict(table)
    except Exception as error:  # An estimator may raise anything.
        raise CannotPackage(
            f"{type(estimator).__name__} has no answer to rows made of what is known about its columns "
            f"({type(error).__name__}); give rows with their target, or a Pydantic class as the input."
        ) from error
    none = Rows(made[:0], np.zeros(0))
    return Given(Data(source, signature, target(answers), none, none, none), (made, made[:0]), made, table)


def _columns(estimator: Any, declared: Input) -> tuple[Signature, Known]:
    """The signature in the order of the estimator's columns, and what it knows of them."""
    signature = signature_of(estimator) if declared is None else _declared(declared)
    by_name = {feature.name: feature for feature in signature.features}
    names = column_names(estimator) or tuple(by_name)
    if hasattr(estimator, "feature_names_in_"):
        differing = sorted(by_name.keys() ^ set(names))
        if differing:
            place = "declared and unknown to the model" if differing[0] in by_name else "not declared"
            raise CannotPackage(f"The input and the model disagree: {differing[0]} is {place}.")
        signature = signature.model_copy(update={"features": tuple(by_name[name] for name in names)})
    elif len(names) != len(by_name):
        raise CannotPackage(f"It was fitted on {len(names)} columns and the input has {len(by_name)} leaves.")
    known = known_columns(estimator, [feature.name for feature in signature.features])
    return refined(signature, known), known


def _declared(declared: type[BaseModel] | Signature) -> Signature:
    return declared if isinstance(declared, Signature) else from_pydantic(declared)


def described(table: Any, declared: Input, others: Collection[str] = ()) -> tuple[pd.DataFrame, Signature]:
    """The rows as a table, and its signature with the features in the table's order; `others` are further columns of
    these rows."""
    signature = None if declared is None else _declared(declared)
    if not isinstance(table, pd.DataFrame):
        table = _named(np.asarray(table), signature)
    if not len(table):
        raise UnsupportedInput("X has no rows.")
    frame = table.set_axis([str(name) for name in table.columns], axis="columns").reset_index(drop=True)
    if signature is None:
        understood = from_table(frame, recognise=False, drop=False, others=others)
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

"""The rows that come with a model fitted elsewhere: their signature, and which of them are held out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from twinserve.arrays import BoolArray, FloatArray
from twinserve.errors import CannotPackage, UnsupportedInput
from twinserve.recipes.target import label_text
from twinserve.signature import Signature
from twinserve.signature.frames import from_frame
from twinserve.signature.sources.agreement import require_agreement
from twinserve.signature.sources.from_pydantic import from_pydantic
from twinserve.signature.sources.from_table import from_table
from twinserve.signature.sources.training_profile import observe
from twinserve.training.data import Data, divide
from twinserve.training.holdout import holdout_mask


def described(table: Any, declared: type[BaseModel] | None) -> tuple[pd.DataFrame, Signature]:
    """The rows as a table, and its signature with the features in the table's order."""
    signature = None if declared is None else from_pydantic(declared)
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


def encoded_target(target: Any, classes: tuple[str, ...] | None, rows: int) -> FloatArray:
    """The target as numbers, labels as their places in `classes`; raises `CannotPackage`."""
    values = pd.Series(np.asarray(target).reshape(-1)) if not isinstance(target, pd.Series) else target
    if len(values) != rows:
        raise CannotPackage(f"X has {rows} rows and y has {len(values)}.")
    if values.isna().any():
        raise CannotPackage(f"y is missing in {int(values.isna().sum())} rows; leave those rows out.")
    if classes is None:
        return values.to_numpy(dtype=np.float64)
    codes = {label: code for code, label in enumerate(classes)}
    labels = [label_text(value) for value in values.tolist()]
    unknown = sorted(set(labels) - set(codes))
    if unknown:
        raise CannotPackage(f"y holds {unknown[0]!r}, and the estimator knows {', '.join(classes)} only.")
    return np.array([codes[label] for label in labels], dtype=np.float64)


def mask(frame: pd.DataFrame, signature: Signature) -> BoolArray:
    """The rows that are held out, `[n]`."""
    observed = observe(signature, frame)
    return holdout_mask(from_frame(frame, observed), observed)


def divided(frame: pd.DataFrame, signature: Signature, y_true: FloatArray, classes: tuple[str, ...] | None) -> Data:
    """The training rows and the hold-out."""
    held_out = mask(frame, signature)
    observed = observe(signature, frame[~held_out])
    return divide("given in Python", from_frame(frame, observed), observed, y_true, classes, held_out)

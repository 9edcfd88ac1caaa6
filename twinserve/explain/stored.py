"""What a version stores so that its predictions can be explained: no tree, but which trees, and the shares of training
weight at their splits; the trees themselves are those of the compiled model."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from twinserve.arrays import FloatArray

NAME: Final = "explainer.json"
TABLE: Final = "explainer.onnx"
"""The graph from a model's input to the columns that its trees and linear models read; only where these differ."""

BACKGROUND: Final = 64
"""Training rows relative to which sampled values are."""

Scale = Literal["log-odds", "probability", "value", "log", "decision"]
Method = Literal["shapley-linear", "shapley-trees", "shapley-sampled"]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Index = Annotated[int, Field(ge=0)]


class Stored(BaseModel):
    """Base of what follows: unchangeable, and without unknown members."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")


class StoredTrees(Stored):
    """The sums of one tree operation of the compiled model."""

    ensemble: Index
    """Which one, in the order of the graph."""
    offset: Index
    """Where the columns that it reads begin in the table."""
    factor: Finite
    into: tuple[Index | None, ...]
    """For each of its sums the output to which it is added; None where it is to none."""
    shares: bytes
    """Little-endian doubles, two for each split in the order of the graph: the shares of training weight on both
    sides."""

    @staticmethod
    def pack(shares: FloatArray) -> bytes:
        """`[splits, 2]` as bytes."""
        return shares.astype("<f8").tobytes()

    def unpacked(self) -> FloatArray:
        """`[splits, 2]`; raises ValueError where the bytes are none, or where a number is no share."""
        shares = np.frombuffer(self.shares, "<f8").reshape(-1, 2).astype(np.float64)
        if not ((shares >= 0) & (shares <= 1)).all():
            raise ValueError("A share is not from 0 to 1.")
        return shares


class StoredLinear(Stored):
    """A linear model of the table's columns."""

    columns: tuple[Index, ...]
    weights: tuple[tuple[Finite, ...], ...]
    """`[outputs, columns]`"""
    means: tuple[Finite, ...]
    """`[columns]`, over the training side."""


class StoredExact(Stored):
    """A model that is a sum of trees and of linear models, each column of which comes from one field."""

    method: Literal["shapley-linear", "shapley-trees"]
    of: Scale
    bias: tuple[Finite, ...]
    """`[outputs]`: one for each class of three or more, else a single one, of the second class or of the value."""
    fields: tuple[Annotated[int, Field(ge=-1)], ...]
    """For each column of the table its field, by position in the signature; -1 for a column that nothing reads."""
    trees: tuple[StoredTrees, ...] = ()
    linear: tuple[StoredLinear, ...] = ()


class StoredSampled(Stored):
    """Any other model."""

    method: Literal["shapley-sampled"] = "shapley-sampled"
    of: Scale
    reason: str
    """Why the values are not exact."""
    background: Annotated[tuple[object, ...], Field(max_length=BACKGROUND)]
    """Training rows, as instances of a request; an explanation is relative to them. They are published nowhere."""


class StoredExplainer(Stored):
    """The content of `explainer.json`."""

    explainer: Annotated[StoredExact | StoredSampled, Field(discriminator="method")]


def write(explainer: StoredExact | StoredSampled) -> bytes:
    """The content of the file."""
    return StoredExplainer(explainer=explainer).model_dump_json().encode()


def read(content: bytes) -> StoredExact | StoredSampled:
    """The explainer in a file's content; raises pydantic's `ValidationError`."""
    return StoredExplainer.model_validate_json(content).explainer

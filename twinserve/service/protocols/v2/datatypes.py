"""The datatypes of tensors, and which one each type of feature has."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

import numpy as np

from twinserve.signature import FeatureType


class Kind(Enum):
    """What the elements of a tensor are."""

    BOOLEAN = "true or false"
    INTEGER = "integers"
    FLOAT = "numbers"
    TEXT = "strings"


Layout = np.dtype[Any]

BYTES: Final = "BYTES"
BOOL: Final = "BOOL"
FP64: Final = "FP64"
LAYOUTS: Final[Mapping[str, Layout]] = {
    BOOL: np.dtype(np.uint8),
    **{f"INT{bits}": np.dtype(f"<i{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": np.dtype(f"<u{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": np.dtype(f"<f{bits // 8}") for bits in (16, 32, 64)},
}
"""How the elements of a datatype stand in binary data, little-endian; those of `BYTES` have a length each."""
DATATYPES: Final = (*LAYOUTS, BYTES)
OF_FEATURES: Final[Mapping[FeatureType, str]] = {
    FeatureType.NUMBER: FP64,
    FeatureType.INTEGER: "INT64",
    FeatureType.BOOLEAN: BOOL,
}
"""The datatype that the metadata name for a feature; text and dates are `BYTES`."""


def kind_of(datatype: str) -> Kind:
    """What the elements of a datatype are."""
    if datatype == BYTES:
        return Kind.TEXT
    if datatype == BOOL:
        return Kind.BOOLEAN
    return Kind.FLOAT if LAYOUTS[datatype].kind == "f" else Kind.INTEGER

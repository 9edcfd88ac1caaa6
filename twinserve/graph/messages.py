"""The protobuf messages of ONNX, each with the fields that our own graphs use."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

import numpy as np

from twinserve.graph.protobuf import BYTES, VARINT

ROWS_NAME: Final = "n"
"""The symbolic length of the axis of rows."""

Known = Mapping[int, tuple[int, bool] | str]

IR_VERSION: Final = 10
"""The version of the ONNX format that our graphs are written in."""
INT, A_TENSOR, INTS = 2, 4, 7
"""The types of attributes."""
VALUES: Final[Mapping[int, Set[int]]] = {INT: {3}, A_TENSOR: {5}, INTS: {8}}
"""The number of the field that holds the value, by type."""

# The fields of each message by number: their wire type and whether they may repeat, or the reason to refuse a graph.
ONE_NUMBER, NUMBERS, ONE, MANY = (VARINT, False), (VARINT, True), (BYTES, False), (BYTES, True)
MODEL: Final[Known] = {1: ONE_NUMBER, 2: ONE, 7: ONE, 8: MANY, 14: MANY, 25: "defines operations of its own"}
GRAPH: Final[Known] = {1: MANY, 2: ONE, 5: MANY, 11: MANY, 12: MANY}
NODE: Final[Known] = {1: MANY, 2: MANY, 4: ONE, 5: MANY, 7: ONE}
ATTRIBUTE: Final[Known] = {
    1: ONE,
    3: ONE_NUMBER,
    5: ONE,
    8: NUMBERS,
    20: ONE_NUMBER,
    **dict.fromkeys((6, 11), "has a graph inside of an operation"),
}
TENSOR: Final[Known] = {
    1: NUMBERS,
    2: ONE_NUMBER,
    8: ONE,
    9: ONE,
    **dict.fromkeys((13, 14), "keeps numbers in another file"),
}
VALUE: Final[Known] = {1: ONE, 2: ONE}
TYPE: Final[Known] = {1: ONE}
TENSOR_TYPE: Final[Known] = {1: ONE_NUMBER, 2: ONE}
SHAPE: Final[Known] = {1: MANY}
METADATA: Final[Known] = {1: ONE, 2: ONE}
DIMENSION: Final[Known] = {1: ONE_NUMBER, 2: ONE}
OPSET: Final[Known] = {1: ONE, 2: ONE_NUMBER}

TYPES: Final[Mapping[int, np.dtype[np.generic]]] = {
    number: np.dtype(kind).newbyteorder("<")
    for number, kind in ((1, "f4"), (2, "u1"), (6, "i4"), (7, "i8"), (9, "u1"), (11, "f8"))
}
"""The dtypes of constants by their number in the format."""

"""What a file of ours is made of: each message of the format with the fields that our own graphs have."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

import numpy as np

from twinserve.graph.protobuf import BYTES, VARINT

ROWS_NAME: Final = "n"
"""What the file calls the one axis of a shape whose length is the number of rows."""

Known = Mapping[int, tuple[int, bool] | str]

IR_VERSION: Final = 10
"""The version of the format that our graphs are written in."""
INT, A_TENSOR, INTS = 2, 4, 7
"""Types of an attribute."""
VALUES: Final[Mapping[int, Set[int]]] = {INT: {3}, A_TENSOR: {5}, INTS: {8}}
"""The field that holds the value of each type."""

# The fields of each message by number: their kind, and whether there may be several; or why a graph is refused for one.
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
"""What a constant may hold, by its number in the format."""

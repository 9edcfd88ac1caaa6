"""A compiled model's file, read as far as must be known before ONNX Runtime sees it: what it computes from what.

Only the fields that our own graphs have are known here. Whatever else the format offers (data in other files, graphs
inside of graphs, functions, sparse tensors) is refused by being none of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.bounds import GRAPH_METADATA, GRAPH_NODES, GRAPH_NUMBERS, GRAPH_PARTS, GRAPH_RANK
from model.errors import ArtifactRefused
from model.wire_format import BYTES, VARINT, Field, Malformed, count, fields, numbers, varint

ROWS: Final = -1
"""The one axis of a shape whose length is the number of rows."""

Shape = tuple[int, ...]
Message = Mapping[int, Sequence[Field]]

NO_PART: Final = "has parts that none of ours has"
Known = Mapping[int, tuple[int, bool] | str]

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
DIMENSION: Final[Known] = {1: ONE_NUMBER, 2: ONE}
OPSET: Final[Known] = {1: ONE, 2: ONE_NUMBER}

TYPES: Final[Mapping[int, np.dtype[np.generic]]] = {
    number: np.dtype(kind).newbyteorder("<")
    for number, kind in ((1, "f4"), (2, "u1"), (6, "i4"), (7, "i8"), (9, "u1"), (11, "f8"))
}
"""What a constant may hold, by its number in the format."""


class BadGraph(ArtifactRefused):
    """A graph that no lowering of ours makes."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The compiled model (model.onnx) {reason}; restore the artifact or train again.")
        self.reason = reason


@dataclass(frozen=True)
class Constant:
    """A tensor that is written in the file."""

    shape: Shape
    values: NDArray[np.generic]
    """Flat, where they lie in the file."""


@dataclass(frozen=True)
class Node:
    """One operation."""

    kind: str
    """With its domain in front, unless that is the standard one."""
    inputs: Sequence[str]
    outputs: Sequence[str]
    numbers: Mapping[str, NDArray[np.int64]]
    """The attributes that are numbers, or lists of them."""
    tensors: Mapping[str, Constant]


@dataclass(frozen=True)
class GraphFile:
    """What a file holds."""

    opsets: Mapping[str, int]
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    constants: Mapping[str, Constant]
    nodes: Sequence[Node]


class Reader:
    """The messages of one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._parts, self._listed = GRAPH_PARTS, GRAPH_NUMBERS
        """How many more there may be."""

    def file(self) -> GraphFile:
        """All of it; raises `BadGraph`."""
        model = self._message(Field(0, BYTES, 0, len(self._data)), MODEL)
        if 7 not in model:
            raise BadGraph("holds no graph")
        if sum(item.stop - item.start for item in model.get(14, ())) > GRAPH_METADATA:
            raise BadGraph(f"has more than {GRAPH_METADATA} bytes beside its graph")
        graph = self._message(model[7][0], GRAPH)
        nodes, constants = graph.get(1, ()), graph.get(5, ())
        if len(nodes) + len(constants) > GRAPH_NODES:
            raise BadGraph(f"has more than {GRAPH_NODES} operations and constants")
        opsets = [self._message(item, OPSET) for item in model.get(8, ())]
        return GraphFile(
            {self._text(item, 1): self._number(item, 2) for item in opsets},
            dict(self._value(item) for item in graph.get(11, ())),
            dict(self._value(item) for item in graph.get(12, ())),
            dict(self._constant(item) for item in constants),
            [self._node(item) for item in nodes],
        )

    def _node(self, item: Field) -> Node:
        message = self._message(item, NODE)
        domain, kind = self._text(message, 7), self._text(message, 4)
        found: dict[str, NDArray[np.int64]] = {}
        tensors: dict[str, Constant] = {}
        for given in message.get(5, ()):
            attribute = self._message(given, ATTRIBUTE)
            name = self._text(attribute, 1)
            if 5 in attribute:
                tensors[name] = self._constant(attribute[5][0])[1]
            for part in (*attribute.get(3, ()), *attribute.get(8, ())):
                found[name] = self._list(part)
        inputs, outputs = ([self._string(part) for part in message.get(place, ())] for place in (1, 2))
        return Node(f"{domain}.{kind}" if domain else kind, inputs, outputs, found, tensors)

    def _constant(self, item: Field) -> tuple[str, Constant]:
        message = self._message(item, TENSOR)
        shape = tuple(number for part in message.get(1, ()) for number in self._list(part).tolist())
        kind = TYPES.get(self._number(message, 2))
        content = message[9][0] if 9 in message else Field(9, BYTES, 0, 0)
        if kind is None or len(shape) > GRAPH_RANK or min(shape, default=0) < 0:
            raise BadGraph("has a constant of a kind that none of ours has")
        if math.prod(shape) * kind.itemsize != content.stop - content.start:
            raise BadGraph("has a constant of another size than its numbers")
        values = np.frombuffer(self._data, kind, math.prod(shape), content.start)
        return self._text(message, 8), Constant(shape, values)

    def _value(self, item: Field) -> tuple[str, Shape]:
        """An input or output: its name and shape."""
        message = self._message(item, VALUE)
        kind = self._inner(self._inner(message, 2, TYPE), 1, TENSOR_TYPE)
        axes = [self._message(axis, DIMENSION) for axis in self._inner(kind, 2, SHAPE).get(1, ())]
        return self._text(message, 1), tuple(self._number(axis, 1) if 1 in axis else ROWS for axis in axes)

    def _list(self, part: Field) -> NDArray[np.int64]:
        self._listed -= count(self._data, part)
        if self._listed < 0:
            raise BadGraph(f"lists more than {GRAPH_NUMBERS} numbers")
        return numbers(self._data, part)

    def _inner(self, message: Message, number: int, known: Known) -> Message:
        return self._message(message[number][0], known) if number in message else {}

    def _message(self, item: Field, known: Known) -> Message:
        found: dict[int, list[Field]] = {}
        for part in fields(self._data, item.start, item.stop):
            expected = known.get(part.number, NO_PART)
            if isinstance(expected, str):
                raise BadGraph(expected)
            kind, several = expected
            if kind != part.kind or (part.number in found and not several):
                raise BadGraph(NO_PART)
            self._parts -= 1
            if self._parts < 0:
                raise BadGraph(f"has more than {GRAPH_PARTS} parts")
            found.setdefault(part.number, []).append(part)
        return found

    def _number(self, message: Message, number: int) -> int:
        if number not in message:
            return 0
        part = message[number][0]
        value, end = varint(self._data, part.start, part.stop)
        if end != part.stop:
            raise BadGraph(NO_PART)
        return value

    def _text(self, message: Message, number: int) -> str:
        return self._string(message[number][0]) if number in message else ""

    def _string(self, part: Field) -> str:
        return self._data[part.start : part.stop].decode("utf-8", "replace")


def read_graph(data: bytes) -> GraphFile:
    """A compiled model's file; raises `BadGraph`."""
    try:
        return Reader(data).file()
    except Malformed as error:
        raise BadGraph("is damaged") from error

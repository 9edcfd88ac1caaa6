"""Reading a compiled model's file: its inputs, outputs, constants and operations.

A file with any field that our own graphs do not use is refused, and so is every other feature of the format: data in
other files, nested graphs, functions, sparse tensors. So is another encoding of the same content: fields in another
order, a field or a name twice, names in other characters. Of two equal fields one reader takes the first and another
the last, and this module must read what ONNX Runtime reads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from twinserve.arrays import IntArray
from twinserve.bounds import GRAPH_METADATA, GRAPH_NODES, GRAPH_NUMBERS, GRAPH_PARTS, GRAPH_RANK
from twinserve.errors import ArtifactRefused
from twinserve.graph import messages as form
from twinserve.graph.protobuf import BYTES, Field, Malformed, count, fields, numbers, varint

ROWS: Final = -1
"""The length in a shape that stands for the number of rows."""

Shape = tuple[int, ...]
Message = Mapping[int, Sequence[Field]]
Value = TypeVar("Value")

NO_PART: Final = "has parts that none of ours has"
NAME: Final = re.compile(rb"[!-~]++")


class BadGraph(ArtifactRefused):
    """None of our lowerings could have made this graph."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The compiled model (model.onnx) {reason}; restore the artifact or train again.")
        self.reason = reason


@dataclass(frozen=True)
class Constant:
    """A tensor whose values are in the file."""

    shape: Shape
    values: NDArray[np.generic]
    """`[n]`, a view into the file."""


@dataclass(frozen=True)
class Node:
    """One operation."""

    kind: str
    """The operator, with its domain as a prefix unless that is the default one."""
    inputs: Sequence[str]
    outputs: Sequence[str]
    types: Mapping[str, int]
    """The type of each attribute."""
    numbers: Mapping[str, IntArray]
    """The attributes that are numbers or lists of numbers, each `[n]`."""
    tensors: Mapping[str, Constant]


@dataclass(frozen=True)
class GraphFile:
    """The content of a file."""

    opsets: Mapping[str, int]
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    constants: Mapping[str, Constant]
    nodes: Sequence[Node]


class Reader:
    """Reads the messages of one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._parts, self._listed = GRAPH_PARTS, GRAPH_NUMBERS
        """How many more fields and numbers the file may have."""

    def file(self) -> GraphFile:
        """The whole content; raises `BadGraph`."""
        model = self._message(Field(0, BYTES, 0, len(self._data)), form.MODEL)
        if 7 not in model:
            raise BadGraph("holds no graph")
        if self._number(model, 1) != form.IR_VERSION:
            raise BadGraph("is written in another version of the format than ours are")
        if sum(item.stop - item.start for item in model.get(14, ())) > GRAPH_METADATA:
            raise BadGraph(f"has more than {GRAPH_METADATA} bytes beside its graph")
        graph = self._message(model[7][0], form.GRAPH)
        nodes, constants = graph.get(1, ()), graph.get(5, ())
        if len(nodes) + len(constants) > GRAPH_NODES:
            raise BadGraph(f"has more than {GRAPH_NODES} operations and constants")
        entries = [self._message(item, form.METADATA) for item in model.get(14, ())]
        _by_name((self._text(item, 1), item) for item in entries)
        opsets = [self._message(item, form.OPSET) for item in model.get(8, ())]
        inputs = [self._value(item) for item in graph.get(11, ())]
        held = [self._constant(item) for item in constants]
        _by_name([*inputs, *held])  # A constant with an input's name would be its default.
        return GraphFile(
            _once((self._text(item, 1), self._number(item, 2)) for item in opsets),
            dict(inputs),
            _by_name(self._value(item) for item in graph.get(12, ())),
            dict(held),
            [self._node(item) for item in nodes],
        )

    def _node(self, item: Field) -> Node:
        message = self._message(item, form.NODE)
        domain, kind = self._text(message, 7), self._text(message, 4)
        if "." in kind:  # Else it could look like the operator of another domain.
            raise BadGraph(NO_PART)
        attributes = [self._message(item, form.ATTRIBUTE) for item in message.get(5, ())]
        named = _by_name((self._text(item, 1), item) for item in attributes)
        types = {name: self._attribute_type(item) for name, item in named.items()}
        numbers = {
            name: self._list(part) for name, item in named.items() for place in (3, 8) for part in item.get(place, ())
        }
        tensors = {name: self._constant(item[5][0])[1] for name, item in named.items() if 5 in item}
        inputs, outputs = ([self._string(part) for part in message.get(place, ())] for place in (1, 2))
        return Node(f"{domain}.{kind}" if domain else kind, inputs, outputs, types, numbers, tensors)

    def _attribute_type(self, message: Message) -> int:
        """The declared type of an attribute; raises `BadGraph` unless it has exactly one value of this type."""
        declared = self._number(message, 20)
        if message.keys() - {1, 20} != form.VALUES.get(declared):
            raise BadGraph("has an attribute that is not what it says")
        return declared

    def _constant(self, item: Field) -> tuple[str, Constant]:
        message = self._message(item, form.TENSOR)
        shape = tuple(number for part in message.get(1, ()) for number in self._list(part).tolist())
        kind = form.TYPES.get(self._number(message, 2))
        if kind is None or 9 not in message or len(shape) > GRAPH_RANK or min(shape, default=0) < 0:
            raise BadGraph("has a constant of a kind that none of ours has")
        content = message[9][0]
        if math.prod(shape) * kind.itemsize != content.stop - content.start:
            raise BadGraph("has a constant of another size than its numbers")
        values = np.frombuffer(self._data, kind, math.prod(shape), content.start)
        return self._text(message, 8), Constant(shape, values)

    def _value(self, item: Field) -> tuple[str, Shape]:
        """The name and shape of an input or output."""
        message = self._message(item, form.VALUE)
        kind = self._inner(self._inner(message, 2, form.TYPE), 1, form.TENSOR_TYPE)
        if self._number(kind, 1) not in form.TYPES:
            raise BadGraph(NO_PART)
        axes = [self._message(axis, form.DIMENSION) for axis in self._inner(kind, 2, form.SHAPE).get(1, ())]
        return self._text(message, 1), tuple(self._axis(axis) for axis in axes)

    def _axis(self, axis: Message) -> int:
        if axis.keys() == {1}:
            return self._number(axis, 1)
        if axis.keys() != {2} or self._text(axis, 2) != form.ROWS_NAME:
            raise BadGraph("has an axis that none of ours has")
        return ROWS

    def _list(self, part: Field) -> IntArray:
        self._listed -= count(self._data, part)
        if self._listed < 0:
            raise BadGraph(f"lists more than {GRAPH_NUMBERS} numbers")
        return numbers(self._data, part)

    def _inner(self, message: Message, number: int, known: form.Known) -> Message:
        if number not in message:
            raise BadGraph("has inputs or outputs without a shape")
        return self._message(message[number][0], known)

    def _message(self, item: Field, known: form.Known) -> Message:
        """The fields of a message by number; raises `BadGraph` unless all are known, in ascending order, and only those
        repeat that may."""
        by_number: dict[int, list[Field]] = {}
        last = 0
        for part in fields(self._data, item.start, item.stop):
            expected = known.get(part.number, NO_PART)
            if isinstance(expected, str):
                raise BadGraph(expected)
            kind, several = expected
            if kind != part.kind or part.number < last or (part.number == last and (kind, several) != form.MANY):
                raise BadGraph(NO_PART)
            if (kind, several) == form.ONE_NUMBER and varint(self._data, part.start, part.stop)[1] != part.stop:
                raise BadGraph(NO_PART)
            last = part.number
            self._parts -= 1
            if self._parts < 0:
                raise BadGraph(f"has more than {GRAPH_PARTS} parts")
            by_number.setdefault(part.number, []).append(part)
        return by_number

    def _number(self, message: Message, number: int) -> int:
        if number not in message:
            return 0
        part = message[number][0]
        return varint(self._data, part.start, part.stop)[0]

    def _text(self, message: Message, number: int) -> str:
        return self._string(message[number][0]) if number in message else ""

    def _string(self, part: Field) -> str:
        if part.start != part.stop and not NAME.fullmatch(self._data, part.start, part.stop):
            raise BadGraph("has names that none of ours has")
        return self._data[part.start : part.stop].decode("ascii")


def _once(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """The values by name; raises `BadGraph` if a name occurs twice."""
    listed = [*pairs]
    by_name = dict(listed)
    if len(by_name) != len(listed):
        raise BadGraph("has a name twice")
    return by_name


def _by_name(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """The values by name; raises `BadGraph` if a name is empty or occurs twice."""
    by_name = _once(pairs)
    if "" in by_name:
        raise BadGraph("has names that none of ours has")
    return by_name


def read_graph(data: bytes) -> GraphFile:
    """The content of a compiled model's file; raises `BadGraph`."""
    try:
        return Reader(data).file()
    except Malformed as error:
        raise BadGraph("is damaged") from error

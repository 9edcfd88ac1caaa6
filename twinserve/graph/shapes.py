"""The operations that our lowerings use, and the shape of each one's output.

Every shape is known before anything is computed, but for the number of rows. So a file of a few hundred bytes cannot
make tensors of gigabytes: not by expanding a constant, not by doubling a tensor repeatedly, and not by a size that
depends on a caller's value.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Final

from twinserve.bounds import GRAPH_NODES, GRAPH_RANK
from twinserve.graph.messages import A_TENSOR, INT, INTS, TYPES
from twinserve.graph.reader import ROWS, BadGraph, Constant, Node, Shape
from twinserve.graph.trees import check_trees

Rule = Callable[["Shapes", Node], Shape]
TREES: Final = "ai.onnx.ml.TreeEnsemble"


class Shapes:
    """The shapes of a graph's tensors up to some operation."""

    def __init__(self, inputs: Mapping[str, Shape], constants: Mapping[str, Constant]) -> None:
        self._known = {**inputs, **{name: constant.shape for name, constant in constants.items()}}
        self.constants = constants
        self.sizes: dict[str, Shape] = {}
        """The values of the tensors that hold sizes, by name."""

    def __getitem__(self, name: str) -> Shape:
        if name not in self._known:
            raise BadGraph("computes with something that is not there")
        return self._known[name]

    def add(self, name: str, shape: Shape) -> None:
        """Add the output of an operation."""
        if name in self._known or len(shape) > GRAPH_RANK or shape.count(ROWS) > 1:
            raise BadGraph("has a tensor that none of ours has")
        self._known[name] = shape

    def numbers(self, name: str) -> Shape:
        """The values of a tensor that holds sizes or axes."""
        if name in self.sizes:
            return self.sizes[name]
        constant = self.constants.get(name)
        if constant is None or constant.values.dtype.kind != "i" or constant.values.size > GRAPH_RANK:
            raise BadGraph("has a size that depends on what it is given")
        return tuple(int(value) for value in constant.values)


def _attribute(node: Node, name: str, default: int) -> int:
    values = node.numbers.get(name)
    return default if values is None else int(values[0])


def _axis(number: int, shape: Shape) -> int:
    if not -len(shape) <= number < len(shape):
        raise BadGraph("names an axis that is not there")
    return number % len(shape)


def _same(shapes: Shapes, node: Node) -> Shape:
    return shapes[node.inputs[0]]


def _cast(shapes: Shapes, node: Node) -> Shape:
    if _attribute(node, "to", 0) not in TYPES:
        raise BadGraph("makes numbers of a kind that none of ours has")
    return shapes[node.inputs[0]]


def _broadcast(shapes: Shapes, node: Node) -> Shape:
    """The broadcast shape of the inputs."""
    given = [shapes[name] for name in node.inputs]
    longest = max(map(len, given), default=0)
    padded = [(1,) * (longest - len(shape)) + shape for shape in given]
    return tuple(_broadcast_length(axis) for axis in zip(*padded, strict=True))


def _broadcast_length(lengths: tuple[int, ...]) -> int:
    longer = {length for length in lengths if length != 1}
    if len(longer) > 1:
        raise BadGraph("puts together what does not fit")
    return longer.pop() if longer else 1


def _shape(shapes: Shapes, node: Node) -> Shape:
    given = shapes[node.inputs[0]]
    if (_attribute(node, "start", 0), _attribute(node, "end", len(given))) != (0, 1):
        raise BadGraph("asks for a shape as none of ours does")
    shapes.sizes[node.outputs[0]] = given[:1]
    return (1,)


def _concat(shapes: Shapes, node: Node) -> Shape:
    given = [shapes[name] for name in node.inputs]
    axis = _axis(_attribute(node, "axis", 0), given[0])
    if any(len(shape) != len(given[0]) or shape[axis] == ROWS for shape in given):
        raise BadGraph("puts together what does not fit")
    if shapes.sizes.keys() & {*node.inputs}:
        shapes.sizes[node.outputs[0]] = tuple(size for name in node.inputs for size in shapes.numbers(name))
    others = tuple(zip(*(shape[:axis] + shape[axis + 1 :] for shape in given), strict=True))
    length = sum(shape[axis] for shape in given)
    rest = [_broadcast_length(lengths) for lengths in others]
    return (*rest[:axis], length, *rest[axis:])


def _expand(shapes: Shapes, node: Node) -> Shape:
    given, wanted = shapes[node.inputs[0]], shapes.numbers(node.inputs[1])
    if node.inputs[1] not in shapes.sizes or len(given) != 2 or wanted[1:] != given[1:]:
        raise BadGraph("repeats something that is no row")
    return wanted


def _reshape(shapes: Shapes, node: Node) -> Shape:
    given = shapes[node.inputs[0]]
    if shapes.numbers(node.inputs[1]) != (-1,) or any(length != 1 for length in given[1:]):
        raise BadGraph("takes another shape than ours do")
    return given[:1]


def _unsqueeze(shapes: Shapes, node: Node) -> Shape:
    given, axes = shapes[node.inputs[0]], shapes.numbers(node.inputs[1])
    if axes not in ((1,), (2,)) or len(given) < axes[0]:
        raise BadGraph("takes another shape than ours do")
    return (*given[: axes[0]], 1, *given[axes[0] :])


def _gather(shapes: Shapes, node: Node) -> Shape:
    given, picks = shapes[node.inputs[0]], shapes[node.inputs[1]]
    axis = _axis(_attribute(node, "axis", 0), given)
    return (*given[:axis], *picks, *given[axis + 1 :])


def _reduced(shapes: Shapes, node: Node) -> Shape:
    given = shapes[node.inputs[0]]
    if _attribute(node, "keepdims", 1) != 1:
        raise BadGraph("reduces an axis as none of ours does")
    axes = {_axis(number, given) for number in shapes.numbers(node.inputs[1])}
    return tuple(1 if place in axes else length for place, length in enumerate(given))


def _arg_max(shapes: Shapes, node: Node) -> Shape:
    given = shapes[node.inputs[0]]
    if _attribute(node, "keepdims", 1) != 0:
        raise BadGraph("reduces an axis as none of ours does")
    axis = _axis(_attribute(node, "axis", 0), given)
    return (*given[:axis], *given[axis + 1 :])


def _product(shapes: Shapes, node: Node) -> Shape:
    """The shape of a product with a constant matrix or vector, to which a row may be added."""
    given, factors = shapes[node.inputs[0]], shapes[node.inputs[1]]
    if node.inputs[1] not in shapes.constants or len(factors) not in (1, 2) or given[-1:] != factors[:1]:
        raise BadGraph("multiplies what does not fit")
    made = (*given[:-1], *factors[1:])
    if len(node.inputs) > 2 and shapes[node.inputs[2]] not in (made[-1:], (1, *made[-1:])):
        raise BadGraph("adds what does not fit")
    return made


def _trees(shapes: Shapes, node: Node) -> Shape:
    given = shapes[node.inputs[0]]
    if len(given) != 2:
        raise BadGraph("asks trees about something that is no table")
    return given[0], check_trees(node, columns=given[1])


PRODUCTS: Final = frozenset({"MatMul", "Gemm"})
REDUCTIONS: Final = frozenset({"ReduceMax", "ReduceMin", "ArgMax"})
_SEVERAL: Final = range(1, GRAPH_NODES)
_NONE: Final[Mapping[str, int]] = {}
_TREE_ATTRIBUTES: Final = {
    "n_targets": INT,
    **dict.fromkeys(("nodes_splits", "nodes_modes", "leaf_weights", "membership_values"), A_TENSOR),
    **dict.fromkeys(
        (
            "tree_roots", "nodes_featureids", "nodes_truenodeids", "nodes_trueleafs", "nodes_falsenodeids",
            "nodes_falseleafs", "leaf_targetids", "nodes_missing_value_tracks_true",
        ),
        INTS,
    ),
}  # fmt: skip

OPERATORS: Final[Mapping[str, tuple[Rule, Container[int], Mapping[str, int]]]] = {
    **dict.fromkeys(
        ("Abs", "Ceil", "Exp", "Floor", "IsNaN", "Log", "Neg", "Relu", "Round", "Sigmoid", "Sqrt", "Tanh"),
        (_same, {1}, _NONE),
    ),
    **dict.fromkeys(
        ("Add", "And", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Mul", "Sub"),
        (_broadcast, {2}, _NONE),
    ),
    "Mod": (_broadcast, {2}, {"fmod": INT}),
    "Clip": (_same, {3}, _NONE),
    "Where": (_broadcast, {3}, _NONE),
    "Cast": (_cast, {1}, {"to": INT}),
    "Shape": (_shape, {1}, {"start": INT, "end": INT}),
    "Concat": (_concat, _SEVERAL, {"axis": INT}),
    "Expand": (_expand, {2}, _NONE),
    "Reshape": (_reshape, {2}, _NONE),
    "Unsqueeze": (_unsqueeze, {2}, _NONE),
    "Gather": (_gather, {2}, {"axis": INT}),
    **dict.fromkeys(("ReduceMax", "ReduceMin"), (_reduced, {2}, {"keepdims": INT})),
    "ArgMax": (_arg_max, {1}, {"axis": INT, "keepdims": INT, "select_last_index": INT}),
    "MatMul": (_product, {2}, _NONE),
    "Gemm": (_product, {3}, _NONE),
    TREES: (_trees, {1}, _TREE_ATTRIBUTES),
}
"""By operator: the rule for the output's shape, the possible numbers of inputs, and the types of its attributes."""

"""A small builder of one ONNX graph in double precision.

Every node costs ONNX Runtime about 0.7 microseconds for one row, whatever it computes. So the builder never
emits the same operation twice, gathers columns only when a node needs one tensor of them, and drops the nodes that no
output uses.

A row's result may not depend on the rows around it. In ONNX Runtime 1.32 `MatMul` and `Gemm` in double give
the same bits for one row and for a thousand (every width from 1 to 1,000 tried; a test repeats it).
`ReduceSum` and `Softmax` do not (they sum in another order where a row is not aligned), and `Exp`,
`Sigmoid` and `Tanh` do not where the number of elements is odd (the last one leaves the vector unit). So
sums here are products with a vector of ones, and these functions are applied to an even number of columns only
(`smooth`). That costs up to two microseconds for an odd number of classes and nothing for two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper, numpy_helper

from twinserve.compile.blocks import Affine, Block, Column, Outcome
from twinserve.compile.library_functions import Rising
from twinserve.compile.limits import Limit, limit_of
from twinserve.compile.private_attributes import require
from twinserve.compile.refusal import refusal
from twinserve.compile.sparse import Joined, Terms, joined, not_within, real
from twinserve.compile.tree import Emitted
from twinserve.errors import CannotCompile
from twinserve.estimators.introspection import class_name

DOUBLE = TensorProto.DOUBLE
FLOAT = TensorProto.FLOAT
INT64 = TensorProto.INT64

Lowering = Callable[["Graph", Any, Block], Outcome]


class Graph:
    """Nodes and constants, named in the order in which they are added: the same pipeline gives the same bytes."""

    def __init__(self, lowerings: Mapping[str, Lowering], columns: Sequence[Column] = ()) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self.columns = list(columns)
        """The columns of the input `x`, those made of texts last; empty where they are not known."""
        self.fields = list(range(len(columns)))
        """For each of these the column of the table that it comes from."""
        self.sparse: dict[str, Terms | Joined] = {}
        """By name what blocks hold that have no tensor."""
        self.extra_categories: dict[str, dict[str, None]] = {}
        """By a column's name the texts that a step knows and its vocabulary lacks, in the order of the steps."""
        self.limits: dict[str, dict[int, Limit]] = {}
        """By a tensor's name and column the numbers that the estimators accept; a row beyond them has no answer."""
        self.widths: dict[str, int] = {}
        """The number of columns of each of these tensors."""
        self.emitted: dict[str, Emitted] = {}
        """By the tensor of their sums the trees in the graph."""
        self.rising: dict[str, Rising] = {}
        """By tensor the library's own function, to which its operations only come close."""
        self._lowerings = lowerings
        self._made: dict[tuple[object, ...], str] = {}

    # -- estimators ------------------------------------------------------------------------------------------

    def lower(self, estimator: Any, block: Block, *, transforms: bool = False) -> Outcome:
        """Lower one fitted estimator: what it predicts from these columns, or what it makes of them for later steps;
        raises `CannotCompile` with the class that has no graph."""
        name = class_name(estimator)
        lowering = self._lowerings.get(f"{name}.transform" if transforms else name) or self._lowerings.get(name)
        if lowering is None:
            raise CannotCompile(f"{name}: there is no lowering for this class")
        require(estimator)
        expected = getattr(estimator, "n_features_in_", None)
        if expected and expected != len(block.columns):  # Copies of CatBoost's models say 0.
            raise CannotCompile(f"{name}: it was fitted on {expected} columns and gets {len(block.columns)} here")
        limit = limit_of(estimator)
        if limit is not None:
            self.demand(block, limit)
        try:
            return lowering(self, estimator, block)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise CannotCompile(f"{name}: its fitted state is not what this lowering knows ({reason})") from error

    def transform(self, estimator: Any, block: Block) -> Block:
        """Lower a transformer; raises `CannotCompile` where the estimator is none."""
        outcome = self.lower(estimator, block, transforms=True)
        if not isinstance(outcome, Block):
            raise refusal(estimator, "a transformer is needed in this place")
        return outcome

    def demand(self, block: Block, limit: Limit) -> None:
        """Give a row no answer where one of these columns is a number beyond a limit."""
        for piece in not_within(self, block, limit.low, limit.high):
            for column, pick in zip(piece.columns, piece.picks, strict=True):
                if column.kind == "number":
                    self.limit(piece.tensor, piece.width, pick, limit)

    def limit(self, tensor: str, width: int, pick: int, limit: Limit) -> None:
        """Give a row no answer where one column of a tensor is beyond a limit."""
        known = self.limits.setdefault(tensor, {})
        known[pick] = limit.within(known.get(pick, limit))
        self.widths[tensor] = max(width, self.widths.get(tensor, 0))

    def add_column(self, column: Column, field: int) -> int:
        """The place of one more column of the input, which comes from a field's text."""
        self.columns.append(column)
        self.fields.append(field)
        return len(self.columns) - 1

    # -- nodes -----------------------------------------------------------------------------------------------

    def constant(self, array: npt.ArrayLike, dtype: npt.DTypeLike = np.float64) -> str:
        """The name of a constant tensor; equal constants share one."""
        # A fresh C-ordered copy: the bytes are then the same whatever the estimator stored.
        values = np.array(array, dtype=dtype, order="C")
        key = ("constant", values.dtype.str, values.shape, values.tobytes())
        if key not in self._made:
            name = self._made[key] = f"c{len(self.constants)}"
            self.constants[name] = numpy_helper.from_array(values, name)
        return self._made[key]

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Emit one operation with one output and name that; the same operation again is the same tensor."""
        key = (kind, inputs, tuple(sorted(attributes.items()))) if not domain else (len(self.nodes),)
        if key not in self._made:
            name = self._made[key] = f"t{len(self.nodes)}"
            self.nodes.append(helper.make_node(kind, inputs, [name], domain=domain, **attributes))
        return self._made[key]

    # -- columns ---------------------------------------------------------------------------------------------

    def gather(self, tensor: str, picks: Sequence[int], width: int) -> str:
        """Columns `picks` of a tensor of `width` columns; no node where that is the tensor itself."""
        if list(picks) == list(range(width)):
            return tensor
        return self.op("Gather", tensor, self.constant(picks, np.int64), axis=1)

    def dense(self, block: Block) -> str:
        """The block as one tensor, codes of categories included."""
        block = real(self, block)
        return self.gather(block.tensor, block.picks, block.width)

    def numbers(self, block: Block, reader: Any) -> str:
        """The block as one tensor of numbers; `reader` is the estimator that a refusal names."""
        require_numbers(block.columns, reader)
        return self.dense(block)

    def codes(self, block: Block, reader: Any) -> str:
        """The block as one tensor of numbers and of codes of categories; `reader` is named by a refusal."""
        require_numbers([column for column in block.columns if column.kind != "category"], reader)
        return self.dense(block)

    def concat(self, blocks: Sequence[Block]) -> Block:
        """Blocks side by side; parts of the same tensor cost nothing."""
        parts: list[Block] = []
        for block in blocks:
            if parts and parts[-1].tensor == block.tensor:
                parts[-1] = _beside(parts[-1], block)
            elif block.columns:
                parts.append(block)
        if len(parts) == 1:
            return parts[0]
        if any(part.tensor in self.sparse for part in parts):
            return joined(self, parts)
        beside = self.op("Concat", *(self.dense(part) for part in parts), axis=1)
        return Block.of(beside, (column for part in parts for column in part.columns), _affine(parts))

    def each_row(self, tensor: str, values: npt.ArrayLike) -> str:
        """The row `values`, repeated for each row of a tensor."""
        row = np.asarray(values, dtype=np.float64).reshape(1, -1)
        rows = self.op("Shape", "x" if tensor in self.sparse else tensor, start=0, end=1)
        shape = self.op("Concat", rows, self.constant([row.shape[1]], np.int64), axis=0)
        return self.op("Expand", self.constant(row), shape)

    # -- formulas that several families share ----------------------------------------------------------------

    def smooth(self, kind: str, tensor: str, width: int) -> str:
        """`Exp`, `Log`, `Sigmoid` or `Tanh` of `[n, width]`: a row's bits do not depend on the other rows."""
        if width % 2 == 0:
            return self.op(kind, tensor)
        even = self.gather(tensor, [*range(width), width - 1], width)
        return self.gather(self.op(kind, even), range(width), width + 1)

    def row_sum(self, tensor: str, width: int) -> str:
        """The sum of each row, `[n, 1]`: a product with ones, which adds in the same order for every row."""
        return self.op("MatMul", tensor, self.constant(np.ones((width, 1))))

    def affine(self, tensor: str, weights: npt.ArrayLike, bias: npt.ArrayLike) -> str:
        """`x . weights + bias`, weights `[features, k]`: `[n, k]`."""
        return self.op("Gemm", tensor, self.constant(weights), self.constant(bias))

    def normalized(self, tensor: str, width: int) -> str:
        """Each row divided by its sum; a row of zeros becomes `1 / width` everywhere."""
        total = self.row_sum(tensor, width)
        empty = self.op("Equal", total, self.constant(0.0))
        return self.op("Where", empty, self.constant(1.0 / width), self.op("Div", tensor, total))

    def logistic(self, tensor: str, width: int) -> str:
        """`1 / (1 + exp(-x))` with full precision where it is tiny, which a sum that divides by it needs.

        `Sigmoid` is one node instead of four, but in ONNX Runtime 1.32 a result near 0 is off by up to 1e-16,
        whatever its size (0.0 for -37). For a probability that is enough.
        """
        raised = self.smooth("Exp", self.op("Neg", tensor), width)
        one = self.constant(1.0)
        return self.op("Div", one, self.op("Add", one, raised))

    def softmax(self, tensor: str, width: int) -> str:
        """`exp(x - max) / sum(exp(x - max))` for each row."""
        top = self.op("ReduceMax", tensor, self.constant([1], np.int64), keepdims=1)
        raised = self.smooth("Exp", self.op("Sub", tensor, top), width)
        return self.op("Div", raised, self.row_sum(raised, width))

    def argmax(self, tensor: str, *, last: bool = False) -> str:
        """The position of each row's largest value, int64 `[n]`; the first of equals, or the last."""
        return self.op("ArgMax", tensor, axis=1, keepdims=0, select_last_index=int(last))

    def as_double(self, tensor: str) -> str:
        """Booleans or integers as doubles."""
        return self.op("Cast", tensor, to=DOUBLE)


def _beside(left: Block, right: Block) -> Block:
    affine = _affine([left, right])
    return Block(left.tensor, left.width, left.columns + right.columns, left.picks + right.picks, affine)


def _affine(parts: Sequence[Block]) -> Affine | None:
    known = [part.affine for part in parts if part.affine is not None]
    return Affine.beside(known) if len(known) == len(parts) else None


def require_one_output(estimator: Any) -> None:
    """Raise `CannotCompile` for an estimator with several outputs."""
    if estimator.n_outputs_ != 1:
        raise refusal(estimator, f"it predicts {estimator.n_outputs_} outputs, and a graph gives one")


def require_numbers(columns: Sequence[Column], reader: Any) -> None:
    """Raise `CannotCompile` where a column with which `reader` computes is not a number."""
    for column in columns:
        if column.kind != "number":
            raise refusal(reader, f"it computes with column {column.name!r}, a {column.kind} and not a number")

"""Tables of which the graph has no tensor: the terms of texts, thousands of columns that are almost all zero.

A block may name such a table in place of a tensor. Lowerings select columns of it and put it beside other columns.
What they need in the end becomes columns of the graph's input, which a server computes from the texts without ever
making the whole table: the columns that trees compare (`real`), and for a linear model the sum of the coefficients
(`reduced`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.compile.blocks import LARGEST, Affine, Block, Column
from twinserve.errors import CannotCompile

if TYPE_CHECKING:
    from twinserve.compile.graph import Graph
    from twinserve.text.stored import StepKind
    from twinserve.text.tokens import Analysis

MOST_COLUMNS: Final = 10_000
"""Columns of terms that a graph may read by themselves: 80 kB a row."""
MOST_COUNTED: Final = 1e9
"""Far more terms than a request may hold."""


@dataclass(frozen=True, eq=False)
class TermStep:
    """What is made of the terms' values; `numbers` are the factors of `times`, or the columns `selected`."""

    kind: StepKind
    amount: float = 0.0
    numbers: FloatArray | IntArray | None = None


@dataclass(eq=False)
class Terms:
    """The terms of one text field, and what the graph needs of them."""

    place: int
    """The column of the graph's input that stands for the text."""
    analysis: Analysis
    words: tuple[str, ...] | None
    """The token of each column; None where tokens are hashed."""
    hashed: int
    """The number of columns where tokens are hashed."""
    width: int
    bound: float = MOST_COUNTED
    """The largest magnitude of a value."""
    alternate_sign: bool = False
    steps: tuple[TermStep, ...] = ()
    columns: dict[int, int] = field(default_factory=dict)
    """For each column that is read by itself its place in the graph's input."""
    sums: dict[bytes, int] = field(default_factory=dict)
    """The same for each sum, by a digest of its coefficients."""
    weights: list[FloatArray] = field(default_factory=list)
    """The coefficients of each sum, `[width]`."""

    def then(self, kind: StepKind, *, amount: float = 0.0, numbers: FloatArray | None = None) -> Terms:
        """The table after one more step."""
        bounds = {"logarithm": 25.0, "ones": 1.0, "l1": 1.0, "l2": 2.0, "above": 1.0}
        factor = 1.0 if numbers is None else float(np.abs(numbers).max())
        bound = min(bounds.get(kind, self.bound * factor), LARGEST)
        return self._new(steps=(*self.steps, TermStep(kind, amount, numbers)), bound=bound)

    def selecting(self, picks: Sequence[int]) -> Terms:
        """The table of these columns."""
        if list(picks) == list(range(self.width)):
            return self
        return self._new(steps=(*self.steps, TermStep("selected", numbers=np.array(picks))), width=len(picks))

    def _new(self, **changes: Any) -> Terms:
        return replace(self, columns={}, sums={}, weights=[], **changes)


@dataclass(frozen=True, eq=False)
class Joined:
    """Blocks side by side, at least one of which has no tensor."""

    parts: tuple[Block, ...]
    is_dense: bool = False
    """Does scikit-learn make a table of it that is not sparse?"""

    def split(self, picks: Sequence[int]) -> Iterator[tuple[IntArray, Block]]:
        """The parts of some columns: for each their positions among `picks`, and the columns themselves."""
        starts = np.cumsum([0, *(len(part.columns) for part in self.parts)])
        chosen = np.array(picks, dtype=np.int64)
        owner = np.searchsorted(starts, chosen, side="right") - 1
        for number, part in enumerate(self.parts):
            at = np.flatnonzero(owner == number)
            if len(at):
                yield at, part.select((chosen[at] - starts[number]).tolist())


def term_block(graph: Graph, terms: Terms) -> Block:
    """A table of terms as a block."""
    name = f"terms{len(graph.sparse)}"
    graph.sparse[name] = terms
    return Block.of(name, (Column(name, "number"),) * terms.width)


def whole_terms(graph: Graph, block: Block) -> Terms | None:
    """The table of terms that a block is, columns left out of it included; None where it is another block."""
    held = graph.sparse.get(block.tensor)
    return held.selecting(block.picks) if isinstance(held, Terms) else None


def joined(graph: Graph, parts: Sequence[Block], *, is_dense: bool = False) -> Block:
    """Blocks side by side."""
    name = f"joined{len(graph.sparse)}"
    graph.sparse[name] = Joined(tuple(parts), is_dense)
    return Block.of(name, tuple(column for part in parts for column in part.columns))


def is_sparse(graph: Graph, block: Block) -> bool:
    """Does scikit-learn have a sparse table here, of which a block without a tensor is made?"""
    held = graph.sparse.get(block.tensor)
    return held is not None and not (isinstance(held, Joined) and held.is_dense)


def pieces(graph: Graph, block: Block) -> list[tuple[IntArray, Block]]:
    """A block as parts that are tensors or tables of terms, each with the positions of its columns in the block."""
    held = graph.sparse.get(block.tensor)
    if not isinstance(held, Joined):
        return [(np.arange(len(block.columns)), block)]
    return [(at[inner], piece) for at, part in held.split(block.picks) for inner, piece in pieces(graph, part)]


def not_within(graph: Graph, block: Block, low: float, high: float) -> list[Block]:
    """The parts of a block that have tensors, and those terms that may be numbers below `low` or above `high`."""
    parts = [part for _, part in pieces(graph, block)]
    held = [graph.sparse.get(part.tensor) for part in parts]
    return [
        real(graph, part)
        for part, terms in zip(parts, held, strict=True)
        if not isinstance(terms, Terms) or not low <= -terms.bound <= terms.bound <= high
    ]


def real(graph: Graph, block: Block, used: Collection[int] | None = None) -> Block:
    """The block with a tensor, where it has none; of columns that are not `used` any column stands in their place."""
    if block.tensor not in graph.sparse:
        return block
    positions = np.arange(len(block.columns)) if used is None else np.array(sorted(used), dtype=np.int64)
    picks = np.zeros(len(block.columns), dtype=np.int64)
    parts = [(positions[at], _real(graph, part)) for at, part in pieces(graph, block.select(positions.tolist()))]
    if not parts:
        return Block("x", len(graph.columns), block.columns, tuple(picks.tolist()))
    whole = graph.concat([part for _, part in parts])
    picks[np.concatenate([at for at, _ in parts])] = whole.picks
    columns = list(block.columns)
    for at, column in zip(np.concatenate([at for at, _ in parts]).tolist(), whole.columns, strict=True):
        columns[at] = column
    return Block(whole.tensor, whole.width, tuple(columns), tuple(picks.tolist()))


def _real(graph: Graph, block: Block) -> Block:
    terms = graph.sparse.get(block.tensor)
    if not isinstance(terms, Terms):
        return block
    if len(terms.columns) + len(block.picks) > MOST_COLUMNS:
        raise CannotCompile(
            f"{graph.columns[terms.place].name}: its text would be {len(block.picks)} columns of a table that is not "
            f"sparse, more than {MOST_COLUMNS}"
        )
    for pick in block.picks:
        if pick not in terms.columns:
            terms.columns[pick] = _added(graph, terms, terms.bound)
    return _of_input(graph, [terms.columns[pick] for pick in block.picks])


def reduced(graph: Graph, block: Block, weights: FloatArray) -> tuple[Block, FloatArray]:
    """A block with tensors, and weights `[outputs, columns]`, whose product is that of this block and these weights.

    Of texts each sum of coefficients is a column of the input, added in the order of SciPy's sparse product."""
    if block.tensor not in graph.sparse:
        return block, weights
    parts: list[Block] = []
    factors: list[FloatArray] = []
    for at, piece in pieces(graph, block):
        terms = graph.sparse.get(piece.tensor)
        if not isinstance(terms, Terms):
            parts.append(piece)
            factors.append(weights[:, at])
            continue
        wide = np.zeros((len(weights), terms.width))
        wide[:, list(piece.picks)] = weights[:, at]
        placed = [_sum(graph, terms, row) for row in wide]
        places = list(dict.fromkeys(place for place, _ in placed))
        signs = np.zeros((len(weights), len(places)))
        for row, (place, sign) in enumerate(placed):
            signs[row, places.index(place)] = sign
        parts.append(_of_input(graph, places))
        factors.append(signs)
    return graph.concat(parts), np.concatenate(factors, axis=1)


def _sum(graph: Graph, terms: Terms, weights: FloatArray) -> tuple[int, float]:
    """The place in the input of the sum of these coefficients or of their negatives, and the sign."""
    used = np.flatnonzero(weights)
    sign = -1.0 if len(used) and weights[used[0]] < 0 else 1.0
    key = hashlib.sha256((weights * sign).tobytes()).digest()
    if key not in terms.sums:
        with np.errstate(over="ignore"):
            bound = terms.bound * float(np.abs(weights).sum())
        terms.sums[key] = _added(graph, terms, bound)
        terms.weights.append(weights * sign)
    return terms.sums[key], sign


def _added(graph: Graph, terms: Terms, bound: float) -> int:
    """The place of one more column of the graph's input, made of this text."""
    end = bound if bound < LARGEST else LARGEST
    name = f"{graph.columns[terms.place].name}: {len(terms.columns) + len(terms.sums)}"
    return graph.add_column(Column(name, "number", nullable=False, low=-end, high=end), terms.place)


def _of_input(graph: Graph, places: Sequence[int]) -> Block:
    count = len(places)
    affine = Affine(tuple(places), np.zeros(count), np.ones(count), np.zeros(count))
    return Block("x", len(graph.columns), tuple(graph.columns[place] for place in places), tuple(places), affine)

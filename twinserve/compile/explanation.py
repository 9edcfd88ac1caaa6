"""What a compiled model needs so that its predictions can be explained exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.compile.additive import Additive, LinearTerm, TreeTerm
from twinserve.compile.analysis.field_sets import field_sets
from twinserve.compile.graph import Graph
from twinserve.compile.onnx_model import model_of, needed
from twinserve.compile.tree import Emitted
from twinserve.errors import ModelError
from twinserve.explain.explainer import Table
from twinserve.explain.stored import StoredExact, StoredLinear, StoredTrees


class CannotExplain(ModelError):
    """The values of a model are not exact; the sentence says why."""


@dataclass(frozen=True)
class Explained:
    """A stored explainer but for the means of the columns that its linear models read."""

    stored: StoredExact
    table: bytes | None
    """The graph of the table's columns; None where these are the model's input itself."""
    is_single: bool
    """Does the model compute in single precision?"""

    def columns(self, matrix: FloatArray) -> FloatArray:
        """The table `[rows, columns]`, from the model's input."""
        return matrix if self.table is None else Table(self.table)(matrix)

    def with_means(self, matrix: FloatArray) -> StoredExact:
        """The whole explainer, from the model's input for the training rows."""
        table = self.columns(matrix)
        linear = tuple(
            some.model_copy(update={"means": _means(table[:, list(some.columns)])}) for some in self.stored.linear
        )
        return self.stored.model_copy(update={"linear": linear})


def _means(rows: FloatArray) -> tuple[float, ...]:
    """The mean of each column, over the rows that have a number in each."""
    return tuple(rows[np.isfinite(rows).all(axis=1)].mean(axis=0).tolist())


def explained(graph: Graph, additive: Additive | None, outputs: Sequence[str]) -> Explained:
    """How the outputs of a lowered model are explained; raises `CannotExplain`.

    Adds operations to the graph, so the model itself must have been made. `outputs` are the tensors that it gives.
    """
    if additive is None:
        raise CannotExplain("its answer is no sum of trees or of a linear model")
    if not all(np.isfinite(part).all() for part in (additive.bias, *(term.weights for term in additive.linear))):
        raise CannotExplain("its weights are too large")
    terms: list[TreeTerm | LinearTerm] = [*additive.trees, *additive.linear]
    parts = list(dict.fromkeys(_read_by(graph, term) for term in terms))
    ends = np.cumsum([0, *(part.width for part in parts)]).tolist()
    start = {part.tensor: end for part, end in zip(parts, ends, strict=False)}
    fields = [_field(found) for part in parts for found in _sets(graph, part)]
    ensembles = [node.output[0] for node in needed(graph.nodes, outputs) if node.op_type == "TreeEnsemble"]
    trees = [_trees(graph, term, ensembles.index(term.tensor), start, fields) for term in additive.trees]
    linear = [_linear(term, start[term.tensor], fields) for term in additive.linear]
    stored = StoredExact(
        method="shapley-trees" if trees else "shapley-linear",
        of=additive.of,
        bias=tuple(additive.bias.tolist()),
        fields=tuple(-1 if field is None else field for field in fields),
        trees=tuple(trees),
        linear=tuple(linear),
    )
    is_input = all(part.tensor == "x" for part in parts)
    table = None if is_input else _table(graph, parts, ends[-1])
    return Explained(stored, table, any(part.is_single for part in parts))


class _Read(NamedTuple):
    """A tensor whose columns a term reads."""

    tensor: str
    width: int
    is_single: bool


def _read_by(graph: Graph, term: TreeTerm | LinearTerm) -> _Read:
    read = term if isinstance(term, LinearTerm) else graph.emitted[term.tensor]
    width = len(graph.columns) if read.tensor == "x" else read.width
    return _Read(read.tensor, width, isinstance(read, Emitted) and read.is_single)


def _sets(graph: Graph, part: _Read) -> Sequence[int]:
    sets = field_sets(graph, part.tensor)
    return sets if len(sets) == part.width else [*sets] * part.width


def _field(found: int) -> int | None:
    """The only field of a set, None where there are several; a column of constants counts to the first field."""
    if found.bit_count() > 1:
        return None
    return max(0, found.bit_length() - 1)


def _require_one(fields: Sequence[int | None], columns: IntArray) -> None:
    if any(fields[column] is None for column in np.unique(columns).tolist()):
        raise CannotExplain("it reads columns that are made of several fields")


def _trees(
    graph: Graph, term: TreeTerm, ensemble: int, start: dict[str, int], fields: Sequence[int | None]
) -> StoredTrees:
    emitted = graph.emitted[term.tensor]
    offset = start[emitted.tensor]
    shares: list[FloatArray] = []
    for tree in emitted.trees:
        of_tree = tree.shares()
        if of_tree is None:
            raise CannotExplain("its trees do not say how many training rows went each way")
        shares.append(of_tree)
        _require_one(fields, np.asarray(emitted.picks)[tree.column[~tree.leaf]] + offset)
    return StoredTrees(
        ensemble=ensemble,
        offset=offset,
        factor=term.factor,
        into=term.into,
        shares=StoredTrees.pack(np.concatenate(shares)),
    )


def _linear(term: LinearTerm, start: int, fields: Sequence[int | None]) -> StoredLinear:
    used = np.flatnonzero(term.weights.any(axis=0))
    columns = np.asarray(term.picks, dtype=np.int64)[used] + start
    _require_one(fields, columns)
    weights = tuple(tuple(row) for row in term.weights[:, used].tolist())
    return StoredLinear(columns=tuple(columns.tolist()), weights=weights, means=(0.0,) * len(used))


def _table(graph: Graph, parts: Sequence[_Read], width: int) -> bytes:
    """The graph from the input to the columns of all parts, side by side, as doubles."""
    doubles = [graph.as_double(part.tensor) if part.is_single else part.tensor for part in parts]
    table = doubles[0] if len(doubles) == 1 else graph.op("Concat", *doubles, axis=1)
    made: bytes = model_of(graph, {"table": table}, len(graph.columns), {"table": width}).SerializeToString(
        deterministic=True
    )
    return made

"""Whether what a version stores for its explanations fits its compiled model and its signature.

All of it is checked when the version is opened, as explanations are only made at the first question: what does not fit
must refuse the version then, and not fail requests later."""

from __future__ import annotations

import numpy as np

from twinserve.explain.stored import StoredExact, StoredLinear, StoredTrees
from twinserve.graph.reader import ROWS, GraphFile, Node
from twinserve.graph.shapes import TREES


def require_fit(
    stored: StoredExact, graph: GraphFile, table: GraphFile | None, fields: int, classes: int | None
) -> None:
    """Raise ValueError unless these fit one another: `graph` is the compiled model, `table` what `TABLE` holds, if
    anything, `fields` the number of the signature's fields, `classes` None for a regression."""
    width = graph.inputs["x"][1]
    if table is not None:
        ((_, made),) = table.outputs.items()
        if table.inputs["x"][1] != width or len(made) != 2 or made[0] != ROWS:
            raise ValueError("The table is of another model.")
        width = made[1]
    reads = bool(stored.trees or stored.linear)  # A model may give one answer to all.
    if len(stored.fields) != (width if reads else 0) or max(stored.fields, default=0) >= fields:
        raise ValueError("The columns are not those of the model, or come from fields that the signature has not.")
    if len(stored.bias) not in (1, classes or 1):
        raise ValueError("The outputs are not those of the model.")
    for some in stored.linear:
        _require_linear(some, stored)
    ensembles = [node for node in graph.nodes if node.kind == TREES]
    for trees in stored.trees:
        if trees.ensemble >= len(ensembles):
            raise ValueError("The compiled model has fewer trees.")
        _require_trees(trees, stored, ensembles[trees.ensemble])


def _require_linear(linear: StoredLinear, stored: StoredExact) -> None:
    _require_columns(np.asarray(linear.columns, dtype=np.int64), stored)
    if len(linear.weights) != len(stored.bias):
        raise ValueError("A linear model has other outputs.")
    if {len(linear.means), *map(len, linear.weights)} != {len(linear.columns)}:
        raise ValueError("The weights of a linear model do not fit its columns.")


def _require_trees(trees: StoredTrees, stored: StoredExact, node: Node) -> None:
    if trees.offset >= len(stored.fields):
        raise ValueError("Trees read columns that are not there.")
    _require_columns(node.numbers["nodes_featureids"] + trees.offset, stored)
    if len(trees.unpacked()) != len(node.numbers["nodes_featureids"]):
        raise ValueError("The compiled model has other trees.")
    if len(trees.into) != int(node.numbers["n_targets"][0]):
        raise ValueError("The trees have other sums.")
    if any(into is not None and into >= len(stored.bias) for into in trees.into):
        raise ValueError("Trees add to outputs that are not there.")


def _require_columns(columns: np.ndarray[tuple[int], np.dtype[np.int64]], stored: StoredExact) -> None:
    """Raise ValueError unless each column is there and comes from a field."""
    if columns.size and (columns.max() >= len(stored.fields) or min(np.take(stored.fields, columns)) < 0):
        raise ValueError("Columns are read that are not there.")

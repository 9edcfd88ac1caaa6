"""The explainers of a version: exact where the model is a sum of trees and linear models, else sampled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final, NamedTuple, Protocol

import numpy as np

from twinserve.arrays import BoolArray, FloatArray
from twinserve.bounds import EXPLAIN_MEMORY
from twinserve.explain.linear_values import LinearValues
from twinserve.explain.read_trees import Added, read_trees
from twinserve.explain.stored import Method, Scale, StoredExact
from twinserve.explain.tree_values import TreeValues
from twinserve.graph.reader import read_graph
from twinserve.predict import runtime
from twinserve.signature import Columns

QUICK: Final = 50_000
"""Numbers for a row that take less than a fifth of a millisecond."""


class Values(NamedTuple):
    """The Shapley values of n rows, each for one class or for the predicted value."""

    base: FloatArray
    """`[n]`: the output where no field is known."""
    output: FloatArray
    """`[n]`: base and contributions together."""
    contributions: FloatArray
    """`[n, fields]`, in the order of the signature."""
    errors: FloatArray | None = None
    """`[n, fields]`: a standard error of each contribution; None where they are exact."""


class Explainer(Protocol):
    """Explains the predictions of one version; safe to share between threads."""

    @property
    def method(self) -> Method:
        """How the values are computed."""

    @property
    def of(self) -> Scale:
        """The scale of outputs and contributions."""

    @property
    def is_quick(self) -> bool:
        """Does a row take less than about a fifth of a millisecond, now?"""

    def explain(self, columns: Columns, classes: Sequence[int] | None) -> Values:
        """The values of all rows, for each row those of its class; `classes` is None for a regression."""


class ExactExplainer:
    """Explains a model that is a sum of trees and linear models of columns that come from one field each.

    Nothing is made before the first question."""

    def __init__(
        self,
        stored: StoredExact,
        graph: bytes,
        table: bytes | None,
        fields: int,
        matrix: Callable[[Columns], FloatArray],
        memory: int = EXPLAIN_MEMORY,
    ) -> None:
        """`graph` is the compiled model, `table` what `TABLE` holds, `fields` the number of the signature's fields,
        `matrix` gives the model's input. Raises ValueError where they do not fit one another."""
        self.method, self.of = stored.method, stored.of
        self._stored, self._fields, self._matrix = stored, fields, matrix
        self._graph: bytes | None = graph if stored.trees else None
        """Until every output has been asked for."""
        self._table = None if table is None else Table(table)
        self._memory = memory // len(stored.bias)
        self._outputs: dict[int, _Output] = {}
        self._lock = threading.Lock()

    @property
    def is_quick(self) -> bool:
        """See `Explainer`: tables must have been made for every output."""
        if not self._stored.trees:
            return True
        return len(self._outputs) == len(self._stored.bias) and self.work < QUICK

    @property
    def work(self) -> int:
        """About how many numbers are computed for a row."""
        return sum(part.work for part in self._output(0).parts)

    def explain(self, columns: Columns, classes: Sequence[int] | None) -> Values:
        """See `Explainer`."""
        matrix = self._matrix(columns)
        table = matrix if self._table is None else self._table(matrix)
        if classes is None or len(self._stored.bias) == 1:
            base, contributions = self._of_output(0, table)
            if classes is not None:
                self._turn(np.asarray(classes) == 0, base, contributions)
        else:
            base, contributions = np.empty(len(table)), np.empty((len(table), self._fields))
            for output in sorted(set(classes)):
                rows = np.flatnonzero(np.asarray(classes) == output)
                base[rows], contributions[rows] = self._of_output(output, table[rows])
        return Values(base, base + contributions.sum(axis=1), contributions)

    def _turn(self, rows: BoolArray, base: FloatArray, contributions: FloatArray) -> None:
        """Turn the values of some rows into those of the first of two classes."""
        contributions[rows] *= -1.0
        base[rows] = (1.0 - base[rows]) if self.of == "probability" else -base[rows]

    def _of_output(self, output: int, table: FloatArray) -> tuple[FloatArray, FloatArray]:
        made = self._output(output)
        contributions = np.zeros((len(table), self._fields))
        for part in made.parts:
            part.add(table, contributions)
        return np.full(len(table), made.base), contributions

    def _output(self, output: int) -> _Output:
        with self._lock:
            if output not in self._outputs:
                self._outputs[output] = self._made(output)
                if self._graph is not None and len(self._outputs) == len(self._stored.bias):
                    self._graph = None
                    del self._trees
            return self._outputs[output]

    def _made(self, output: int) -> _Output:
        """What the values of an output are computed from: tables of trees take up to a second."""
        stored = self._stored
        fields = np.array(stored.fields, dtype=np.int64)
        parts: list[TreeValues | LinearValues] = [LinearValues(some, output, fields) for some in stored.linear]
        constant = stored.bias[output]
        if stored.trees:
            trees, flat = self._trees[output]
            constant += flat
            parts += [] if trees is None else [TreeValues(trees, fields, self._memory)]
        return _Output(constant + sum(part.base for part in parts), parts)

    @cached_property
    def _trees(self) -> Sequence[Added]:
        """By output; the graph is read once for all of them."""
        if self._graph is None:
            raise TypeError("Nothing is read once every output is there.")
        return read_trees(read_graph(self._graph), self._stored.trees, len(self._stored.bias))


class _Output(NamedTuple):
    base: float
    parts: Sequence[TreeValues | LinearValues]


class Table:
    """The graph from a model's input to the columns that its trees and linear models read."""

    def __init__(self, graph: bytes) -> None:
        self._run = runtime.session(graph).run

    def __call__(self, matrix: FloatArray) -> FloatArray:
        """The columns of some rows."""
        (table,) = self._run(None, {"x": matrix})
        columns: FloatArray = np.asarray(table)
        return columns

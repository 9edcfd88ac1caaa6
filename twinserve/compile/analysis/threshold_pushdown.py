"""Push the thresholds of trees through the steps before them, so that the trees compare the graph's input itself.

Behind scalers, imputers and encoders each column that a tree splits on often comes from one column of the graph's
input. The same split is then made on the input, and the nodes in between are not needed: 200 iterations of boosting
behind a scaler and an encoder take 9 us a row instead of 23.

A number passes monotonically rising operations only, so `f(x) <= split` is `x <= u`, where `u` is the largest double
for which it holds. Bisection over all doubles finds it, by running the nodes that it replaces, or the library's own
function in place of nodes that only come close to it. Of a category every code is tried.

A logarithm has no value for small numbers, and the steps behind it treat them as they treat null. So where that
matters the trees get the input with null in their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.analysis.column_lineage import ANY, Source, trace
from twinserve.compile.analysis.doubles import largest_doubles, turns_once
from twinserve.compile.analysis.function_domains import lowest_numbers, without_small_numbers
from twinserve.compile.blocks import LARGEST, Block
from twinserve.compile.graph import Graph
from twinserve.compile.library_functions import exact_runner

if TYPE_CHECKING:
    from twinserve.arrays import BoolArray, IntArray
    from twinserve.compile.tree import Tree

Trees = Sequence[tuple[int, "Tree"]]
MOST_MEMBERS = 64
"""A split on a larger set of categories is not pushed."""
MOST_ROWS = 10_000
"""The most rows of the input in which splits are searched for at once, to bound memory. A row holds a split of each
column, as none of them depends on another: with twelve columns a twelfth of the rows, and of the time."""


def push_to_input(graph: Graph, block: Block, trees: Trees) -> tuple[Block, Trees]:
    """The trees on the graph's input, where every split can be pushed; otherwise block and trees unchanged."""
    if block.tensor == "x" or not graph.columns:
        return block, trees
    sources = trace(graph, block.tensor)
    if sources is None:
        return block, trees
    behind = [sources[pick] for pick in block.picks]
    if not all(_can_push(graph, behind, tree) for _, tree in trees):
        return block, trees
    try:
        splits = _Splits(graph, block, behind, trees)
        pushed = splits.pushed(trees)
    except _CannotPush:
        return block, trees
    return Block.of(splits.table(), graph.columns), pushed


class _CannotPush(Exception):
    """A split cannot be made on the input: it has too many members, or a function on the way does not rise there."""


def _can_push(graph: Graph, behind: Sequence[Source | None], tree: Tree) -> bool:
    """Whether every split depends on one column of the input, and can be made there."""

    def can_push(source: Source | None) -> bool:
        if source is None:
            return False
        kind = graph.columns[source.column].kind
        return kind == "category" or (kind == "number" and source.relation < ANY)

    return tree.is_leq and all(can_push(behind[column]) for column in np.unique(tree.column[~tree.leaf]).tolist())


class _Splits:
    """Rewrites splits on columns of a block as splits on the graph's input."""

    def __init__(self, graph: Graph, block: Block, behind: Sequence[Source | None], trees: Trees) -> None:
        self._graph = graph
        self._columns = graph.columns
        self._raw = np.array([-1 if source is None else source.column for source in behind])
        self._picks = np.array(block.picks)
        self._run = exact_runner(graph, block.tensor, block.width)
        self._is_category = np.array([raw >= 0 and self._columns[raw].kind == "category" for raw in self._raw])
        self._codes: dict[int, FloatArray] = {}
        self._null = self._values(np.arange(len(behind)), np.full(len(behind), np.nan))
        """`[columns]`: the value of each column where the input is null."""
        self._lowest = lowest_numbers(graph, behind)
        self._must_rise = bool(graph.rising)
        self._cleared = self._clear(block, trees)

    def table(self) -> str:
        """The table that the trees ask: the input, or the input without numbers that have no value behind it."""
        if self._cleared is None:
            return "x"
        return without_small_numbers(self._graph, self._cleared)

    def _clear(self, block: Block, trees: Trees) -> FloatArray | None:
        """`[columns of the input]`: the smallest number of each that has a value; None where that is no matter.

        It is none where the trees refuse null anyway.
        """
        used = np.unique(np.concatenate([np.empty(0, np.int64), *(tree.column[~tree.leaf] for _, tree in trees)]))
        partial = used[np.isfinite(self._lowest[used])]
        if not len(partial):
            return None
        small = self._values(partial, np.full(len(partial), -LARGEST))
        limits = self._graph.limits.get(block.tensor, {})
        limited = [limits.get(pick) for pick in self._picks[partial].tolist()]
        refused = np.isnan(small) & np.array([limit is not None and not limit.null for limit in limited])
        kept = partial[~refused]
        if not len(kept):
            return None
        if not np.array_equal(small[~refused], self._null[kept], equal_nan=True):
            raise _CannotPush
        if any(column.kind == "text" for column in self._columns):  # The input gains columns until all is lowered.
            raise _CannotPush
        lowest = np.full(len(self._columns), -np.inf)
        numbers = used[~self._is_category[used]]
        lowest[self._raw[numbers]] = self._lowest[numbers]
        if (lowest[self._raw[numbers]] != self._lowest[numbers]).any():  # Two functions of one column differ in it.
            raise _CannotPush
        return lowest

    def pushed(self, trees: Trees) -> Trees:
        """The same trees with splits on the input."""
        nodes = [self._numeric(tree) for _, tree in trees]
        columns = np.concatenate([tree.column[at] for at, (_, tree) in zip(nodes, trees, strict=True)])
        limits = np.concatenate([tree.split[at] for at, (_, tree) in zip(nodes, trees, strict=True)])
        turns = np.split(self._turns(columns, limits), np.cumsum([len(at) for at in nodes])[:-1])
        parts = zip(trees, nodes, turns, strict=True)
        return [(target, self._pushed(tree, at, turned)) for (target, tree), at, turned in parts]

    def _numeric(self, tree: Tree) -> IntArray:
        """The nodes that split on a number."""
        return np.flatnonzero(~tree.leaf & ~self._is_category[tree.column])

    def _pushed(self, tree: Tree, numbers: IntArray, turns: FloatArray) -> Tree:
        nodes = np.flatnonzero(~tree.leaf)
        split, nan_yes, column = tree.split.copy(), tree.nan_yes.copy(), tree.column.copy()
        null = self._null[tree.column[numbers]]
        split[numbers] = turns
        nan_yes[numbers] = np.where(np.isnan(null), nan_yes[numbers], null <= tree.split[numbers])
        column[nodes] = self._raw[tree.column[nodes]]
        put = replace(tree, column=column, split=split, nan_yes=nan_yes, members=None)
        return self._push_categories(tree, put, nodes[self._is_category[tree.column[nodes]]].tolist())

    def _turns(self, columns: IntArray, splits: FloatArray) -> FloatArray:
        """For each split the largest input that goes to the `yes` side, -inf where there is none."""
        order = np.lexsort((splits, columns))
        columns, limits = columns[order], splits[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (np.diff(columns) != 0) | (limits[1:] != limits[:-1])
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.cumsum(first) - 1
        columns, limits = columns[first], limits[first]
        rank, turns = _ranks(self._raw[columns]), np.empty(len(limits))
        for start in range(0, int(rank.max(initial=-1)) + 1, MOST_ROWS):
            some = np.flatnonzero((rank >= start) & (rank < start + MOST_ROWS))
            turns[some] = self._turns_of(columns[some], limits[some], rank[some] - start)
        return turns[place]

    def _turns_of(self, columns: IntArray, limits: FloatArray, rows: IntArray) -> FloatArray:
        """The same for different splits; `rows` puts no two splits of one input column into the same row."""

        def is_yes(numbers: FloatArray) -> BoolArray:
            has_none: BoolArray = numbers < self._lowest[columns]
            answer: BoolArray = has_none | (self._values(columns, numbers, rows) <= limits)
            return answer

        turns = largest_doubles(is_yes, len(columns))
        if self._must_rise and not turns_once(is_yes, turns):
            raise _CannotPush
        return turns

    def _values(self, columns: IntArray, values: FloatArray, rows: IntArray | None = None) -> FloatArray:
        """The value of each of these columns of the block where its input column has this value; in which row each is
        computed may be given."""
        rows = np.arange(len(columns)) if rows is None else rows
        table = np.zeros((int(rows.max(initial=-1)) + 1, len(self._columns)))
        known = self._raw[columns] >= 0
        table[rows[known], self._raw[columns[known]]] = values[known]
        outputs: FloatArray = self._run(table)[rows, self._picks[columns]]
        return outputs

    def _push_categories(self, tree: Tree, put: Tree, nodes: Sequence[int]) -> Tree:
        """Splits on categories: a comparison of the code with a limit, or else membership in a set.

        A set never holds null: ONNX Runtime 1.32 loses the side of null where a split on a set follows another.
        """
        yes_way, no_way = put.yes.copy(), put.no.copy()
        members: dict[int, FloatArray] = {}
        for node in nodes:
            yes, null = self._answers(tree, node, int(tree.column[node]))
            limit = _limit(yes)
            if limit is None and (null or _limit(~yes) is not None):
                yes, null, limit = ~yes, not null, _limit(~yes)
                yes_way[node], no_way[node] = no_way[node], yes_way[node]
            put.nan_yes[node] = null
            put.split[node] = -np.inf if limit is None else limit
            if limit is None:
                members[node] = np.flatnonzero(yes).astype(np.float64) - 1.0
                if len(members[node]) > MOST_MEMBERS:
                    raise _CannotPush
        return replace(put, yes=yes_way, no=no_way, members=members or None)

    def _answers(self, tree: Tree, node: int, column: int) -> tuple[BoolArray, bool]:
        """Whether each code goes to the `yes` side, an unseen category (-1) first; and whether null does."""
        if column not in self._codes:
            codes = np.arange(-1.0, len(self._columns[self._raw[column]].categories))
            self._codes[column] = np.append(self._values(np.full(len(codes), column), codes), self._null[column])
        values = self._codes[column]
        held = (tree.members or {}).get(node)
        yes = values <= tree.split[node] if held is None else np.isin(values, held)
        yes = np.where(np.isnan(values), tree.nan_yes[node], yes)
        return yes[:-1], bool(yes[-1])


def _ranks(values: IntArray) -> IntArray:
    """The place of each value among those that equal it."""
    order = np.argsort(values, kind="stable")
    _, first, counts = np.unique(values[order], return_index=True, return_counts=True)
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.arange(len(values)) - np.repeat(first, counts)
    return ranks


def _limit(yes: BoolArray) -> float | None:
    """The limit below which exactly the codes of `yes` are, the first code being -1; None if there is none."""
    count = int(yes.sum())
    return count - 1.5 if yes[:count].all() else None

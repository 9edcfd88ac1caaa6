"""Look numbers up by the value of a column: by a word's code, or by a number that is one of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.arithmetic.search_tree import search_tree
from twinserve.compile.blocks import Block
from twinserve.compile.graph import INT64, Graph
from twinserve.compile.refusal import refusal
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit

SMALL: Final = 200_000
"""Numbers of a table that is held as it is: 1.6 MB."""
MOST: Final = 4_000_000
"""The most numbers of a table: 32 MB."""


@dataclass(frozen=True, eq=False)
class Lookup:
    """A column of numbers that depend on another column."""

    column: int
    numbers: FloatArray
    """For a value that is not known, then for each that is, then for null."""
    known: Sequence[float] | None
    """The known numbers, rising; None where the column is a category, whose codes count from 0."""


def looked_up(graph: Graph, reader: Any, block: Block, tables: Sequence[Lookup]) -> Block:
    """`[n, tables]`: the number of each table for the row's value.

    A table of many words is not held where it has at most one number beside that of all others, as one-hot columns
    have; then the codes are compared. Raises `CannotCompile` for one that is too large."""
    places = _places(graph, block, tables)
    if sum(len(table.numbers) for table in tables) > SMALL:
        rare = [_exception(table.numbers[:-1]) for table in tables]
        found = [one for one in rare if one is not None]
        if len(found) == len(rare):
            return _by_comparison(graph, places, tables, np.array(found))
    if sum(len(table.numbers) for table in tables) > MOST:
        raise refusal(reader, f"its table takes more than {MOST} numbers")
    starts = np.cumsum([0, *(len(table.numbers) for table in tables[:-1])])
    shifted = graph.op("Add", places, graph.constant(starts.astype(np.float64)))
    flat = graph.constant(np.concatenate([table.numbers for table in tables]))
    found_there = graph.op("Gather", flat, graph.op("Cast", shifted, to=INT64), axis=0)
    return Block.numbers(found_there, len(tables))


def _places(graph: Graph, block: Block, tables: Sequence[Lookup]) -> str:
    """`[n, tables]`: the place of the row's number in each table."""
    columns = list(dict.fromkeys(table.column for table in tables))
    known = {table.column: table.known for table in tables}
    ends = {table.column: len(table.numbers) - 1.0 for table in tables}
    coded = [column for column in columns if known[column] is None]
    counted = [column for column in columns if known[column] is not None]
    parts: list[str] = []
    if coded:
        codes = graph.op("Add", graph.dense(block.select(coded)), graph.constant(1.0))
        null = graph.constant([ends[column] for column in coded])
        parts.append(graph.op("Where", graph.op("IsNaN", codes), null, codes))
    if counted:
        trees = [(at, _place_tree(np.array(known[column]), at)) for at, column in enumerate(counted)]
        parts.append(emit(graph, block.select(counted), trees, len(counted)))
    whole = parts[0] if len(parts) == 1 else graph.op("Concat", *parts, axis=1)
    order = [*coded, *counted]
    return graph.gather(whole, [order.index(table.column) for table in tables], len(order))


def _place_tree(known: FloatArray, column: int) -> Tree:
    """A tree whose leaf is 0 for an unknown number, 1 for the first known one, and so on, and behind them null."""
    bounds = np.stack([np.nextafter(known, -np.inf), known], axis=1).ravel()
    inner = search_tree(bounds, column)
    below = inner.value.astype(np.int64)
    place = np.where(below % 2 == 1, (below + 1) // 2, 0)
    # A root before it, which tells null from numbers: node 0, and null's leaf behind all others.
    size = len(inner.leaf)
    return Tree(
        leaf=np.concatenate([[False], inner.leaf, [True]]),
        column=np.full(size + 2, column, dtype=np.int64),
        split=np.concatenate([[np.inf], inner.split, [0.0]]),
        yes=np.concatenate([[1], np.where(inner.leaf, 0, inner.yes + 1), [0]]),
        no=np.concatenate([[size + 1], np.where(inner.leaf, 0, inner.no + 1), [0]]),
        nan_yes=np.zeros(size + 2, dtype=bool),
        value=np.concatenate([[0.0], np.where(inner.leaf, place, 0), [len(known) + 1.0]]),
    )


def _exception(numbers: FloatArray) -> tuple[float, float, float] | None:
    """Of numbers that are all equal but for at most one: its place, itself, and the others; None of other numbers."""
    listed, counts = np.unique(numbers, return_counts=True)  # NaN counts as one number.
    if len(listed) == 1:
        return -1.0, listed[0], listed[0]
    if len(listed) > 2 or counts.min() > 1:
        return None
    place = int(np.argmin(counts))
    rare, usual = listed[place], listed[1 - place]
    at = np.flatnonzero(np.isnan(numbers) if np.isnan(rare) else numbers == rare)[0]
    return float(at), rare, usual


def _by_comparison(graph: Graph, places: str, tables: Sequence[Lookup], found: FloatArray) -> Block:
    is_rare = graph.op("Equal", places, graph.constant(found[:, 0]))
    numbers = graph.op("Where", is_rare, graph.constant(found[:, 1]), graph.constant(found[:, 2]))
    ends = np.array([len(table.numbers) - 1.0 for table in tables])
    is_null = graph.op("Equal", places, graph.constant(ends))
    null = graph.constant([table.numbers[-1] for table in tables])
    return Block.numbers(graph.op("Where", is_null, null, numbers), len(tables))

"""The numbers of the input for which a function on the way to a tree has no value.

A logarithm of a small number is null, and the steps behind it (an imputer, a tree) treat it so. If they treat null of
the input in the same way, the trees may ask an input that is null in place of these numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twinserve.arrays import BoolArray, FloatArray
from twinserve.compile.analysis.column_lineage import Source
from twinserve.compile.analysis.doubles import largest_doubles
from twinserve.compile.graph import Graph
from twinserve.compile.library_functions import Run, exact_runner


def lowest_numbers(graph: Graph, behind: Sequence[Source | None]) -> FloatArray:
    """`[columns]`: the smallest number of the input for which each column has a value, -inf where all have one."""
    lowest = np.full(len(behind), -np.inf)
    domains = {source.domain: source.column for source in behind if source is not None and source.domain is not None}
    for (tensor, place), column in domains.items():
        if graph.columns[column].kind != "number":
            continue  # Each category is tried by itself.
        run = exact_runner(graph, tensor, graph.rising[tensor].width)

        def has_no_value(numbers: FloatArray, column: int = column, place: int = place, run: Run = run) -> BoolArray:
            rows = np.zeros((len(numbers), len(graph.columns)))
            rows[:, column] = numbers
            return np.isnan(run(rows)[:, place])

        (last,) = largest_doubles(has_no_value, 1)
        first = np.nextafter(last, np.inf) if np.isfinite(last) else last
        lowest[[source is not None and source.domain == (tensor, place) for source in behind]] = first
    return lowest


def without_small_numbers(graph: Graph, lowest: FloatArray) -> str:
    """The input with null in place of the numbers below `lowest`, `[columns of the input]`."""
    small = graph.op("Less", "x", graph.constant(lowest))
    return graph.op("Where", small, graph.constant(np.nan), "x")

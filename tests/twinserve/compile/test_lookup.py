"""Numbers are looked up by a word's code or by one of a list of numbers: exactly, and through the steps behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.twinserve.compile.comparing import Floats, running
from twinserve.compile.analysis.column_lineage import ANY, trace
from twinserve.compile.analysis.field_sets import field_sets
from twinserve.compile.analysis.value_range import reaches
from twinserve.compile.blocks import Affine, Block, Column
from twinserve.compile.graph import Graph
from twinserve.compile.lowerings import lookup
from twinserve.compile.lowerings.catalog import LOWERINGS
from twinserve.compile.lowerings.lookup import Lookup, looked_up
from twinserve.compile.onnx_model import model_of
from twinserve.errors import CannotCompile
from twinserve.graph.check import check_graph

COLUMNS = (Column("n", "number"), Column("c", "category", ("u", "v", "w")), Column("d", "category", ("p",)))
KNOWN = (-1.5, 0.0, 0.1, float(np.nextafter(0.1, 1.0)))
BY_WORD = Lookup(1, np.array([0.5, 1.0, np.nan, 3.0, 4.0]), None)
BY_NUMBER = Lookup(0, np.array([9.0, 10.0, 11.0, 12.0, 13.0, 14.0]), KNOWN)
RARE = Lookup(1, np.array([0.0, 0.0, 1.0, 0.0, -1.0]), None)
OTHER = Lookup(2, np.array([7.0, 8.0, 9.0]), None)


def made(*tables: Lookup) -> tuple[Graph, Block]:
    """A graph of the columns, and what it looks up."""
    graph = Graph(LOWERINGS, COLUMNS)
    return graph, looked_up(graph, object(), Block.of("x", COLUMNS, Affine.identity(3)), tables)


def found(x: Any, *tables: Lookup) -> Floats:
    """What the tables hold for these rows."""
    graph, block = made(*tables)
    model = model_of(graph, {"probabilities": graph.dense(block)}, 3, {"probabilities": len(tables)})
    compiled = model.SerializeToString(deterministic=True)
    check_graph(compiled)
    answer: Floats = running(compiled)(np.asarray(x, dtype=np.float64))["probabilities"]
    return answer


def test_unseen_words_known_ones_and_null_have_their_numbers() -> None:
    x = [[0.0, code, np.nan] for code in (-1.0, 0.0, 1.0, 2.0, np.nan)]
    expected = np.stack([BY_WORD.numbers, np.full(5, 9.0)], axis=1)
    np.testing.assert_array_equal(found(x, BY_WORD, OTHER), expected)


def test_a_number_is_known_to_the_last_bit() -> None:
    values = [1.0, *KNOWN, np.nan, -0.0, *np.nextafter(KNOWN, -np.inf), float(np.nextafter(KNOWN[-1], 1.0)), 1e308]
    expected = [9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 11.0, 9.0, 9.0, 9.0, 12.0, 9.0, 9.0]
    np.testing.assert_array_equal(found([[v, 0.0, 0.0] for v in values], BY_NUMBER)[:, 0], expected)


def test_a_large_table_of_single_exceptions_is_compared_and_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    x = [[0.1, code, 0.0] for code in (-1.0, 0.0, 1.0, 2.0, np.nan)]
    held = found(x, RARE, OTHER, Lookup(1, np.array([2.0, 2.0, 2.0, 2.0, np.nan]), None))
    monkeypatch.setattr(lookup, "SMALL", 1)
    graph, _ = made(RARE, OTHER)
    np.testing.assert_array_equal(held, found(x, RARE, OTHER, Lookup(1, np.array([2.0, 2.0, 2.0, 2.0, np.nan]), None)))
    assert not any(node.op_type == "Cast" for node in graph.nodes)


def test_a_table_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "MOST", 9)
    monkeypatch.setattr(lookup, "SMALL", 9)
    with pytest.raises(CannotCompile, match="more than 9 numbers"):
        made(BY_WORD, BY_WORD)


def test_a_lookup_depends_on_one_column_and_is_within_its_numbers() -> None:
    """So trees behind it can compare the words themselves, and an explanation gives it to one field."""
    graph, block = made(BY_WORD, OTHER)
    sources = trace(graph, block.tensor)
    assert sources is not None
    assert [(source.column, source.relation) for source in sources if source] == [(1, ANY), (2, ANY)]
    assert list(field_sets(graph, block.tensor)) == [0b10, 0b100]
    graph, block = made(RARE, OTHER)
    reach = reaches(graph, [block.tensor], COLUMNS)[block.tensor]
    assert (reach.low.tolist(), reach.high.tolist()) == ([-1.0, -1.0], [9.0, 9.0])

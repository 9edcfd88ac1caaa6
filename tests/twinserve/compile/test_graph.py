"""The builder: nothing twice, nothing unused, and the same bits for one row as for a thousand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import evaluated, fitted, plain, random_labels, random_numbers
from twinserve.compile import Column, compile_pipeline
from twinserve.compile.blocks import Affine, Block
from twinserve.compile.graph import Graph
from twinserve.errors import CannotCompile


def test_the_same_operation_is_emitted_once() -> None:
    graph = Graph({})
    first, again = (graph.op("Abs", "x") for _ in range(2))
    assert (first, len(graph.nodes)) == (again, 1)
    assert graph.constant([1.0, 2.0]) == graph.constant(np.array([1.0, 2.0]))
    assert graph.constant([0.0]) != graph.constant([-0.0])


def test_selecting_columns_costs_no_node_until_they_are_needed_side_by_side() -> None:
    graph = Graph({})
    block = Block.numbers("x", 4).select([3, 1]).select([1, 0])
    assert (block.picks, len(graph.nodes)) == ((1, 3), 0)
    assert graph.dense(Block.numbers("x", 4)) == "x"
    graph.dense(block)
    assert [node.op_type for node in graph.nodes] == ["Gather"]


def test_parts_of_one_tensor_are_joined_without_a_node() -> None:
    graph = Graph({})
    whole = Block.of("x", plain(np.zeros((1, 3))).columns, Affine.identity(3))
    joined = graph.concat([whole.select([2]), whole.select([0, 1])])
    assert (joined.tensor, joined.picks, len(graph.nodes)) == ("x", (2, 0, 1), 0)
    assert joined.affine is not None
    assert joined.affine.picks == (2, 0, 1)


def test_the_plan_of_a_logistic_regression_is_five_nodes() -> None:
    """Each costs 0.7 microseconds: a sixth would be noticed here first. Nothing may be null or overflow here."""
    x = random_numbers(0, 50, 3)
    model = fitted(make_pipeline(StandardScaler(), LogisticRegression()), x, random_labels(0, x, 2))
    compiled = onnx.load_from_string(
        compile_pipeline(model, [replace(c, nullable=False, low=-1e9, high=1e9) for c in plain(x).columns])
    )
    assert [node.op_type for node in compiled.graph.node] == ["Sub", "Div", "Gemm", "ArgMax", "Sigmoid"]


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 33, 257])
@pytest.mark.parametrize(
    "formula", ["affine", "row_sum", "softmax", "logistic", "normalized", "Exp", "Tanh", "Sigmoid"]
)
def test_a_row_has_the_same_bits_in_every_batch(formula: str, width: int) -> None:
    rng = np.random.default_rng(width)
    graph = Graph({})
    if formula == "affine":
        wide = graph.affine("x", rng.normal(size=(width, 3)), rng.normal(size=3))
        columns = 3
    elif formula in ("Exp", "Tanh", "Sigmoid"):
        wide, columns = graph.smooth(formula, "x", width), width
    else:
        wide, columns = getattr(graph, formula)("x", width), 1 if formula == "row_sum" else width
    last = graph.gather(wide, [columns - 1], columns)
    x = rng.normal(size=(129, width)) * 10.0 ** rng.integers(-3, 2, (129, width))
    x = np.abs(x) if formula == "normalized" else x
    whole = evaluated(graph, last, x)
    for rows in (slice(0, 1), slice(7, 8), slice(128, 129), slice(3, 10), slice(0, 64)):
        assert evaluated(graph, last, x[rows]).tobytes() == whole[rows].tobytes()


def test_an_estimator_on_another_number_of_columns_is_refused() -> None:
    x = random_numbers(0, 30, 3)
    model = LogisticRegression().fit(StandardScaler().fit_transform(x), random_labels(0, x, 2))
    with pytest.raises(CannotCompile, match="LogisticRegression: it was fitted on 3 columns and gets 2 here"):
        compile_pipeline(model, plain(x[:, :2]).columns)


def test_a_model_that_was_never_fitted_is_refused_and_not_guessed() -> None:
    with pytest.raises(CannotCompile, match="LogisticRegression: its fitted state is not what this lowering knows"):
        compile_pipeline(LogisticRegression(), [Column("a", "number")])

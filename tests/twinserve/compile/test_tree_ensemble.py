"""The tree operator: sums in order, a start value, members, and a bound on the size."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import evaluated, plain, random_labels, random_numbers
from twinserve.compile import compile_pipeline, tree_ensemble
from twinserve.compile.blocks import Block
from twinserve.compile.graph import Graph
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit
from twinserve.errors import CannotCompile


def stump(split: float, members: list[float] | None = None) -> Tree:
    """1.0 for `x <= split` (or a member), else 2.0; NaN goes to 2.0."""
    ids = np.array([1, 0, 0])
    return Tree(
        leaf=np.array([False, True, True]),
        column=np.zeros(3, dtype=np.int64),
        split=np.full(3, split),
        yes=ids,
        no=ids * 2,
        nan_yes=np.zeros(3, bool),
        value=np.array([0.0, 1.0, 2.0]),
        members=None if members is None else {0: np.array(members)},
    )


def summed(trees: list[Tree], x: list[float]) -> list[float]:
    """The sum of the trees for each number."""
    graph = Graph({})
    total = emit(graph, Block.numbers("x", 1), [(0, tree) for tree in trees], 1)
    sums: list[float] = evaluated(graph, total, np.array(x)[:, None]).tolist()
    return sums


def test_a_single_question_sends_nan_and_infinity_to_their_side() -> None:
    assert summed([stump(0.5)], [0.5, np.nextafter(0.5, 1), -np.inf, np.inf, np.nan]) == [
        1.0,
        2.0,
        1.0,
        2.0,
        2.0,
    ]


def test_leaves_are_added_one_tree_after_the_other() -> None:
    """In another order the small numbers would be lost, or not."""
    values = [1e16, 1.0, 1.0, -1e16, 0.1, 0.2, 0.3]
    expected = 0.0
    for value in values:
        expected += value
    assert summed([Tree.constant(v) for v in values], [0.0] * 3) == [expected] * 3


@pytest.mark.parametrize("members", [[0.0], [3.0, 7.0], [0.0, 31.0, 32.0, 63.0, 64.0, 65.0, 254.0]])
def test_codes_are_members_or_not_and_null_never_is(members: list[float]) -> None:
    codes = [-1.0, *np.arange(300.0).tolist()]
    assert summed([stump(-np.inf, members)], codes) == [1.0 if code in members else 2.0 for code in codes]
    assert summed([stump(-np.inf, members)], [np.nan]) == [2.0]


def test_questions_with_and_without_members_live_in_one_node() -> None:
    trees = [stump(1.5), stump(-np.inf, [1.0]), stump(-np.inf, [2.0, 40.0])]
    assert summed(trees, [0.0, 1.0, 2.0, 40.0]) == [5.0, 4.0, 5.0, 5.0]


def test_trees_of_one_leaf_may_stand_anywhere() -> None:
    """Their position among the nodes is not their position among the leaves."""
    trees = [stump(0.5), Tree.constant(10.0), stump(0.5, [1.0, 40.0]), Tree.constant(100.0), stump(1.5)]
    assert summed(trees, [0.0, 1.0, 2.0]) == [
        1 + 10 + 2 + 100 + 1,
        2 + 10 + 1 + 100 + 1,
        2 + 10 + 2 + 100 + 2,
    ]
    graph = Graph({})
    total = emit(graph, Block.numbers("x", 1), [(i % 3, tree) for i, tree in enumerate(trees)], 3)
    for target, expected in enumerate(([1.0 + 100.0], [10.0 + 1.0], [2.0])):
        assert evaluated(graph, graph.gather(total, [target], 3), np.zeros((1, 1))).tolist() == expected


def test_too_many_nodes_are_refused_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    x = random_numbers(0, 60, 3)
    model = RandomForestClassifier(5, random_state=0).fit(x, random_labels(0, x, 2))
    monkeypatch.setattr(tree_ensemble, "MAX_NODES", 50)
    with pytest.raises(CannotCompile, match=r"^trees: \d+ nodes are more than the 50 that one graph may hold$"):
        compile_pipeline(model, plain(x).columns)


def test_too_many_nodes_are_refused_before_anything_is_done_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking through a scaler takes half a minute for each million."""
    x = random_numbers(0, 60, 3)
    model = make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=0)).fit(x, random_labels(0, x, 2))
    monkeypatch.setattr(tree_ensemble, "MAX_NODES", 50)
    monkeypatch.setattr(tree_ensemble, "push_to_input", lambda *_: pytest.fail("It looked."))
    with pytest.raises(CannotCompile, match="nodes are more than the 50"):
        compile_pipeline(model, plain(x).columns)

"""LightGBM's estimators: doubles throughout, read from the model's documented dump.

Nothing here imports the library: the fitted model brings it along.

Source: LightGBM 4.6, `include/LightGBM/tree.h` (`NumericalDecision`, `CategoricalDecision`), `src/io/tree.cpp`
(`ToJSON`), `src/c_api.cpp` (`RowPairFunctionFromDenseMatric`), `src/objective/*.hpp` (`ConvertOutput`),
`python-package/lightgbm/sklearn.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.additive import Additive
from twinserve.compile.blocks import Block, Classified, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.lowerings import lightgbm_linear
from twinserve.compile.lowerings.boosting import sums_of_trees
from twinserve.compile.refusal import refusal
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit
from twinserve.explain.stored import Scale

ZERO = float(np.float32(1e-35))
"""The library treats a number as close to 0 as 0, and with `zero_as_missing` as missing."""
_INFINITE = 1e300
"""The largest threshold that the dump writes; it stands for infinity."""
_IDENTITY = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")
_EXPONENTIAL = ("poisson", "gamma", "tweedie")


def classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """The logistic function or softmax; the label is the first likeliest.

    The decision (since 4.7) is the sum itself, for a random forest, too.
    """
    dump = model.booster_.dump_model()
    objective, options = _objective(model, dump)
    decision, width = _sums(graph, model, dump, block)
    raw = _averaged(graph, dump, decision)
    additive = _additive(dump, decision, width, "decision")
    if objective == "binary":
        additive = additive and additive.on("log-odds").times(_steepness(options))
        likely = graph.logistic(_times(graph, graph.gather(raw, [0, 0], 1), options), 2)
        # [1 - p, p]
        pair = graph.op("Mul", likely, graph.constant([[-1.0, 1.0]]))
        probabilities = graph.op("Add", pair, graph.constant([[1.0, 0.0]]))
        return Classified(graph.argmax(probabilities), 2, probabilities, decision, additive=additive)
    if objective == "multiclass":
        probabilities = graph.softmax(raw, width)
    elif objective == "multiclassova":
        additive = additive and additive.times(_steepness(options))
        probabilities = graph.logistic(_times(graph, raw, options), width)
    else:
        raise refusal(model, f"objective={objective!r} is not lowered")
    return Classified(graph.argmax(probabilities), width, probabilities, decision, additive=additive)


def regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """The sum, or its `exp` for the objectives with a log link."""
    dump = model.booster_.dump_model()
    objective, options = _objective(model, dump)
    if objective not in _IDENTITY + _EXPONENTIAL or "sqrt" in options:
        raise refusal(model, f"objective={dump['objective']!r} is not lowered")
    sums, width = _sums(graph, model, dump, block)
    raw = _averaged(graph, dump, sums)
    if objective in _EXPONENTIAL:
        return Regressed(graph.smooth("Exp", raw, 1), additive=_additive(dump, sums, width, "log"))
    return Regressed(raw, additive=_additive(dump, sums, width, "value"))


def _objective(model: Any, dump: Any) -> tuple[str, dict[str, str]]:
    """The name and the options of `binary sigmoid:1`, say."""
    if "objective" not in dump:
        raise refusal(model, "it has an objective of its own, which is not lowered")
    name, *options = dump["objective"].split()
    return name, {option.partition(":")[0]: option.partition(":")[2] for option in options}


def _steepness(options: dict[str, str]) -> float:
    """The factor of a sum before its logistic function."""
    return float(options["sigmoid"])


def _times(graph: Graph, raw: str, options: dict[str, str]) -> str:
    steepness = _steepness(options)
    return raw if steepness == 1.0 else graph.op("Mul", raw, graph.constant(steepness))


def _sums(graph: Graph, model: Any, dump: Any, block: Block) -> tuple[str, int]:
    """`[n, sums]` and how many: every tree's leaf."""
    width = dump["num_tree_per_iteration"]
    structures = [tree["tree_structure"] for tree in dump["tree_info"]]
    trees, split_on = [_read_tree(root) for root in structures], _input(graph, model, structures, block)
    if lightgbm_linear.is_linear(dump):
        return lightgbm_linear.sums(graph, model, dump, trees, block, split_on, width), width
    return emit(graph, split_on, [(i % width, tree) for i, tree in enumerate(trees)], width), width


def _averaged(graph: Graph, dump: Any, sums: str) -> str:
    """The sums, or their mean where the booster is a random forest."""
    count = _averages_over(dump)
    return sums if count == 1.0 else graph.op("Div", sums, graph.constant(count))


def _additive(dump: Any, sums: str, width: int, scale: Scale) -> Additive | None:
    """The sums, or their mean where the booster is a random forest, as outputs; not of linear trees."""
    if lightgbm_linear.is_linear(dump):
        return None
    return sums_of_trees(sums, width, scale).times(1.0 / _averages_over(dump))


def _averages_over(dump: Any) -> float:
    """The number of trees whose mean each sum becomes; 1 where it stays the sum."""
    return float(len(dump["tree_info"]) // dump["num_tree_per_iteration"]) if dump["average_output"] else 1.0


def read_trees(model: Any) -> list[Tree]:
    """All trees, in their order."""
    return [_read_tree(tree["tree_structure"]) for tree in model.booster_.dump_model()["tree_info"]]


def _input(graph: Graph, model: Any, structures: list[Any], block: Block) -> Block:
    """The input: zeros become null where they count as missing, numbers that are categories are truncated."""
    splits = [node for root in structures for node in _nodes(root) if "split_feature" in node]
    zeros = {node["split_feature"] for node in splits if node["missing_type"] == "Zero"}
    are_codes = {place for place, column in enumerate(block.columns) if column.kind == "category"}
    codes = {node["split_feature"] for node in splits if node["decision_type"] == "=="} - are_codes
    tensor, place = graph.codes(block, model), np.arange(len(block.columns))
    if zeros:
        limit = graph.constant(np.where(np.isin(place, list(zeros)), ZERO, -1.0))
        missing = graph.op("LessOrEqual", graph.op("Abs", tensor), limit)
        tensor = graph.op("Where", missing, graph.constant(np.nan), tensor)
    if codes:
        below = graph.op("Less", tensor, graph.constant(0.0))
        whole = graph.op("Where", below, graph.op("Ceil", tensor), graph.op("Floor", tensor))
        chosen = graph.constant(np.isin(place, list(codes)), np.bool_)
        tensor = graph.op("Where", chosen, whole, tensor)
    return Block.of(tensor, block.columns) if zeros or codes else block


def _nodes(root: Any) -> list[Any]:
    """A tree's nodes, the root first."""
    nodes = [root]
    for node in nodes:
        nodes += [node[side] for side in ("left_child", "right_child") if side in node]
    return nodes


def _read_tree(root: Any) -> Tree:
    """One tree; its nodes come in the order of `_nodes`, so that two siblings are side by side."""
    nodes = _nodes(root)
    leaf = np.array(["split_feature" not in node for node in nodes])
    left = np.where(leaf, 0, 2 * np.cumsum(~leaf) - 1)
    members = {i: _members(node) for i, node in enumerate(nodes) if node.get("decision_type") == "=="}
    return Tree(
        leaf=leaf,
        column=np.array([node.get("split_feature", 0) for node in nodes], dtype=np.int64),
        split=np.array([_split(node) for node in nodes]),
        yes=left,
        no=np.where(leaf, 0, left + 1),
        nan_yes=np.array([_null_goes_left(node) for node in nodes]),
        value=np.array([node.get("leaf_value", 0.0) for node in nodes], dtype=np.float64),
        members=members,
        cover=np.array([_cover(node) for node in nodes]),
    )


def _cover(node: Any) -> float:
    """The number of training rows at a node."""
    return float(node.get("internal_count", node.get("leaf_count", 0.0)))


def _members(node: Any) -> FloatArray:
    return np.array(str(node["threshold"]).split("||"), dtype=np.float64)


def _split(node: Any) -> float:
    """The threshold of a split on a number, moved so that all numbers that count as 0 go to one side; else 0."""
    if node.get("decision_type") != "<=":
        return 0.0
    threshold = float(node["threshold"])
    if -ZERO <= threshold < ZERO:
        return ZERO if threshold >= 0.0 else float(np.nextafter(-ZERO, -np.inf))
    return np.inf if threshold >= _INFINITE else threshold


def _null_goes_left(node: Any) -> bool:
    """Whether null goes left. Where training saw no null, null counts as 0; a null category is never a member."""
    if node.get("decision_type") != "<=":
        return False
    return bool(node["default_left"]) if node["missing_type"] != "None" else float(node["threshold"]) >= 0.0


LOWERINGS: dict[str, Lowering] = {
    "lightgbm.sklearn.LGBMClassifier": classifier,
    "lightgbm.sklearn.LGBMRegressor": regressor,
}

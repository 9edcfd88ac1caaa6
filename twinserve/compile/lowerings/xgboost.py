"""XGBoost's estimators, in single precision as the library computes: its answers are float32, and these are the same.

The trees are read from the model's documented JSON. The library rounds its input to float32, starts a float32 sum
with the margin of `base_score`, and adds leaf after leaf. Nothing here imports it: the fitted model brings it along.

Source: XGBoost 3.2, `src/predictor/cpu_predictor.cc`, `src/common/math.h`, `src/common/categorical.h`,
`python-package/xgboost/sklearn.py`; "Introduction to Model IO" of its manual.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.additive import Additive
from twinserve.compile.arithmetic import float32
from twinserve.compile.blocks import Block, Classified, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.lowerings import xgboost_linear
from twinserve.compile.lowerings.boosting import sums_of_trees
from twinserve.compile.lowerings.xgboost_trees import MOST_MEMBERS, categories_of, read_tree
from twinserve.compile.outputs import both, chosen, quantiles, several_labels, several_values
from twinserve.compile.refusal import refusal
from twinserve.compile.sparse import is_sparse
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit

_IDENTITY = (
    "reg:squarederror", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror", "reg:quantileerror",
)  # fmt: skip
_EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie")
_HIGHEST = float(np.float32(88.7))
"""The largest argument of `exp` in its logistic function, so that it stays finite."""


def classifier(graph: Graph, model: Any, block: Block) -> Classified | Outputs:
    """`binary:logistic`: label 1 where the probability is over a half. `multi:softprob`: the first likeliest."""
    learner = _learner(model)
    objective = learner["objective"]["name"]
    margins, width, additive = _margins(graph, model, learner, block)
    if objective == "binary:logistic":
        likely = _logistic(graph, margins, null=additive is None)
        if width > 1:
            labels = chosen(graph, graph.op("Greater", likely, float32.constant(graph, 0.5)), width)
            return several_labels(labels, both(graph, graph.as_double(likely), width), width, 2 * width)
        # [1 - p, p]
        pair = graph.op("Mul", likely, float32.constant(graph, [[-1.0, 1.0]]))
        probabilities = graph.op("Add", pair, float32.constant(graph, [[1.0, 0.0]]))
        additive = additive and additive.on("log-odds")
        return Classified(graph.argmax(probabilities), 2, graph.as_double(probabilities), additive=additive)
    if objective == "multi:softprob" and width > 2:
        probabilities = _softmax(graph, margins, width, null=additive is None)
        return Classified(graph.argmax(probabilities), width, graph.as_double(probabilities), additive=additive)
    if objective == "multi:softmax":
        raise refusal(
            model,
            "the probabilities of objective='multi:softmax' are NumPy's in single precision, whose last bit depends on "
            "the processor; multi:softprob gives the same labels and is lowered",
        )
    raise refusal(model, f"objective={objective!r} with {width} sums is not lowered")


def regressor(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """The sum, its `exp` or its logistic function, by the objective."""
    learner = _learner(model)
    objective = learner["objective"]["name"]
    margin, width, additive = _margins(graph, model, learner, block)
    if width > 1 and objective in _IDENTITY:
        values = graph.as_double(margin)
        return quantiles(graph, values, width) if objective == "reg:quantileerror" else several_values(values, width)
    if width != 1:
        raise refusal(model, f"it predicts {width} values by objective={objective!r}, which is not lowered")
    if objective in _EXPONENTIAL:
        additive = additive and additive.on("log")
        return Regressed(graph.as_double(float32.exponential(graph, margin, null=additive is None)), additive=additive)
    if objective == "reg:logistic":
        additive = additive and additive.on("log-odds")
        return Regressed(graph.as_double(_logistic(graph, margin, null=additive is None)), additive=additive)
    if objective not in _IDENTITY:
        raise refusal(model, f"objective={objective!r} is not lowered")
    return Regressed(graph.as_double(margin), additive=additive and additive.on("value"))


def _logistic(graph: Graph, margin: str, *, null: bool) -> str:
    """`1 / (1 + exp(-x))`; the sum of a linear booster may be null, where two products overflow."""
    one = float32.constant(graph, 1.0)
    raised = float32.exponential(graph, graph.op("Neg", margin), _HIGHEST, null=null)
    return graph.op("Div", one, graph.op("Add", raised, one))


def _softmax(graph: Graph, margins: str, width: int, *, null: bool) -> str:
    """`exp(x - max) / sum`, the sum in double and then rounded."""
    top = graph.op("ReduceMax", margins, graph.constant([1], np.int64), keepdims=1)
    raised = float32.exponential(graph, graph.op("Sub", margins, top), null=null)
    total = graph.row_sum(graph.as_double(raised), width)
    return graph.op("Div", raised, float32.as_single(graph, total))


def _learner(model: Any) -> Any:
    """The `learner` of the model's JSON; raises `CannotCompile` for another booster, `missing` or number of outputs."""
    if not np.isnan(model.missing):
        raise refusal(model, f"missing={model.missing!r} is not lowered, NaN is")
    learner = _raw(model.get_booster())["learner"]
    if model.max_cat_to_onehot is not None and max(categories_of(learner).values(), default=0) > MOST_MEMBERS:
        raise refusal(
            model,
            f"max_cat_to_onehot={model.max_cat_to_onehot!r} on over {MOST_MEMBERS} categories is not lowered",
        )
    if learner["gradient_booster"]["name"] not in ("gbtree", "gblinear"):
        raise refusal(model, f"booster={learner['gradient_booster']['name']!r} is not lowered")
    trees = learner["gradient_booster"].get("model", {}).get("trees", ())
    if any(tree["tree_param"].get("size_leaf_vector", "1") not in ("0", "1") for tree in trees):
        raise refusal(model, "each leaf of its trees holds several values (multi_strategy='multi_output_tree')")
    return learner


def _raw(booster: Any) -> Any:
    """The JSON of a booster. The trees of `dart` stand in it as those of `gbtree`, with the weight of each."""
    raw: Any = json.loads(bytes(booster.save_raw("json")))
    forest = raw["learner"]["gradient_booster"]
    held = forest if "weight_drop" in forest else forest.get("model", {})  # From 3.4 on dart is named gbtree.
    weights = held.pop("weight_drop", None)
    forest = raw["learner"]["gradient_booster"] = forest.get("gbtree", forest)
    if weights is not None:
        forest["name"] = "gbtree"
        for tree, weight in zip(forest["model"]["trees"], weights, strict=True):
            tree["weight"] = weight
    return raw


def _margins(graph: Graph, model: Any, learner: Any, block: Block) -> tuple[str, int, Additive | None]:
    """Float32 `[n, sums]`, how many, and what they are sums of: the start, and every tree's leaf or column."""
    start = _start(model)
    if learner["gradient_booster"]["name"] == "gblinear":
        return xgboost_linear.margins(graph, model, learner, block, start), len(start), None
    if is_sparse(graph, block):
        raise refusal(
            model,
            "in a sparse table it takes a word that a text lacks for missing, and not for 0; with sparse_threshold=0 "
            "ColumnTransformer makes a table that is not sparse",
        )
    trees = [(k, Tree.constant(float(margin))) for k, margin in enumerate(start)]
    categories = categories_of(learner)
    trees += [(k, _weighted(read_tree(model, tree, categories), tree, start[k])) for k, tree in _grown(learner)]
    sums = emit(graph, _input(graph, model, learner, block), trees, len(start), np.float32)
    return sums, len(start), sums_of_trees(sums, len(start), "decision")


def _weighted(tree: Tree, read: Any, start: float) -> Tree:
    """A tree of `dart`: the library takes the start from each of its answers, which rounds, and multiplies."""
    if "weight" not in read:
        return tree
    base = np.float32(start)
    leaves = (base + tree.value.astype(np.float32)) - base
    return tree.with_value(np.where(tree.leaf, leaves * np.float32(read["weight"]), 0.0))


def read_trees(model: Any) -> list[Tree]:
    """All trees up to the best iteration, in their order; none where the booster is linear."""
    learner = _learner(model)
    return [read_tree(model, tree, categories_of(learner)) for _, tree in _grown(learner)]


def _grown(learner: Any) -> list[tuple[int, Any]]:
    """The trees up to the best iteration, each with the index of the sum that it adds to."""
    forest = learner["gradient_booster"]["model"]
    if "trees" not in forest:
        return []
    pairs = list(zip(forest["tree_info"], forest["trees"], strict=True))
    best = learner["attributes"].get("best_iteration")
    return pairs if best is None else pairs[: forest["iteration_indptr"][int(best) + 1]]


def _start(model: Any) -> FloatArray:
    """The margin before the first tree, as the library itself computes it: by the same model with leaves of 0."""
    booster = model.get_booster()
    raw = _raw(booster)
    forest = raw["learner"]["gradient_booster"]["model"]
    for tree in forest.get("trees", ()):
        inner = [child >= 0 for child in tree["left_children"]]
        tree["split_conditions"] = [
            c if is_split else 0.0 for c, is_split in zip(tree["split_conditions"], inner, strict=True)
        ]
        tree["base_weights"] = [0.0] * len(inner)
    forest["weights"] = [0.0] * len(forest.get("weights", ()))
    if "trees" in forest:
        del forest["weights"]
    empty = type(model)()
    empty.load_model(bytearray(json.dumps(raw).encode()))
    row = np.zeros((1, booster.num_features()))
    start: FloatArray = np.ravel(empty.predict(row, output_margin=True, validate_features=False))
    return start


def _input(graph: Graph, model: Any, learner: Any, block: Block) -> Block:
    """The input rounded to float32, and numbers that are codes of categories rounded down."""
    rounded = float32.as_single(graph, graph.codes(block, model))
    splits = [zip(tree["split_indices"], tree["split_type"], strict=True) for _, tree in _grown(learner)]
    are_codes = {place for place, column in enumerate(block.columns) if column.kind == "category"}
    codes = {column for tree in splits for column, by_category in tree if by_category} - are_codes
    if codes:
        chosen = np.isin(np.arange(len(block.columns)), list(codes))
        rounded = graph.op("Where", graph.constant(chosen, np.bool_), graph.op("Floor", rounded), rounded)
    return Block.of(rounded, block.columns)


LOWERINGS: dict[str, Lowering] = {
    "xgboost.sklearn.XGBClassifier": classifier,
    "xgboost.sklearn.XGBRFClassifier": classifier,
    "xgboost.sklearn.XGBRFRegressor": regressor,
    "xgboost.sklearn.XGBRegressor": regressor,
}

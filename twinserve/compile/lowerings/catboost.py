"""CatBoost's estimators on numbers: trees in double precision, read from the model's documented JSON.

The library rounds its input to float32 and compares it with borders in float32, which is one comparison of doubles
(`trees.py`). It adds the leaves in double, tree after tree, times a scale and plus a bias. Nothing here imports it: the
fitted model brings it along.

Source: CatBoost 1.2, `catboost/libs/model/` (`model_export/json_model_helpers.cpp`, `cpu/evaluator_impl.cpp`,
`scale_and_bias.h`), `python-package/catboost/core.py`; "JSON model tutorial" of its manual.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.additive import Additive
from twinserve.compile.blocks import Block, Classified, Regressed
from twinserve.compile.graph import Graph, Lowering, require_numbers
from twinserve.compile.lowerings.boosting import sums_of_trees
from twinserve.compile.lowerings.trees import double_splits
from twinserve.compile.refusal import refusal
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit

_IDENTITY: Final = ("RMSE", "MAE", "Quantile", "Huber", "LogCosh", "MAPE", "Expectile", "Lq", "NumErrors", "SMAPE")
_EXPONENTIAL: Final = ("Poisson", "Tweedie")
_BINARY: Final = ("Logloss", "CrossEntropy", "Focal")


def classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """The logistic function, and the second class where the sum is over 0; of more softmax, or one against rest.

    It has no `decision_function`."""
    if model.get_probability_threshold() not in (None, 0.5):
        raise refusal(model, f"probability_threshold={model.get_probability_threshold()!r} is not lowered")
    dump = _dump(model)
    loss = _loss(dump)
    sums, width, additive = _sums(graph, model, dump, block)
    if loss in _BINARY and width == 1:
        pair = graph.op("Mul", sums, graph.constant([[-1.0, 1.0]]))
        return Classified(graph.argmax(pair), 2, graph.smooth("Sigmoid", pair, 2), additive=additive.on("log-odds"))
    if loss == "MultiClass":
        return Classified(graph.argmax(sums), width, graph.softmax(sums, width), additive=additive)
    if loss == "MultiClassOneVsAll":
        return Classified(graph.argmax(sums), width, graph.logistic(sums, width), additive=additive)
    raise refusal(model, f"loss_function={loss!r} with {width} sums is not lowered")


def regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """The sum, or its `exp` for a loss with a log link."""
    dump = _dump(model)
    loss = _loss(dump)
    sums, width, additive = _sums(graph, model, dump, block)
    if width != 1 or loss not in _IDENTITY + _EXPONENTIAL:
        raise refusal(model, f"loss_function={loss!r} with {width} sums is not lowered")
    if loss in _EXPONENTIAL:
        return Regressed(graph.smooth("Exp", sums, 1), additive=additive.on("log"))
    return Regressed(sums, additive=additive.on("value"))


def _dump(model: Any) -> Any:
    """The model's JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.json")
        model.save_model(str(path), format="json")
        return json.loads(path.read_text(encoding="utf-8"))


def _loss(dump: Any) -> str:
    """The name of the loss function."""
    parameters = dump["model_info"]["params"]
    listed = json.loads(parameters) if isinstance(parameters, str) else parameters
    return str(listed["loss_function"]["type"])


def _sums(graph: Graph, model: Any, dump: Any, block: Block) -> tuple[str, int, Additive]:
    """`[n, sums]`, how many, and what they are sums of: `scale * (sum of leaves) + bias`."""
    trees = [(k, tree) for several in _read(model, dump) for k, tree in enumerate(several)]
    require_numbers(block.columns, model)
    scale, bias = dump["scale_and_bias"]
    width = len(bias)
    sums = emit(graph, block, trees, width)
    additive = sums_of_trees(sums, width, "decision").times(float(scale))
    if scale != 1:
        sums = graph.op("Mul", sums, graph.constant(float(scale)))
    if any(bias):
        sums = graph.op("Add", sums, graph.constant(np.array([bias], dtype=np.float64)))
    return sums, width, Additive(additive.of, np.array(bias, dtype=np.float64), additive.trees)


def read_trees(model: Any) -> list[Tree]:
    """All trees, in their order; of several classes those of the first one."""
    return [several[0] for several in _read(model, _dump(model))]


def _read(model: Any, dump: Any) -> list[list[Tree]]:
    """Each tree, once for each sum; raises `CannotCompile` for splits that are not on numbers."""
    features = dump["features_info"]
    others = [name for name in features if name.endswith("_features") and name != "float_features" and features[name]]
    if others:
        kinds = " and ".join(name.removesuffix("_features") for name in others)
        raise refusal(
            model,
            f"it was fitted on {kinds} features, whose splits compare a hash of each text with statistics of training; "
            "an encoder before it makes numbers of them",
        )
    places = {feature["feature_index"]: feature for feature in features["float_features"]}
    width = len(dump["scale_and_bias"][1])
    if "oblivious_trees" in dump:
        return [_symmetric(tree, places, width) for tree in dump["oblivious_trees"]]
    return [_of_nodes(root, places, width) for root in dump["trees"]]


def _of_nodes(root: Any, features: Any, width: int) -> list[Tree]:
    """A tree of any shape, as grow_policy makes it."""
    nodes = [root]
    for node in nodes:
        nodes += [node[side] for side in ("left", "right") if side in node]
    leaf = np.array(["split" not in node for node in nodes])
    left = np.where(leaf, 0, 2 * np.cumsum(~leaf) - 1)
    splits = [node.get("split") for node in nodes]
    of_node = [split and features[split["float_feature_index"]] for split in splits]
    cover = np.array([node.get("weight", 0.0) for node in nodes], dtype=np.float64)
    for at in np.flatnonzero(~leaf)[::-1].tolist():  # Children come after their parents.
        cover[at] = cover[left[at]] + cover[left[at] + 1]
    read = Tree(
        leaf=leaf,
        column=np.array([feature["flat_feature_index"] if feature else 0 for feature in of_node], dtype=np.int64),
        split=double_splits(np.array([split["border"] if split else 0.0 for split in splits], dtype=np.float64)),
        yes=left,
        no=np.where(leaf, 0, left + 1),
        nan_yes=np.array([bool(f) and f["nan_value_treatment"] != "AsTrue" for f in of_node]),
        value=np.zeros(len(leaf)),
        cover=cover,
    )
    values = np.array([np.broadcast_to(node.get("value", 0.0), width) for node in nodes], dtype=np.float64)
    return [read.with_value(values[:, k]) for k in range(width)]


def _symmetric(tree: Any, features: Any, width: int) -> list[Tree]:
    """A symmetric tree: all nodes of a level make the same split, whose answer is one bit of the leaf's number."""
    depth = len(tree["splits"] or ())
    values = np.array(tree["leaf_values"], dtype=np.float64).reshape(2**depth, width)
    of_level = [features[split["float_feature_index"]] for split in tree["splits"] or ()]
    level = np.repeat(np.arange(depth + 1), 2 ** np.arange(depth + 1))
    # Of a node the bits of the splits above it, the first as the lowest.
    number = np.concatenate([np.arange(2**at) for at in range(depth + 1)])
    leaf = level == depth
    inner = level[~leaf]
    zero = np.zeros(2**depth, dtype=np.int64)
    borders = double_splits(np.array([split["border"] for split in tree["splits"] or ()], dtype=np.float64))
    columns = np.array([feature["flat_feature_index"] for feature in of_level], dtype=np.int64)
    null_is_low = np.array([feature["nan_value_treatment"] != "AsTrue" for feature in of_level], dtype=bool)
    below = 2 ** (inner + 1) - 1 + number[~leaf]
    read = Tree(
        leaf=leaf,
        column=np.concatenate([columns[inner], zero]),
        split=np.concatenate([borders[inner], zero.astype(np.float64)]),
        yes=np.concatenate([below, zero]),
        no=np.concatenate([below + 2**inner, zero]),
        nan_yes=np.concatenate([null_is_low[inner], zero.astype(bool)]),
        value=np.zeros(len(leaf)),
        cover=_cover(np.array(tree["leaf_weights"], dtype=np.float64), depth),
    )
    heads = np.zeros((2**depth - 1, width))
    return [read.with_value(np.concatenate([heads[:, k], values[:, k]])) for k in range(width)]


def _cover(weights: FloatArray, depth: int) -> FloatArray:
    """The weight of the training rows at each node, level by level."""
    levels = [weights]
    for at in range(depth - 1, -1, -1):
        levels.append(levels[-1].reshape(2, 2**at).sum(axis=0))
    return np.concatenate(levels[::-1])


LOWERINGS: dict[str, Lowering] = {
    "catboost.core.CatBoostClassifier": classifier,
    "catboost.core.CatBoostRegressor": regressor,
}

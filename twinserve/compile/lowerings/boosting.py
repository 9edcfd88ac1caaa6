"""Gradient boosting, both kinds.

The sum starts with the baseline, as a first tree of one leaf, and adds the trees in scikit-learn's order,
so it is equal to the last bit; the label follows from it as in each class's `predict`.

Source: scikit-learn 1.9, `ensemble/_gb.py`, `ensemble/_hist_gradient_boosting/gradient_boosting.py` and
`_predictor.pyx`, `_loss/link.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.additive import Additive, TreeTerm
from twinserve.compile.blocks import Block, Classified, Regressed
from twinserve.compile.graph import Graph, Lowering, require_numbers
from twinserve.compile.lowerings.encoding import all_values
from twinserve.compile.lowerings.linear import decided_by
from twinserve.compile.lowerings.trees import read_tree
from twinserve.compile.private_attributes import PREDICTOR_FIELDS, require_fields
from twinserve.compile.refusal import refusal
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit
from twinserve.estimators.introspection import class_name
from twinserve.explain.stored import Scale

_CONSTANT = ("sklearn.dummy.DummyClassifier", "sklearn.dummy.DummyRegressor")


def gradient_classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """`raw = init + rate * sum of trees`; label 1 where `raw >= 0`, or the first largest.

    Probabilities by the loss: `log_loss` the logistic function or softmax, `exponential` the logistic
    function of `2 raw`.
    """
    doubled = 2.0 if model.loss == "exponential" else 1.0
    raw = _gradient_sum(graph, model, block)
    return _classified(graph, raw, len(model.classes_), doubled, zero_is_one=True)


def gradient_regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """`value = init + rate * sum of trees`."""
    raw = _gradient_sum(graph, model, block)
    return Regressed(raw, additive=sums_of_trees(raw, 1, "value"))


def hist_classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """`raw = baseline + sum of trees`; label 1 where `raw > 0`, or the first largest; logistic or softmax."""
    return _classified(graph, _hist_sum(graph, model, block), len(model.classes_), 1.0, zero_is_one=False)


def hist_regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """`value = baseline + sum of trees`, or its `exp` for the losses with a log link (poisson, gamma)."""
    raw = _hist_sum(graph, model, block)
    link = type(model._loss.link).__name__
    if link == "LogLink":
        return Regressed(graph.smooth("Exp", raw, 1), additive=sums_of_trees(raw, 1, "log"))
    if link != "IdentityLink":
        raise refusal(model, f"loss={model.loss!r} has the link {link}, which is not lowered")
    return Regressed(raw, additive=sums_of_trees(raw, 1, "value"))


def sums_of_trees(tensor: str, sums: int, scale: Scale) -> Additive:
    """Each sum of an operation as an output."""
    return Additive(scale, np.zeros(sums), (TreeTerm(tensor, tuple(range(sums))),))


def _classified(graph: Graph, raw: str, classes: int, doubled: float, *, zero_is_one: bool) -> Classified:
    if classes > 2:
        return decided_by(graph, raw, classes, "softmax", sums_of_trees(raw, classes, "decision"))
    pair = graph.op("Mul", raw, graph.constant([[-1.0, 1.0]]))
    scaled = pair if doubled == 1.0 else graph.op("Mul", pair, graph.constant(doubled))
    label = graph.argmax(pair, last=zero_is_one)
    additive = sums_of_trees(raw, 1, "log-odds").times(doubled)
    return Classified(label, 2, graph.smooth("Sigmoid", scaled, 2), raw, additive=additive)


def _gradient_sum(graph: Graph, model: Any, block: Block) -> str:
    """`[n, k]`: the constant start and every stage's trees, each leaf times the learning rate."""
    require_numbers(block.columns, model)
    trees = [(k, Tree.constant(float(start))) for k, start in enumerate(_start(model))]
    for stage in model.estimators_:
        for k, fitted in enumerate(stage):
            values = model.learning_rate * fitted.tree_.value[:, 0, 0]
            trees.append((k, read_tree(fitted, values)))
    return emit(graph, block, trees, model.estimators_.shape[1])


def _start(model: Any) -> FloatArray:
    """The raw prediction `[k]` before the first tree; it is the same for every row only with a constant `init`."""
    init = model.init_
    if init != "zero" and class_name(init) not in _CONSTANT:
        raise refusal(model, f"init={type(init).__name__} reads rows rounded to float32, which is not lowered")
    start: FloatArray = model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0]
    return start


def _hist_sum(graph: Graph, model: Any, block: Block) -> str:
    """`[n, k]`: the baseline and every iteration's trees, comparing in double."""
    ordered, codes = _own_columns(graph, model, block)
    require_numbers(ordered.columns[len(codes) :], model)
    known, row_of = model._bin_mapper.make_known_categories_bitsets() if codes else ((), ())
    baseline = np.ravel(model._baseline_prediction)
    trees = [(k, Tree.constant(float(start))) for k, start in enumerate(baseline)]
    for iteration in model._predictors:
        for k, predictor in enumerate(iteration):
            trees.append((k, _read_predictor(model, predictor, codes, known, row_of)))
    return emit(graph, ordered, trees, len(baseline))


def _own_columns(graph: Graph, model: Any, block: Block) -> tuple[Block, list[FloatArray]]:
    """The columns in the order of the model's own preprocessor, and the value of each category in the graph.

    Categories come first. Texts are compared by their code in the vocabulary, so they cost no node.
    Numbers as categories go through the model's own encoder: ONNX Runtime 1.32 compares a number with a
    member that is negative or over 30 after cutting off its fraction, so 33.5 would pass for 33.
    """
    if model._preprocessor is None:
        return block, []
    is_category = np.asarray(model.is_categorical_)
    categories, numbers = block.select(np.flatnonzero(is_category)), block.select(np.flatnonzero(~is_category))
    encoder = model._preprocessor.named_transformers_["encoder"]
    if all(column.kind == "category" for column in categories.columns):
        return graph.concat([categories, numbers]), all_values(graph, categories, encoder.categories_, model)
    encoded = graph.transform(encoder, categories)
    return graph.concat([encoded, numbers]), [np.arange(float(len(listed))) for listed in encoder.categories_]


def _read_predictor(model: Any, predictor: Any, codes: list[FloatArray], known: Any, row_of: Any) -> Tree:
    """One tree. A split on a category becomes a test for membership in a set of categories.

    scikit-learn sends an unknown category to the side of the missing ones. So the members are the known categories of
    the *other* side, NaN is never one, and whatever is not a member goes to the side of the missing.
    """
    nodes = predictor.nodes
    require_fields(model, nodes.dtype.names, PREDICTOR_FIELDS)
    leaf = nodes["is_leaf"].astype(bool)
    yes, no = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    nan_yes = nodes["missing_go_to_left"].astype(bool) & ~leaf
    members: dict[int, FloatArray] = {}
    for i in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf).tolist():
        column = int(nodes["feature_idx"][i])
        left = members_of(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][i]])
        if nan_yes[i]:
            left = members_of(known[row_of[column]]) - left
            yes[i], no[i], nan_yes[i] = no[i], yes[i], False
        values = codes[column][sorted(code for code in left if code < len(codes[column]))]
        members[i] = values[np.isfinite(values)]
    return Tree(
        leaf=leaf,
        column=nodes["feature_idx"].astype(np.int64),
        split=np.where(nodes["is_categorical"], -np.inf, nodes["num_threshold"]),
        yes=yes,
        no=no,
        nan_yes=nan_yes,
        value=nodes["value"].astype(np.float64),
        # Without members no row is `<= -inf`: every row goes to the other side.
        members={i: values for i, values in members.items() if len(values)},
        cover=nodes["count"].astype(np.float64),
    )


def members_of(bitset: Any) -> set[int]:
    """The numbers 0 to 255 whose bit is set in eight 32-bit words."""
    words = np.asarray(bitset, dtype="<u4")
    return set(np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little")).tolist())


LOWERINGS: dict[str, Lowering] = {
    "sklearn.ensemble.GradientBoostingClassifier": gradient_classifier,
    "sklearn.ensemble.GradientBoostingRegressor": gradient_regressor,
    "sklearn.ensemble.HistGradientBoostingClassifier": hist_classifier,
    "sklearn.ensemble.HistGradientBoostingRegressor": hist_regressor,
}

"""Linear models: one product with the coefficients, then the rule of each class.

Source: scikit-learn 1.9, `linear_model/_base.py` (`LinearModel._decision_function`, `LinearClassifierMixin`),
`linear_model/_logistic.py`, `linear_model/_stochastic_gradient.py`, `linear_model/_glm/glm.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.additive import Additive, LinearTerm
from twinserve.compile.blocks import Affine, Block, Classified, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.outputs import chosen, several_labels, several_values
from twinserve.compile.refusal import refusal
from twinserve.compile.sparse import reduced
from twinserve.explain.stored import Scale
from twinserve.predict.linear import LinearModel, Link

_LINKS: dict[str, Link] = {"label": "label", "logistic": "logistic"}
"""The links of two-class models whose answer is a function of one dot product."""


def regressor(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """`value = x . coef + intercept`, of one target or of several."""
    weights, bias = _coefficients(model)
    block, weights = reduced(graph, block, weights)
    if len(weights) > 1:
        return several_values(_product(graph, model, block, weights, bias), len(weights))
    value = _product(graph, model, block, weights, bias)
    additive = _additive(graph, block, weights, bias, "value")
    return Regressed(value, _folded(block.affine, weights, bias, "value"), additive)


def exponential(graph: Graph, model: Any, block: Block) -> Regressed:
    """`value = exp(x . coef + intercept)`, the inverse of the log link."""
    inner = regressor(graph, model, block)
    if not isinstance(inner, Regressed):
        raise refusal(model, "it predicts several values")
    additive = None if inner.additive is None else inner.additive.on("log")
    return Regressed(graph.smooth("Exp", inner.value, 1), additive=additive)


def tweedie(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """The log link with `link="log"`, or with `link="auto"` and a positive `power`; else the identity."""
    logarithmic = model.link == "log" or (model.link == "auto" and model.power > 0)
    return (exponential if logarithmic else regressor)(graph, model, block)


def decided(graph: Graph, model: Any, block: Block) -> Classified:
    """`label = [x . coef + intercept > 0]` for two classes, else the first largest decision."""
    return _classified(graph, model, block, "label")


def ridge(graph: Graph, model: Any, block: Block) -> Classified | Outputs:
    """`decided`; of several labels each with a decision over 0."""
    if model._label_binarizer.y_type_.startswith("multilabel"):
        weights, bias = _coefficients(model)
        block, weights = reduced(graph, block, weights)
        above = graph.op("Greater", _product(graph, model, block, weights, bias), graph.constant(0.0))
        return several_labels(chosen(graph, above, len(weights)), None, len(weights), 2 * len(weights))
    return decided(graph, model, block)


def logistic(graph: Graph, model: Any, block: Block) -> Classified:
    """`decided`, and the probabilities of a logistic model.

    Two classes: `p = 1 / (1 + exp(-d))`. More: `softmax(d)`; with one-versus-rest (before scikit-learn 1.8:
    `multi_class="ovr"`, or liblinear) each class's logistic function over their sum.
    """
    multi = getattr(model, "multi_class", "auto")
    several = len(model.classes_) > 2
    if multi == "multinomial" and not several:
        raise refusal(model, "multi_class='multinomial' of two classes is not lowered")
    one_vs_rest = multi == "ovr" or (multi != "multinomial" and getattr(model, "solver", "") == "liblinear")
    return _classified(graph, model, block, "softmax" if several and not one_vs_rest else "logistic")


def discriminant(graph: Graph, model: Any, block: Block) -> Classified:
    """`decided`, and `1 / (1 + exp(-d))` for two classes or `softmax(d)` for more."""
    return _classified(graph, model, block, "softmax" if len(model.classes_) > 2 else "logistic")


def stochastic(graph: Graph, model: Any, block: Block) -> Classified:
    """`decided`; with `log_loss` logistic probabilities, with `modified_huber` `(clip(d, -1, 1) + 1) / 2`."""
    known = {"log_loss": "logistic", "modified_huber": "huber"}
    return _classified(graph, model, block, known.get(model.loss, "label"))


def _classified(graph: Graph, model: Any, block: Block, kind: str) -> Classified:
    weights, bias = _coefficients(model)
    block, weights = reduced(graph, block, weights)
    if len(weights) > 1:
        decision = _product(graph, model, block, weights, bias)
        return decided_by(graph, decision, len(weights), kind, _additive(graph, block, weights, bias, "decision"))
    # Both signs in one product: the larger is the label, and the logistic function of each its probability.
    pair = _product(graph, model, block, np.vstack([-weights, weights]), np.concatenate([-bias, bias]))
    decision = _product(graph, model, block, weights, bias)
    link = _LINKS.get(kind)
    linear = _folded(block.affine, weights, bias, link) if link is not None else None
    additive = _additive(graph, block, weights, bias, "log-odds" if kind == "logistic" else "decision")
    return Classified(graph.argmax(pair), 2, _pair_probabilities(graph, pair, kind), decision, linear, additive)


def decided_by(graph: Graph, decision: str, width: int, kind: str, additive: Additive | None = None) -> Classified:
    """A classifier of `width` > 2 classes from its decisions `[n, width]`."""
    probabilities = None
    if kind == "softmax":
        probabilities = graph.softmax(decision, width)
    elif kind != "label":
        likely = _huber(graph, decision) if kind == "huber" else graph.logistic(decision, width)
        probabilities = graph.normalized(likely, width)
    return Classified(graph.argmax(decision), width, probabilities, decision, additive=additive)


def _pair_probabilities(graph: Graph, pair: str, kind: str) -> str | None:
    if kind == "label":
        return None
    return _huber(graph, pair) if kind == "huber" else graph.smooth("Sigmoid", pair, 2)


def _huber(graph: Graph, decision: str) -> str:
    clipped = graph.op("Clip", decision, graph.constant(-1.0), graph.constant(1.0))
    return graph.op("Div", graph.op("Add", clipped, graph.constant(1.0)), graph.constant(2.0))


def _coefficients(model: Any) -> tuple[FloatArray, FloatArray]:
    """Weights `[k, features]` and intercepts `[k]`."""
    weights = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
    bias = np.zeros(len(weights)) + np.asarray(model.intercept_, dtype=np.float64).reshape(-1)
    return weights, bias


def _product(graph: Graph, model: Any, block: Block, weights: FloatArray, bias: FloatArray) -> str:
    return graph.affine(graph.numbers(block, model), weights.T, bias)


def _additive(graph: Graph, block: Block, weights: FloatArray, bias: FloatArray, scale: Scale) -> Additive:
    """The decision as a sum over the columns; over those of the input where scalers alone come before."""
    affine = block.affine
    if affine is None:
        term = LinearTerm(graph.dense(block), len(block.columns), tuple(range(len(block.columns))), weights)
        return Additive(scale, bias, linear=(term,))
    with np.errstate(over="ignore", invalid="ignore"):  # What is not finite is explained by samples.
        shift = affine.offset - affine.center * affine.gain
        term = LinearTerm("x", len(graph.columns), affine.picks, weights * affine.gain)
        return Additive(scale, bias + weights @ shift, linear=(term,))


def _folded(affine: Affine | None, weights: FloatArray, bias: FloatArray, link: Link) -> LinearModel | None:
    """The model and the scalers before it as one dot product of the input; None where a column is used twice."""
    if affine is None or len(set(affine.picks)) != len(affine.picks):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        folded = affine.gain * weights[0]
        intercept = float(bias[0] + affine.offset @ weights[0])
    if not (np.isfinite(folded).all() and np.isfinite(intercept)):
        return None
    return LinearModel(affine.picks, affine.center, folded, intercept, link)


_PLAIN_REGRESSORS = [
    "LinearRegression",
    "Ridge",
    "RidgeCV",
    "Lasso",
    "LassoCV",
    "MultiTaskElasticNet",
    "MultiTaskElasticNetCV",
    "MultiTaskLasso",
    "MultiTaskLassoCV",
    "ElasticNet",
    "ElasticNetCV",
    "Lars",
    "LarsCV",
    "LassoLars",
    "LassoLarsCV",
    "LassoLarsIC",
    "OrthogonalMatchingPursuit",
    "OrthogonalMatchingPursuitCV",
    "BayesianRidge",
    "ARDRegression",
    "HuberRegressor",
    "QuantileRegressor",
    "TheilSenRegressor",
    "SGDRegressor",
    "PassiveAggressiveRegressor",
]

LOWERINGS: dict[str, Lowering] = {
    **{f"sklearn.linear_model.{name}": regressor for name in _PLAIN_REGRESSORS},
    "sklearn.svm.LinearSVR": regressor,
    "sklearn.linear_model.PoissonRegressor": exponential,
    "sklearn.linear_model.GammaRegressor": exponential,
    "sklearn.linear_model.TweedieRegressor": tweedie,
    "sklearn.linear_model.LogisticRegression": logistic,
    "sklearn.linear_model.LogisticRegressionCV": logistic,
    "sklearn.linear_model.SGDClassifier": stochastic,
    "sklearn.linear_model.RidgeClassifier": ridge,
    "sklearn.linear_model.RidgeClassifierCV": ridge,
    "sklearn.linear_model.Perceptron": decided,
    "sklearn.linear_model.PassiveAggressiveClassifier": decided,
    "sklearn.svm.LinearSVC": decided,
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": discriminant,
}

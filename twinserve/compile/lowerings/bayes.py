"""Naive Bayes: the joint log likelihood of each class; the label is the first largest.

Probabilities are `exp(jll - logsumexp(jll))`, in exactly these steps: a likelihood of -5000 has only about twelve
decimals, and other steps would round differently.

Source: scikit-learn 1.9, `naive_bayes.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.blocks import Block, Classified
from twinserve.compile.graph import INT64, Graph, Lowering, require_numbers
from twinserve.compile.limits import Limit
from twinserve.compile.lowerings.scaling import above
from twinserve.compile.refusal import refusal
from twinserve.compile.sparse import reduced


def gaussian(graph: Graph, model: Any, block: Block) -> Classified:
    """`log prior - sum(log(2 pi var)) / 2 - sum((x - mean)^2 / var) / 2`."""
    rows = graph.op("Unsqueeze", graph.numbers(block, model), graph.constant([1], np.int64))
    far = graph.op("Sub", rows, graph.constant(model.theta_))
    distances = graph.op("Div", graph.op("Mul", far, far), graph.constant(model.var_))
    total = graph.op("MatMul", distances, graph.constant(np.ones(len(block.columns))))
    half = graph.op("Mul", total, graph.constant(-0.5))
    constant = -0.5 * np.sum(np.log(2.0 * np.pi * model.var_), axis=1)
    likelihood = graph.op("Add", half, graph.constant(constant + np.log(model.class_prior_)))
    return _classified(graph, model, likelihood)


def multinomial(graph: Graph, model: Any, block: Block) -> Classified:
    """`x . log p + log prior`."""
    return _classified(graph, model, _product(graph, model, block, model.feature_log_prob_, model.class_log_prior_))


def complement(graph: Graph, model: Any, block: Block) -> Classified:
    """`x . weights`, and the prior only for a single class."""
    bias = model.class_log_prior_ if len(model.classes_) == 1 else np.zeros(len(model.classes_))
    return _classified(graph, model, _product(graph, model, block, model.feature_log_prob_, bias))


def bernoulli(graph: Graph, model: Any, block: Block) -> Classified:
    """`x . (log p - log(1 - p)) + log prior + sum(log(1 - p))`, x first made 0 and 1 by `binarize`."""
    require_numbers(block.columns, model)
    if model.binarize is not None:
        block = above(graph, block, float(model.binarize))
    with np.errstate(divide="ignore"):
        absent = np.log(1 - np.exp(model.feature_log_prob_))
    bias = model.class_log_prior_ + absent.sum(axis=1)
    _require_finite(model, absent, bias)
    return _classified(graph, model, _product(graph, model, block, model.feature_log_prob_ - absent, bias))


def categorical(graph: Graph, model: Any, block: Block) -> Classified:
    """`sum of log p[category] + log prior`; the category of a column is its number truncated to an integer."""
    _require_finite(model, *model.feature_log_prob_)
    for place, table in enumerate(model.feature_log_prob_):  # A number beyond its table makes scikit-learn raise.
        lowest, highest = math.nextafter(-1.0, 0.0), math.nextafter(table.shape[1], 0.0)
        graph.demand(block.select([place]), Limit(lowest, highest, null=False))
    sizes = [table.shape[1] for table in model.feature_log_prob_]
    owner = np.repeat(np.arange(len(sizes)), sizes).tolist()
    whole = graph.op("Cast", graph.numbers(block, model), to=INT64)
    cells = graph.gather(whole, owner, len(sizes))
    codes = graph.constant(np.concatenate([np.arange(size) for size in sizes]), np.int64)
    hits = graph.as_double(graph.op("Equal", cells, codes))
    weights = np.concatenate([table.T for table in model.feature_log_prob_])
    return _classified(graph, model, graph.affine(hits, weights, model.class_log_prior_))


def _product(graph: Graph, model: Any, block: Block, weights: FloatArray, bias: FloatArray) -> str:
    """`x . weights + bias`, weights `[classes, columns]`."""
    block, weights = reduced(graph, block, weights)
    return graph.affine(graph.numbers(block, model), weights.T, bias)


def _require_finite(model: Any, *tables: Any) -> None:
    if not all(np.isfinite(table).all() for table in tables):
        raise refusal(model, f"alpha={model.alpha!r} leaves a probability of 0 or 1")


def _classified(graph: Graph, model: Any, likelihood: str) -> Classified:
    width = len(model.classes_)
    top = graph.op("ReduceMax", likelihood, graph.constant([1], np.int64), keepdims=1)
    scaled = graph.smooth("Exp", graph.op("Sub", likelihood, top), width)
    # The sum in two equal columns: `Log` of an even number of columns (see `Graph.smooth`).
    sums = graph.op("MatMul", scaled, graph.constant(np.ones((width, 2))))
    logarithm = graph.gather(graph.op("Log", sums), [0], 2)
    evidence = graph.op("Add", logarithm, top)
    probabilities = graph.smooth("Exp", graph.op("Sub", likelihood, evidence), width)
    return Classified(graph.argmax(likelihood), width, probabilities)


LOWERINGS: dict[str, Lowering] = {
    "sklearn.naive_bayes.GaussianNB": gaussian,
    "sklearn.naive_bayes.MultinomialNB": multinomial,
    "sklearn.naive_bayes.ComplementNB": complement,
    "sklearn.naive_bayes.BernoulliNB": bernoulli,
    "sklearn.naive_bayes.CategoricalNB": categorical,
}

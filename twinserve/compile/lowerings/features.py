"""Polynomial features, feature selection, binning and functions of features.

Source: scikit-learn 1.9, `preprocessing/_polynomial.py`, `preprocessing/_discretization.py`,
`preprocessing/_function_transformer.py`, `feature_selection/_base.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.arithmetic.elementwise import FUNCTIONS, RISING
from twinserve.compile.blocks import Block
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.library_functions import Rising
from twinserve.compile.lowerings.encoding import stack
from twinserve.compile.refusal import refusal

MAX_FEATURES = 100_000
"""The largest number of polynomial features that one graph may hold."""


def selected(graph: Graph, selector: Any, block: Block) -> Block:
    """The columns of `get_support`; adds no node."""
    del graph
    return block.select(selector.get_support(indices=True))


def polynomial(graph: Graph, features: Any, block: Block) -> Block:
    """Products of columns, degree by degree: the first factor times the product of the others."""
    if features.n_output_features_ > MAX_FEATURES:
        raise refusal(features, f"{features.n_output_features_} features are more than {MAX_FEATURES}")
    tensor, width = graph.numbers(block, features), len(block.columns)
    lower = {(i,): i for i in range(width)}
    degrees = [Block.numbers(tensor, width)]
    low, high = features._min_degree, features._max_degree
    for degree in range(2, high + 1):
        terms = [t for t in _combinations(features, width, degree) if len(t) == degree]
        if not terms:
            break
        first = graph.gather(tensor, [t[0] for t in terms], width)
        others = graph.dense(degrees[-1].select(lower[t[1:]] for t in terms))
        degrees.append(Block.numbers(graph.op("Mul", others, first), len(terms)))
        lower = {t: i for i, t in enumerate(terms)}
    chosen = degrees[max(low, 1) - 1 :] if high else []
    ones = [Block.numbers(graph.each_row(tensor, [1.0]), 1)] if features.include_bias else []
    return graph.concat([*ones, *chosen])


def binned(graph: Graph, bins: Any, block: Block) -> Block:
    """The number of inner edges that are `<= x`; or that number in one-hot columns."""
    inner = [np.asarray(edges, dtype=np.float64)[1:-1] for edges in bins.bin_edges_]
    owner = [i for i, edges in enumerate(inner) for _ in edges]
    if bins.dtype not in (None, np.float64):
        raise refusal(bins, f"dtype={bins.dtype!r} is not lowered")
    if bins.encode not in ("ordinal", "onehot", "onehot-dense"):
        raise refusal(bins, f"encode={bins.encode!r} is not lowered")
    cells = graph.numbers(block.select(owner), bins)
    reached = graph.as_double(graph.op("GreaterOrEqual", cells, graph.constant(np.concatenate(inner))))
    if bins.encode == "ordinal":
        counts = stack([np.ones((len(edges), 1)) for edges in inner])
        return Block.numbers(graph.op("MatMul", reached, graph.constant(counts)), len(inner))
    # Bin j is "edge j-1 reached, edge j not": a difference of two hits; "edge -1" is always reached.
    steps = [np.eye(len(e), len(e) + 1, 1) - np.eye(len(e), len(e) + 1) for e in inner]
    start = np.concatenate([np.eye(1, len(e) + 1)[0] for e in inner])
    return Block.numbers(graph.affine(reached, stack(steps), start), len(start))


def function(graph: Graph, transformer: Any, block: Block) -> Block:
    """`func` on every number, if it is None or one of the NumPy functions in `FUNCTIONS`."""
    if transformer.func is None:
        return block
    lowering = FUNCTIONS.get(transformer.func)
    if lowering is None or transformer.kw_args:
        raise refusal(
            transformer,
            f"func is not None and not one of {', '.join(sorted(f.__name__ for f in FUNCTIONS))} without kw_args",
        )
    width = len(block.columns)
    source = graph.numbers(block, transformer)
    made = lowering(graph, source, width)
    if transformer.func in RISING:
        graph.rising[made] = Rising(source, width, transformer.func, is_partial=RISING[transformer.func])
    return Block.numbers(made, width)


def _combinations(features: Any, width: int, degree: int) -> Any:
    return features._combinations(width, degree, degree, features.interaction_only, include_bias=False)


_SELECTORS = [
    "VarianceThreshold",
    "SelectKBest",
    "SelectPercentile",
    "SelectFpr",
    "SelectFdr",
    "SelectFwe",
    "GenericUnivariateSelect",
    "SelectFromModel",
    "RFE",
    "RFECV",
    "SequentialFeatureSelector",
]

LOWERINGS: dict[str, Lowering] = {
    **{f"sklearn.feature_selection.{name}": selected for name in _SELECTORS},
    "sklearn.preprocessing.PolynomialFeatures": polynomial,
    "sklearn.preprocessing.KBinsDiscretizer": binned,
    "sklearn.preprocessing.FunctionTransformer": function,
}

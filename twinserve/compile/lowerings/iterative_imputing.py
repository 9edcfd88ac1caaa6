"""Imputing each column from the others, round after round.

Of a row in which every value is missing scikit-learn gives two answers: alone the first fill, beside other rows what
the rounds make of it. The graph gives the second, whatever the batch.

Source: scikit-learn 1.9, `impute/_iterative.py` (`transform`, `_impute_one_feature`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.blocks import Block, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.limits import FINITE
from twinserve.compile.lowerings import linear
from twinserve.compile.lowerings.imputing import indicator_of, missing
from twinserve.compile.private_attributes import ROUNDS, require_fields
from twinserve.compile.refusal import refusal
from twinserve.estimators.introspection import class_name


def iterative_imputer(graph: Graph, imputer: Any, block: Block) -> Block:
    """The first fill, and then for each fitted estimator its prediction where its column is missing."""
    if imputer.sample_posterior:
        raise refusal(imputer, "sample_posterior=True draws numbers at random")
    start = graph.transform(imputer.initial_imputer_, block)
    empty = np.asarray(imputer._is_empty_feature)
    part = block if imputer.keep_empty_features else block.select(np.flatnonzero(~empty))
    seen = ~empty if imputer.keep_empty_features else np.ones(len(part.columns), dtype=bool)
    if len(start.columns) != len(part.columns):
        raise refusal(imputer, "its first fill drops other columns than it does")
    open_ = [bool(seen[place]) and column.nullable for place, column in enumerate(part.columns)]
    is_missing = graph.op("And", missing(graph, part, imputer), graph.constant(open_, np.bool_))
    filled = _rounds(graph, imputer, graph.numbers(start, imputer), is_missing, open_)
    made = Block.numbers(filled, len(part.columns))
    if not imputer.add_indicator:
        return made
    return graph.concat([made, indicator_of(graph, block, imputer, imputer.indicator_.features_)])


def _rounds(graph: Graph, imputer: Any, filled: str, is_missing: str, open_: list[bool]) -> str:
    """`[n, columns]`; only where one of several missing values is not finite any more does an estimator raise."""
    if not imputer.n_iter_:
        return filled
    require_fields(imputer, dir(imputer), ROUNDS)
    width = len(open_)
    steps = [step for step in imputer.imputation_sequence_ if open_[step.feat_idx]]
    for step in steps:
        here = graph.op("And", is_missing, graph.constant(np.arange(width) == step.feat_idx, np.bool_))
        others = graph.gather(filled, np.asarray(step.neighbor_feat_idx).tolist(), width)
        predicted = _predicted(
            graph, step.estimator, others, len(step.neighbor_feat_idx), is_missing, step.feat_idx, width
        )
        low, high = float(imputer._min_value[step.feat_idx]), float(imputer._max_value[step.feat_idx])
        filled = graph.op("Where", here, _clipped(graph, predicted, low, high), filled)
    if sum(open_) > 1:
        count = graph.row_sum(graph.as_double(is_missing), width)
        several = graph.op("Greater", count, graph.constant(1.0))
        graph.demand(Block.numbers(graph.op("Where", several, filled, graph.constant(0.0)), width), FINITE)
    return filled


def _predicted(graph: Graph, estimator: Any, others: str, count: int, is_missing: str, place: int, width: int) -> str:
    """`[n, 1]`. An estimator is asked about the rows that miss its column only, and refuses no other."""
    is_linear = linear.LOWERINGS.get(class_name(estimator)) is linear.regressor
    if not is_linear:
        asked = graph.gather(is_missing, [place], width)
        others = graph.op("Where", asked, others, graph.constant(0.0))
    outcome = graph.lower(estimator, Block.numbers(others, count))
    if not isinstance(outcome, Regressed):
        raise refusal(estimator, "a regressor is needed in this place")
    if is_linear:
        graph.limits.pop(others, None)
    return outcome.value


def _clipped(graph: Graph, value: str, low: float, high: float) -> str:
    """What is not a number stays so."""
    for end, kind in ((low, "Less"), (high, "Greater")):
        if np.isfinite(end):
            limit = graph.constant(end)
            value = graph.op("Where", graph.op(kind, value, limit), limit, value)
    return value


LOWERINGS: dict[str, Lowering] = {"sklearn.impute.IterativeImputer": iterative_imputer}

"""Estimators made of estimators: pipelines, column transformers, unions, searches.

Source: scikit-learn 1.9, `pipeline.py`, `compose/_column_transformer.py`, `model_selection/_search.py`,
`model_selection/_search_successive_halving.py`, `linear_model/_ransac.py`, `semi_supervised/_self_training.py`;
imbalanced-learn 0.14, `pipeline.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.blocks import Block, Outcome
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.refusal import refusal
from twinserve.compile.sparse import is_sparse, joined, term_block, whole_terms
from twinserve.estimators.introspection import steps_at_predict


def pipeline(graph: Graph, steps: Any, block: Block) -> Outcome:
    """Each step on the output of the one before it; None, "passthrough" and samplers pass their input on."""
    kept = steps_at_predict(steps)
    for step in kept[:-1]:
        block = graph.transform(step, block)
    return graph.lower(kept[-1], block) if kept else block


def transforming_pipeline(graph: Graph, steps: Any, block: Block) -> Block:
    """The same where the last step transforms, too."""
    for step in steps_at_predict(steps):
        block = graph.transform(step, block)
    return block


def column_transformer(graph: Graph, transformer: Any, block: Block) -> Block:
    """Each part on its own columns, side by side in the order of `transformers_`, times its weight."""
    parts: list[Block] = []
    for name, step, _ in transformer.transformers_:
        indices = transformer._transformer_to_input_indices[name]
        if (isinstance(step, str) and step == "drop") or not len(indices):
            continue
        part = block.select(indices)
        if not (isinstance(step, str) and step == "passthrough"):
            part = graph.transform(step, part)
        parts.append(_weighted(graph, transformer, part, name))
    whole = _joined(graph, transformer, parts)
    return whole if transformer.sparse_output_ or not is_sparse(graph, whole) else joined(graph, [whole], is_dense=True)


def feature_union(graph: Graph, union: Any, block: Block) -> Block:
    """Every part on all columns, side by side, times its weight."""
    parts: list[Block] = []
    for name, step in union.transformer_list:
        if isinstance(step, str) and step == "drop":
            continue
        part = block if isinstance(step, str) else graph.transform(step, block)
        parts.append(_weighted(graph, union, part, name))
    return _joined(graph, union, parts)


def best_estimator(graph: Graph, search: Any, block: Block) -> Outcome:
    """The estimator that a search kept."""
    return graph.lower(search.best_estimator_, block)


def inner_estimator(graph: Graph, frozen: Any, block: Block) -> Outcome:
    """The estimator inside a FrozenEstimator."""
    return graph.lower(frozen.estimator, block)


def fitted_estimator(graph: Graph, outer: Any, block: Block) -> Outcome:
    """The estimator that was fitted inside one that prepares its training alone: labels as numbers, or fewer rows."""
    return graph.lower(outer.estimator_, block)


def fitted_on_array(graph: Graph, outer: Any, block: Block) -> Outcome:
    """`fitted_estimator` of one that makes an array of numbers of its table."""
    graph.numbers(block, outer)
    return fitted_estimator(graph, outer, block)


def _weighted(graph: Graph, owner: Any, part: Block, name: str) -> Block:
    weight = (owner.transformer_weights or {}).get(name)
    if weight is None:
        return part
    terms = whole_terms(graph, part)
    if terms is not None:
        return term_block(graph, terms.then("times", numbers=np.array([float(weight)])))
    weighted = graph.op("Mul", graph.numbers(part, owner), graph.constant(float(weight)))
    affine = part.affine and part.affine.times(np.full(len(part.columns), float(weight)))
    return Block.of(weighted, part.columns, affine)


def _joined(graph: Graph, owner: Any, parts: list[Block]) -> Block:
    if not any(part.columns for part in parts):
        raise refusal(owner, "it leaves no column")
    return graph.concat(parts)


LOWERINGS: dict[str, Lowering] = {
    "twinserve.estimators.label_encoded.Coded": fitted_estimator,
    "imblearn.pipeline.Pipeline": pipeline,
    "sklearn.pipeline.Pipeline": pipeline,
    "sklearn.pipeline.Pipeline.transform": transforming_pipeline,
    "sklearn.pipeline.FeatureUnion": feature_union,
    "sklearn.compose.ColumnTransformer": column_transformer,
    "sklearn.frozen.FrozenEstimator": inner_estimator,
    "sklearn.linear_model.RANSACRegressor": fitted_on_array,
    "sklearn.model_selection.GridSearchCV": best_estimator,
    "sklearn.model_selection.HalvingGridSearchCV": best_estimator,
    "sklearn.model_selection.HalvingRandomSearchCV": best_estimator,
    "sklearn.model_selection.RandomizedSearchCV": best_estimator,
    "sklearn.semi_supervised.SelfTrainingClassifier": fitted_on_array,
}

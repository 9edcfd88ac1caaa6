"""An estimator for each of several targets, by itself or in a chain; several quantiles of one target.

Source: scikit-learn 1.9, `multioutput.py` (`_MultiOutputEstimator.predict`, `_BaseChain._get_predictions`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.blocks import Block, Classified, Outcome, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.outputs import beside, several
from twinserve.compile.refusal import refusal


def independent(graph: Graph, model: Any, block: Block) -> Outputs:
    """Each estimator on the same columns."""
    return several(graph, model, [graph.lower(member, block) for member in model.estimators_])


def chain(graph: Graph, model: Any, block: Block) -> Outputs:
    """Each estimator on the columns and what those before it said; the targets are then brought into their order."""
    graph.numbers(block, model)  # It makes one array of numbers of its table.
    method = getattr(model, "chain_method_", "predict")
    seen, outcomes = block, list[Outcome]()
    for member in model.estimators_:
        outcomes.append(graph.lower(member, seen))
        seen = graph.concat([seen, Block.numbers(_said(graph, member, outcomes[-1], method), 1)])
    places = np.argsort(np.asarray(model.order_)).tolist()
    return several(graph, model, [outcomes[place] for place in places])


def _said(graph: Graph, member: Any, outcome: Outcome, method: str) -> str:
    """What the next estimators of a chain see of an answer: double `[n, 1]`."""
    if isinstance(outcome, Regressed):
        return outcome.value
    if not isinstance(outcome, Classified) or outcome.classes != 2:
        raise refusal(member, "a classifier of two classes is needed in this place")
    if method == "predict":
        classes = np.asarray(member.classes_, dtype=np.float64).reshape(-1, 1)
        return graph.op("Gather", graph.constant(classes), outcome.label, axis=0)
    if method == "predict_proba" and outcome.probabilities is not None:
        return graph.gather(outcome.probabilities, [1], 2)
    raise refusal(member, f"chain_method={method!r} is not lowered")


def quantiles(graph: Graph, model: Any, block: Block) -> Outputs:
    """The middle quantile, and the others."""
    outcomes = [graph.lower(member, block) for member in model.estimators_]
    values = [outcome.value for outcome in outcomes if isinstance(outcome, Regressed)]
    if len(values) != len(outcomes):
        raise refusal(model, "regressors are needed in it")
    middle = values.pop(len(values) // 2)
    return Outputs({"value": middle, "quantiles": beside(graph, values)}, {"value": None, "quantiles": len(values)})


LOWERINGS: dict[str, Lowering] = {
    "sklearn.multioutput.ClassifierChain": chain,
    "sklearn.multioutput.MultiOutputClassifier": independent,
    "sklearn.multioutput.MultiOutputRegressor": independent,
    "sklearn.multioutput.RegressorChain": chain,
    "twinserve.estimators.quantiles.Quantiles": quantiles,
}

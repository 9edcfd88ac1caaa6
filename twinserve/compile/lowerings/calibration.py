"""Calibrated classifiers.

Source: scikit-learn 1.9, `calibration.py` (`_CalibratedClassifier`, `_SigmoidCalibration`,
`_TemperatureScaling`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.additive import Additive
from twinserve.compile.blocks import Block, Classified
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.lowerings import isotonic, trees
from twinserve.compile.refusal import refusal
from twinserve.estimators.introspection import class_name


def calibrated(graph: Graph, model: Any, block: Block) -> Classified:
    """The mean of the calibrated probabilities of every fold; the label is the first largest."""
    folds = [_one(graph, model, part, block) for part in model.calibrated_classifiers_]
    probabilities = mean(graph, [part for part, _ in folds])
    additive = folds[0][1] if len(folds) == 1 else None
    return Classified(graph.argmax(probabilities), len(model.classes_), probabilities, additive=additive)


def mean(graph: Graph, parts: list[str]) -> str:
    """The mean of these tensors, summed from the first to the last."""
    total = parts[0]
    for part in parts[1:]:
        total = graph.op("Add", total, part)
    return total if len(parts) == 1 else graph.op("Div", total, graph.constant(float(len(parts))))


def response(graph: Graph, estimator: Any, block: Block) -> tuple[str, int, bool]:
    """Decisions or else probabilities, `[n, 1]` or `[n, classes]`; how many columns; whether they are decisions."""
    return _response(graph, estimator, _classified(graph, estimator, block))


def _classified(graph: Graph, estimator: Any, block: Block) -> Classified:
    outcome = graph.lower(estimator, block)
    if not isinstance(outcome, Classified):
        raise refusal(estimator, "a classifier is needed in this place")
    return outcome


def _response(graph: Graph, estimator: Any, outcome: Classified) -> tuple[str, int, bool]:
    width = 1 if outcome.classes == 2 else outcome.classes
    if outcome.decision is not None:
        return outcome.decision, width, True
    if outcome.probabilities is None:
        raise refusal(estimator, "it has neither decisions nor probabilities")
    likely = graph.gather(outcome.probabilities, [1], 2) if width == 1 else outcome.probabilities
    return likely, width, False


def _one(graph: Graph, model: Any, part: Any, block: Block) -> tuple[str, Additive | None]:
    """One fold's probabilities `[n, classes]`, and their log-odds as a sum where there is one."""
    if part.method == "temperature":
        return _temperature(graph, model, part, block), None
    curves = {"sigmoid": _sigmoids, "isotonic": isotonic.calibrators}.get(part.method)
    if curves is None:
        raise refusal(model, f"method={part.method!r} is not lowered")
    outcome = _classified(graph, part.estimator, block)
    tensor, width, decides = _response(graph, part.estimator, outcome)
    likely = curves(graph, tensor, part.calibrators)
    classes = len(part.classes)
    if classes == 2:
        return _with_rest(graph, likely), _log_odds(part, outcome, decides=decides)
    positions = np.searchsorted(part.classes, part.estimator.classes_)
    if width != classes:
        likely = graph.op("MatMul", likely, graph.constant(np.eye(classes)[positions]))
    return graph.normalized(likely, classes), None


def _log_odds(part: Any, outcome: Classified, *, decides: bool) -> Additive | None:
    """`-(a d + b)`, the log-odds of a fold of two classes calibrated by `1 / (1 + exp(a d + b))`."""
    inner = outcome.additive
    if part.method != "sigmoid" or inner is None or (inner.of == "probability") == decides:
        return None
    (calibrator,) = part.calibrators
    return inner.on("log-odds").times(-float(calibrator.a_)).plus(-float(calibrator.b_))


def _temperature(graph: Graph, model: Any, part: Any, block: Block) -> str:
    """`softmax(beta * logits)` (since 1.8): decisions as they are, of two classes `-d` and `d`, or `log(p + 1e-12)`.

    Decisions of more classes that look like probabilities are treated as such. scikit-learn decides that for a whole
    batch, the graph for each row by itself. The logarithm magnifies the last bit of a probability near 0, so only
    probabilities of trees are lowered, which are equal to the last bit.
    """
    tensor, width, decides = response(graph, part.estimator, block)
    classes = len(part.classes)
    if len(part.estimator.classes_) != classes:
        raise refusal(model, "method='temperature' on a fold without every class is not lowered")
    if not decides and class_name(part.estimator) not in trees.LOWERINGS:
        raise refusal(model, f"method='temperature' on probabilities of {type(part.estimator).__name__} is not lowered")
    if width == 1:
        pair = graph.op("Mul", tensor, graph.constant([[-1.0, 1.0]])) if decides else _with_rest(graph, tensor)
        logits = pair if decides else _logarithms(graph, pair, 2)
    else:
        logits = (_logits if decides else _logarithms)(graph, tensor, classes)
    (calibrator,) = part.calibrators
    return graph.softmax(graph.op("Mul", logits, graph.constant(float(calibrator.beta_))), classes)


def _with_rest(graph: Graph, likely: str) -> str:
    """`1 - p` and `p`, side by side."""
    pair = graph.op("Mul", likely, graph.constant([[-1.0, 1.0]]))
    return graph.op("Add", pair, graph.constant([[1.0, 0.0]]))


def _logits(graph: Graph, decisions: str, width: int) -> str:
    """The decisions, or logarithms where all are from 0 to 1 and their sum is close to 1."""
    axes = graph.constant([1], np.int64)
    low = graph.op("GreaterOrEqual", graph.op("ReduceMin", decisions, axes, keepdims=1), graph.constant(0.0))
    high = graph.op("LessOrEqual", graph.op("ReduceMax", decisions, axes, keepdims=1), graph.constant(1.0))
    gap = graph.op("Abs", graph.op("Sub", graph.row_sum(decisions, width), graph.constant(1.0)))
    whole = graph.op("LessOrEqual", gap, graph.constant(1e-8 + 1e-5))
    are_probabilities = graph.op("And", graph.op("And", low, high), whole)
    return graph.op("Where", are_probabilities, _logarithms(graph, decisions, width), decisions)


def _logarithms(graph: Graph, probabilities: str, width: int) -> str:
    return graph.smooth("Log", graph.op("Add", probabilities, graph.constant(1e-12)), width)


def _sigmoids(graph: Graph, tensor: str, calibrators: Any) -> str:
    """`1 / (1 + exp(a d + b))` for each class's `a` and `b`; of two classes the second's, in two columns."""
    times = 2 if len(calibrators) == 1 else 1
    scaled = graph.op("Mul", tensor, graph.constant([c.a_ for c in calibrators] * times))
    shifted = graph.op("Add", scaled, graph.constant([c.b_ for c in calibrators] * times))
    raised = graph.smooth("Exp", shifted, len(calibrators) * times)
    return graph.op("Div", graph.constant(1.0), graph.op("Add", graph.constant(1.0), raised))


LOWERINGS: dict[str, Lowering] = {
    "sklearn.calibration.CalibratedClassifierCV": calibrated,
}

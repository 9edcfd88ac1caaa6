"""The outputs of estimators that predict more than a label or a value: several targets, quantiles, outliers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from twinserve.compile.blocks import Block, Classified, Outcome, Outputs, Regressed
from twinserve.compile.graph import Graph
from twinserve.compile.refusal import refusal


def several(graph: Graph, model: Any, outcomes: Sequence[Outcome]) -> Outputs:
    """The predictions of several targets: an outcome for each, all of them labels or all of them values."""
    values = [outcome.value for outcome in outcomes if isinstance(outcome, Regressed)]
    if len(values) == len(outcomes):
        return several_values(beside(graph, values), len(values))
    labelled = [outcome for outcome in outcomes if isinstance(outcome, Classified)]
    if len(labelled) != len(outcomes):
        raise refusal(model, "predictors of labels, or of values, are needed in it")
    starts = [0, *accumulate(outcome.classes for outcome in labelled)]
    labels = [column(graph, outcome.label, start) for outcome, start in zip(labelled, starts, strict=False)]
    likely = [outcome.probabilities for outcome in labelled if outcome.probabilities is not None]
    has_all = len(likely) == len(labelled) and hasattr(model, "predict_proba")
    return several_labels(joined(graph, labels), joined(graph, likely) if has_all else None, len(labels), starts[-1])


def several_values(tensor: str, targets: int) -> Outputs:
    """A value for each target: double `[n, targets]`."""
    return Outputs({"value": tensor}, {"value": targets})


def quantiles(graph: Graph, tensor: str, levels: int) -> Outputs:
    """The middle one of the quantiles `[n, levels]`, and the others."""
    middle = levels // 2
    others = [place for place in range(levels) if place != middle]
    return Outputs(
        {"value": graph.gather(tensor, [middle], levels), "quantiles": graph.gather(tensor, others, levels)},
        {"value": None, "quantiles": len(others)},
    )


def several_labels(labels: str, likely: str | None, targets: int, classes: int) -> Outputs:
    """A label for each target: int64 `[n, targets]`, places among all targets' classes, of which there are `classes`;
    `likely` are their probabilities, None where the model gives labels only."""
    if likely is None:
        return Outputs({"label": labels}, {"label": targets})
    return Outputs({"label": labels, "probabilities": likely}, {"label": targets, "probabilities": classes})


def detected(graph: Graph, score: str, *, is_outlier: str) -> Outputs:
    """Whether a row is an outlier, boolean `[n, 1]`, and its score, double `[n, 1]`."""
    one, nothing = (graph.constant([[code]], np.int64) for code in (1, 0))
    return Outputs(
        {"label": graph.op("Where", is_outlier, one, nothing), "value": score}, {"label": None, "value": None}
    )


def column(graph: Graph, label: str, start: int) -> str:
    """Labels int64 `[n]` as `[n, 1]`, counted from `start`."""
    tall = graph.op("Unsqueeze", label, graph.constant([1], np.int64))
    return tall if not start else graph.op("Add", tall, graph.constant([[start]], np.int64))


def chosen(graph: Graph, is_second: str, targets: int) -> str:
    """Labels of targets of two classes each, int64 `[n, targets]`, from booleans that say which have the second."""
    first = np.arange(0, 2 * targets, 2)[np.newaxis]
    return graph.op("Where", is_second, graph.constant(first + 1, np.int64), graph.constant(first, np.int64))


def both(graph: Graph, second: str, targets: int) -> str:
    """Probabilities of both classes of each target, `[n, 2 targets]`, from those of the second, `[n, targets]`."""
    first = graph.op("Sub", graph.constant(1.0), second)
    whole = graph.op("Concat", first, second, axis=1)
    return graph.gather(whole, [place + side * targets for place in range(targets) for side in (0, 1)], 2 * targets)


def beside(graph: Graph, columns: Sequence[str]) -> str:
    """Doubles `[n, 1]` side by side."""
    return graph.dense(graph.concat([Block.numbers(tensor, 1) for tensor in columns]))


def joined(graph: Graph, tensors: Sequence[str]) -> str:
    """Tensors `[n, k]` of one type side by side."""
    return tensors[0] if len(tensors) == 1 else graph.op("Concat", *tensors, axis=1)

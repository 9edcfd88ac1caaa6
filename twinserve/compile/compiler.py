"""A fitted pipeline to the bytes of one checked ONNX model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import onnx
from onnx import helper

from twinserve.compile.analysis.unanswered_rows import guarded, refusals, with_refusals, with_refused_labels
from twinserve.compile.blocks import Affine, Block, Classified, Column, Outcome, Outputs, Regressed
from twinserve.compile.explanation import CannotExplain, Explained, explained
from twinserve.compile.graph import Graph
from twinserve.compile.lowerings.catalog import LOWERINGS
from twinserve.compile.onnx_model import model_of
from twinserve.compile.refusal import refusal
from twinserve.compile.stored_texts import stored_texts
from twinserve.graph.check import check_graph
from twinserve.graph.reader import BadGraph
from twinserve.predict.extra_categories import ExtraCategories, extra_categories_metadata

MAX_BYTES = 1_000_000_000
"""The largest model that is written, well below the two gigabytes that its format can hold."""


@dataclass(frozen=True)
class Compiled:
    """A compiled pipeline."""

    graph: bytes
    explained: Explained | CannotExplain
    """How its predictions are explained exactly, or why they are not."""


def compile_pipeline(pipeline: Any, columns: Sequence[Column]) -> bytes:
    """The graph of `compile_with_explanation` alone."""
    return compile_with_explanation(pipeline, columns).graph


def compile_with_explanation(pipeline: Any, columns: Sequence[Column]) -> Compiled:
    """The fitted pipeline (or single estimator) as a serialized ONNX model in double precision.

    Input `x`: double `[n, len(columns)]`, the columns in the order of the table that the pipeline was
    fitted on; null is NaN. Outputs: a classifier's `label`, int64 `[n]`, an index into the final
    estimator's `classes_`, and with a `predict_proba` its `probabilities`, double `[n, classes]`; a
    regressor's `value`, double `[n]`. A text that a step knows and that is not among a column's categories gets a code
    after theirs, which `twinserve/predict/extra_categories.py` reads from the metadata. Where a step reads texts,
    further columns follow, which `twinserve/text/` makes of them as the metadata says.

    Run it on one thread: with more, ONNX Runtime adds the trees of a single row in another order.

    A row on which scikit-learn would raise (null where no step takes null, a category that an encoder with
    `handle_unknown="error"` never saw, a number that float32 cannot hold before a tree) has no answer here
    either: its numbers are NaN, and its label is -1 where there are no numbers.

    Raises CannotCompile with "<class>: <reason>" where there is no exact graph.
    """
    _require_same_names(pipeline, columns)
    graph, outcome = _lowered(pipeline, columns)
    extra = graph.extra_categories
    if extra:
        longer = [replace(c, categories=(*c.categories, *extra.get(c.name, ()))) for c in columns]
        graph, outcome = _lowered(pipeline, longer)
    outputs = outputs_of(graph, pipeline, outcome)
    model = model_of(graph, outputs, len(graph.columns), _widths(outcome))
    linear = outcome.linear if isinstance(outcome, Classified | Regressed) else None
    linear = None if linear is None else guarded(graph, linear)
    props = extra_categories_metadata(_codes(extra, columns)) | (linear.metadata() if linear is not None else {})
    texts, constants = stored_texts(graph, len(columns))
    model.graph.initializer.extend(constants)
    helper.set_model_props(model, props | texts)
    if model.ByteSize() > MAX_BYTES:
        raise refusal(pipeline, f"its graph takes {model.ByteSize()} bytes, more than {MAX_BYTES}")
    onnx.checker.check_model(model)
    compiled: bytes = model.SerializeToString(deterministic=True)
    try:
        check_graph(compiled)  # A server makes the same check.
    except BadGraph as error:
        raise refusal(pipeline, f"its graph {error.reason}") from error
    return Compiled(compiled, _explained(graph, outcome, outputs))


def _explained(graph: Graph, outcome: Outcome, outputs: Mapping[str, str]) -> Explained | CannotExplain:
    additive = outcome.additive if isinstance(outcome, Classified | Regressed) else None
    try:
        return explained(graph, additive, list(outputs.values()))
    except CannotExplain as reason:
        return reason


def _lowered(pipeline: Any, columns: Sequence[Column]) -> tuple[Graph, Outcome]:
    """The graph of these columns, and its outcome."""
    graph = Graph(LOWERINGS, columns)
    return graph, graph.lower(pipeline, Block.of("x", columns, Affine.identity(len(columns))))


def _codes(extra: Mapping[str, Iterable[str]], columns: Sequence[Column]) -> ExtraCategories:
    """The codes of the extra categories: those after the last category of their column."""
    return {
        place: {text: float(code) for code, text in enumerate(extra[column.name], len(column.categories))}
        for place, column in enumerate(columns)
        if column.name in extra
    }


def _require_same_names(pipeline: Any, columns: Sequence[Column]) -> None:
    fitted = getattr(pipeline, "feature_names_in_", None)
    given = [column.name for column in columns]
    if fitted is not None and list(fitted) != given:
        raise refusal(pipeline, f"it was fitted on the columns {list(fitted)}, not on {given}")


def outputs_of(graph: Graph, pipeline: Any, outcome: Outcome) -> dict[str, str]:
    """The tensors that hold the graph's outputs, by the outputs' names."""
    refused = refusals(graph)
    if isinstance(outcome, Classified):
        if outcome.probabilities is None:
            return {"label": with_refused_labels(graph, outcome.label, refused)}
        return {"label": outcome.label, "probabilities": with_refusals(graph, outcome.probabilities, refused)}
    if isinstance(outcome, Regressed):
        return {"value": _flat(graph, with_refusals(graph, outcome.value, refused))}
    if isinstance(outcome, Outputs):
        return {name: _output(graph, outcome, name, refused) for name in outcome.tensors}
    raise refusal(pipeline, "it transforms and does not predict")


def _output(graph: Graph, outcome: Outputs, name: str, refused: Sequence[str]) -> str:
    """An output, with NaN in the rows that have no answer; labels say so only where there are no numbers."""
    tensor = outcome.tensors[name]
    if name != "label":
        tensor = with_refusals(graph, tensor, refused)
    elif len(outcome.tensors) == 1:
        tensor = with_refused_labels(graph, tensor, refused, is_flat=False)
    return _flat(graph, tensor) if outcome.widths[name] is None else tensor


def _flat(graph: Graph, tensor: str) -> str:
    """`[n, 1]` as `[n]`."""
    return graph.op("Reshape", tensor, graph.constant([-1], "int64"))


def _widths(outcome: Outcome) -> Mapping[str, int | None]:
    if isinstance(outcome, Outputs):
        return outcome.widths
    return {"label": None, "value": None, "probabilities": outcome.classes if isinstance(outcome, Classified) else 1}

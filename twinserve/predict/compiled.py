"""The predictor of a compiled model, by ONNX Runtime."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.graph.check import check_graph
from twinserve.graph.reader import BadGraph, read_graph
from twinserve.predict import runtime
from twinserve.predict.extra_categories import read_extra_categories, with_extra_codes
from twinserve.predict.io_binding import OneRow
from twinserve.predict.linear import LinearFunction, Row, read_linear
from twinserve.predict.predictor import Predictions, PredictorKind
from twinserve.signature import Columns

if TYPE_CHECKING:
    from twinserve.text.features import TextFeatures

TEXTS: Final = "twinserve.texts"
"""The entry of a graph's metadata that says what it reads of texts."""
PART: Final = 8_000_000
"""The numbers that one call of ONNX Runtime may make: 64 MB. A kernel's graph makes thousands of each row."""
LARGE: Final = 8_000_000
"""Bytes of a graph from which on a row takes long."""


class CompiledPredictor:
    """Predicts with ONNX Runtime, or with NumPy alone where the whole model is one dot product."""

    kind: Final[PredictorKind] = "compiled"

    def __init__(self, graph: bytes) -> None:
        """Raises `BadGraph` unless the graph is one that `twinserve/compile` could have made."""
        self._rows = max(1, PART // check_graph(graph))
        session = runtime.session(graph)
        self._run, self._run_one = session.run, OneRow(session)
        self._outputs = [output.name for output in session.get_outputs()]
        metadata = session.get_modelmeta().custom_metadata_map
        self._linear, self._extra = read_linear(metadata), read_extra_categories(metadata)
        self._texts = _read_texts(metadata, graph) if TEXTS in metadata else None
        self.is_large = len(graph) > LARGE
        """Does a row take about as long as a call does? A forest of 3 million nodes takes 0.2 ms."""
        self.microseconds = 0.0 if self._texts is None else self._texts.microseconds
        """What a character of a body takes at most, where words are made of texts."""

    def predict(self, columns: Columns) -> Predictions:
        """The predictions of the fitted pipeline, as proved in training. A row that the pipeline refuses gets NaN or,
        where the model gives labels only, the label -1."""
        if self._texts is not None and len(columns) > self._rows:
            return self._by_parts(columns)
        matrix = self.matrix(columns)
        outputs: Mapping[str, Any] | None = None if self._linear is None else self._linear(matrix)
        if outputs is None:
            outputs = self._by_graph(matrix) if self._linear is None else self._by_both(self._linear, matrix)
        return Predictions(outputs.get("label"), outputs.get("probabilities"), outputs.get("value"))

    def matrix(self, columns: Columns) -> FloatArray:
        """The graph's input."""
        matrix = with_extra_codes(columns, self._extra) if columns.unseen else columns.matrix
        return matrix if self._texts is None else self._texts(matrix, columns.texts, columns.unseen)

    @property
    def row(self) -> Callable[[FloatArray], Row | None] | None:
        """A function that gives the outputs for one row without categories outside the vocabulary, as Python numbers,
        where the whole model is one dot product."""
        return None if self._linear is None else self._linear.row

    def _by_parts(self, columns: Columns) -> Predictions:
        """The predictions for many rows, of few of which the input is held at a time."""
        parts = [self.predict(columns[at : at + self._rows]) for at in range(0, len(columns), self._rows)]
        kinds = zip(*parts, strict=True)
        return Predictions(*(None if kind[0] is None else np.concatenate(kind) for kind in kinds))

    def _by_graph(self, matrix: FloatArray) -> Mapping[str, Any]:
        if len(matrix) == 1:
            return self._run_one(matrix)
        if len(matrix) > self._rows:
            parts = [self._by_graph(matrix[i : i + self._rows]) for i in range(0, len(matrix), self._rows)]
            return {name: np.concatenate([part[name] for part in parts]) for name in self._outputs}
        return dict(zip(self._outputs, self._run(self._outputs, {"x": matrix}), strict=True))

    def _by_both(self, linear: LinearFunction, matrix: FloatArray) -> Mapping[str, Any]:
        """The outputs of the linear model where it can answer, so that a row has the same bits in any batch, and those
        of the graph for the other rows."""
        rows = linear.can_answer(matrix)
        outputs = {name: values.copy() for name, values in self._by_graph(matrix).items()}
        for name, values in (linear(matrix[rows]) or {}).items():
            outputs[name][rows] = values
        return outputs


def _read_texts(metadata: Mapping[str, str], graph: bytes) -> TextFeatures:
    """What a graph reads of texts; raises `BadGraph`."""
    from twinserve.text.features import TextFeatures  # No other model needs it.
    from twinserve.text.stored import StoredTexts

    held = read_graph(graph)
    constants = {name: some.values.reshape(some.shape) for name, some in held.constants.items()}
    try:
        return TextFeatures(StoredTexts.model_validate_json(metadata[TEXTS]), constants, held.inputs["x"][1])
    except (ValueError, LookupError, re.error) as error:
        raise BadGraph("reads texts as none of ours does") from error

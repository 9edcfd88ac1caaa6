"""The predictor of a compiled model, by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.graph.check import check_graph
from twinserve.predict import runtime
from twinserve.predict.extra_categories import read_extra_categories, with_extra_codes
from twinserve.predict.io_binding import OneRow
from twinserve.predict.linear import LinearFunction, Row, read_linear
from twinserve.predict.predictor import Predictions, PredictorKind
from twinserve.signature import Columns

PART: Final = 8_000_000
"""The numbers that one call of ONNX Runtime may make: 64 MB. A kernel's graph makes thousands of each row."""
LARGE: Final = 8_000_000
"""Bytes of a graph from which on a row takes long."""


class CompiledPredictor:
    """Predicts with ONNX Runtime, or with NumPy alone where the whole model is one dot product."""

    kind: Final[PredictorKind] = "compiled"

    def __init__(self, graph: bytes) -> None:
        """Raises `BadGraph` unless the graph is one that `twinserve/compile` could have made."""
        self.is_large = len(graph) > LARGE
        """Does a row take about as long as a call does? A forest of 3 million nodes takes 0.2 ms."""
        self._rows = max(1, PART // check_graph(graph))
        session = runtime.session(graph)
        self._run, self._run_one = session.run, OneRow(session)
        self._outputs = [output.name for output in session.get_outputs()]
        metadata = session.get_modelmeta().custom_metadata_map
        self._linear, self._extra = read_linear(metadata), read_extra_categories(metadata)

    def predict(self, columns: Columns) -> Predictions:
        """The predictions of the fitted pipeline, as proved in training. A row that the pipeline refuses gets NaN or,
        where the model gives labels only, the label -1."""
        matrix = self.matrix(columns)
        outputs: Mapping[str, Any] | None = None if self._linear is None else self._linear(matrix)
        if outputs is None:
            outputs = self._by_graph(matrix) if self._linear is None else self._by_both(self._linear, matrix)
        get = outputs.get
        return Predictions(get("label"), get("probabilities"), get("value"), get("quantiles"))

    def matrix(self, columns: Columns) -> FloatArray:
        """The graph's input."""
        return with_extra_codes(columns, self._extra) if columns.unseen else columns.matrix

    @property
    def row(self) -> Callable[[FloatArray], Row | None] | None:
        """A function that gives the outputs for one row without categories outside the vocabulary, as Python numbers,
        where the whole model is one dot product."""
        return None if self._linear is None else self._linear.row

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

"""The predictor of a compiled model, by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from twinserve.arrays import FloatArray
from twinserve.graph.check import check_graph
from twinserve.predict import runtime
from twinserve.predict.extra_categories import read_words, with_words
from twinserve.predict.io_binding import OneRow
from twinserve.predict.linear import Folded, read_fold
from twinserve.predict.predictor import Predictions, PredictorKind
from twinserve.signature import Columns


class CompiledPredictor:
    """The compiled graph in ONNX Runtime, or in NumPy alone where the model folds to one dot product."""

    kind: Final[PredictorKind] = "compiled"

    def __init__(self, graph: bytes) -> None:
        """Raises `BadGraph` where no lowering of ours made the graph."""
        check_graph(graph)
        session = runtime.session(graph)
        self._run, self._run_one = session.run, OneRow(session)
        self._outputs = [output.name for output in session.get_outputs()]
        metadata = session.get_modelmeta().custom_metadata_map
        self._fold, self._words = read_fold(metadata), read_words(metadata)

    def predict(self, columns: Columns) -> Predictions:
        """What the fitted pipeline would say, proved when the model was made; of a row that it refuses NaN or, where
        there are labels alone, the label -1."""
        matrix = with_words(columns, self._words) if columns.unseen else columns.matrix
        outputs: Mapping[str, Any] | None = None if self._fold is None else self._fold(matrix)
        if outputs is None:
            outputs = self._by_graph(matrix) if self._fold is None else self._by_both(self._fold, matrix)
        return Predictions(outputs.get("label"), outputs.get("probabilities"), outputs.get("value"))

    def _by_graph(self, matrix: FloatArray) -> Mapping[str, Any]:
        if len(matrix) == 1:
            return self._run_one(matrix)
        return dict(zip(self._outputs, self._run(self._outputs, {"x": matrix}), strict=True))

    def _by_both(self, fold: Folded, matrix: FloatArray) -> Mapping[str, Any]:
        """The graph's answers to the rows that the fold leaves to it; the others have the bits that they have alone."""
        held = fold.holds(matrix)
        outputs = {name: values.copy() for name, values in self._by_graph(matrix).items()}
        for name, values in (fold(matrix[held]) or {}).items():
            outputs[name][held] = values
        return outputs

"""Predictors: columns in, predictions out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from model import runtime
from model.errors import ModelError
from model.fold import Folded, read_fold
from model.graph_check import check_graph
from model.one_row import OneRow
from model.signature import Columns, FloatArray, Signature
from model.stages import Stages
from model.words import read_words, with_words

# Classifiers whose `predict` is the class of the greatest `predict_proba`, so one call gives both; by class, since
# others decide by another figure, which may differ in a tie.
LIKELIEST: Final = frozenset(
    {"RandomForestClassifier", "ExtraTreesClassifier", "DecisionTreeClassifier", "BaggingClassifier"}
)

REFUSALS: Final = (ValueError, TypeError, LookupError, ArithmeticError)
"""What code raises that cannot do with a value: CategoricalNB looks a number up in a table, a function of somebody's
own may compute with None."""

PredictorKind = Literal["compiled", "scikit-learn"]


class CannotPredict(ModelError, ValueError):
    """The fitted pipeline raises on some of these rows, such as a number that float32 cannot hold before its trees."""


class Predictions(NamedTuple):
    """What a model says of n rows; a classification fills `labels`, a regression `values`."""

    labels: NDArray[np.int64] | None = None
    """`[n]`: positions in the model's list of classes."""
    probabilities: FloatArray | None = None
    """`[n, classes]`, in the order of the classes; None where the model gives labels only."""
    values: FloatArray | None = None
    """`[n]`: what a regression predicts."""


class Predictor(Protocol):
    """A model ready to predict; safe to call from several threads."""

    @property
    def kind(self) -> PredictorKind:
        """How it computes."""

    def predict(self, columns: Columns) -> Predictions:
        """The predictions for n rows, in their order."""


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
        found: Mapping[str, Any] | None = None if self._fold is None else self._fold(matrix)
        if found is None:
            found = self._by_graph(matrix) if self._fold is None else self._by_both(self._fold, matrix)
        return Predictions(found.get("label"), found.get("probabilities"), found.get("value"))

    def _by_graph(self, matrix: FloatArray) -> Mapping[str, Any]:
        if len(matrix) == 1:
            return self._run_one(matrix)
        return dict(zip(self._outputs, self._run(self._outputs, {"x": matrix}), strict=True))

    def _by_both(self, fold: Folded, matrix: FloatArray) -> Mapping[str, Any]:
        """The graph's answers to the rows that the fold leaves to it; the others have the bits that they have alone."""
        held = fold.holds(matrix)
        found = {name: values.copy() for name, values in self._by_graph(matrix).items()}
        for name, values in (fold(matrix[held]) or {}).items():
            found[name][held] = values
        return found


class SklearnPredictor:
    """The fitted pipeline itself, for what cannot be compiled."""

    kind: Final[PredictorKind] = "scikit-learn"

    def __init__(self, pipeline: Any, signature: Signature, classes: Sequence[str] | None) -> None:
        self._stages = Stages(single_threaded(pipeline), signature)
        self._takes_the_likeliest = _class_name(pipeline) in LIKELIEST
        self._codes = None if classes is None else {label: code for code, label in enumerate(classes)}
        self._one_thread = openmp_limit()

    def predict(self, columns: Columns) -> Predictions:
        """The pipeline's own `predict` and, where it has one, `predict_proba`; raises `CannotPredict`."""
        try:
            with self._one_thread():
                return self._predict(columns)
        except REFUSALS as error:
            raise CannotPredict(f"The pipeline refuses some of these values: {error}") from error

    def _predict(self, columns: Columns) -> Predictions:
        with np.errstate(all="ignore"):  # An overflow is seen by its answer.
            return self._said(self._stages.head, self._stages.prepare(columns))

    def _said(self, head: Any, prepared: Any) -> Predictions:
        if self._codes is not None and self._takes_the_likeliest:
            shares = np.asarray(head.predict_proba(prepared), dtype=np.float64)
            return Predictions(shares.argmax(axis=1), shares)
        answers = head.predict(prepared)
        if self._codes is None:
            return Predictions(values=np.asarray(answers, dtype=np.float64))
        labels = np.array([self._codes[label] for label in answers], dtype=np.int64)
        if not hasattr(head, "predict_proba"):
            return Predictions(labels)
        return Predictions(labels, np.asarray(head.predict_proba(prepared), dtype=np.float64))


def _class_name(pipeline: Any) -> str:
    last = pipeline.steps[-1][1] if hasattr(pipeline, "steps") else pipeline
    return type(last).__name__ if type(last).__module__.startswith("sklearn.") else ""


def single_threaded(pipeline: Any) -> Any:
    """The same pipeline with every `n_jobs` inside at 1: starting threads costs more than a small batch."""
    jobs = [name for name in pipeline.get_params() if name.split("__")[-1] == "n_jobs"]
    return pipeline.set_params(**dict.fromkeys(jobs, 1))


def openmp_limit() -> Callable[[], AbstractContextManager[Any]]:
    """What keeps OpenMP at one thread while it is entered; nothing where it has no more, as in our own servers.

    Its other threads would outnumber the cores where many requests are answered, and a process that is forked from one
    that had them waits for them for ever. Entering it takes 12 us.
    """
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController().select(user_api="openmp")
    has_more = any(library.num_threads > 1 for library in controller.lib_controllers)
    return partial(controller.limit, limits=1) if has_more else nullcontext


def describe(predictions: Predictions, classes: Sequence[str] | None) -> list[dict[str, Any]]:
    """Each prediction as the JSON object that a reply holds, warnings aside."""
    if predictions.values is not None:
        return [{"value": float(value)} for value in predictions.values]
    if predictions.labels is None or classes is None:
        raise TypeError("Predictions hold either labels or values.")
    labels = [{"label": classes[code]} for code in predictions.labels]
    if predictions.probabilities is None:
        return [label | {"probabilities": None} for label in labels]
    shares = [dict(zip(classes, row, strict=True)) for row in predictions.probabilities.tolist()]
    return [label | {"probabilities": share} for label, share in zip(labels, shares, strict=True)]

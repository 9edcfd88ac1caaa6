"""The predictor for a pipeline that cannot be compiled, which runs scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from twinserve.predict.pipeline_stages import Stages
from twinserve.predict.predictor import REFUSALS, CannotPredict, Predictions, PredictorKind, openmp_limit
from twinserve.signature import Columns, Signature

# Classifiers whose `predict` is the argmax of `predict_proba`, so that one call gives both. Others compute their labels
# from another quantity, which may differ in a tie.
ARGMAX: Final = frozenset(
    {"RandomForestClassifier", "ExtraTreesClassifier", "DecisionTreeClassifier", "BaggingClassifier"}
)


class SklearnPredictor:
    """Predicts with the fitted pipeline."""

    kind: Final[PredictorKind] = "scikit-learn"

    def __init__(self, pipeline: Any, signature: Signature, classes: Sequence[str] | None) -> None:
        self._stages = Stages(single_threaded(pipeline), signature)
        self._predicts_argmax = _class_name(pipeline) in ARGMAX
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
        with np.errstate(all="ignore"):  # An overflow shows as NaN or infinity in the predictions.
            return self._by_head(self._stages.head, self._stages.prepare(columns))

    def _by_head(self, head: Any, prepared: Any) -> Predictions:
        if self._codes is not None and self._predicts_argmax:
            probabilities = np.asarray(head.predict_proba(prepared), dtype=np.float64)
            return Predictions(probabilities.argmax(axis=1), probabilities)
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
    """The same pipeline with every `n_jobs` inside at 1: starting threads costs more than a small batch.

    None means 1 already, and some classes warn of any other value. CatBoost's fitted models raise if nothing is set."""
    given = pipeline.get_params()
    jobs = [name for name, value in given.items() if name.split("__")[-1] == "n_jobs" and value is not None]
    return pipeline.set_params(**dict.fromkeys(jobs, 1)) if jobs else pipeline

"""The predictor for a pipeline that cannot be compiled, which runs scikit-learn."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from twinserve.predict.pipeline_stages import Stages
from twinserve.predict.predictor import REFUSALS, CannotPredict, Predictions, PredictorKind, openmp_limit
from twinserve.predict.targets.target import Target
from twinserve.signature import Columns, Signature


class SklearnPredictor:
    """Predicts with the fitted pipeline."""

    kind: Final[PredictorKind] = "scikit-learn"

    def __init__(self, pipeline: Any, signature: Signature, target: Target) -> None:
        self._stages = Stages(single_threaded(pipeline), signature)
        self._read = target.read
        self._one_thread = openmp_limit()

    def predict(self, columns: Columns) -> Predictions:
        """The pipeline's own `predict` and, where it has one, `predict_proba`; raises `CannotPredict`."""
        try:
            with self._one_thread(), np.errstate(all="ignore"):  # An overflow shows as NaN or infinity.
                return self._read(self._stages.head, self._stages.prepare(columns))
        except REFUSALS as error:
            raise CannotPredict(f"The pipeline refuses some of these values: {error}") from error


def single_threaded(pipeline: Any) -> Any:
    """The same pipeline with every `n_jobs` inside at 1: starting threads costs more than a small batch.

    None means 1 already, and some classes warn of any other value. CatBoost's fitted models raise if nothing is set."""
    given = pipeline.get_params()
    jobs = [name for name, value in given.items() if name.split("__")[-1] == "n_jobs" and value is not None]
    return pipeline.set_params(**dict.fromkeys(jobs, 1)) if jobs else pipeline

"""Runs in BentoML's environment: services over a pipeline named by BENCH_PIPELINE, as its documentation has them."""

from __future__ import annotations

import os
from typing import Any

import bentoml
import joblib
import numpy as np
import pandas as pd

OPTIONS: dict[str, Any] = {"workers": 1, "logging": {"access": {"enabled": False}}}
BATCHING: dict[str, Any] = {"batchable": True, "max_batch_size": 64, "max_latency_ms": 1000}


@bentoml.service(**OPTIONS)
class Matrix:
    """Numbers as an array."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["BENCH_PIPELINE"])

    @bentoml.api
    def predict(self, rows: np.ndarray) -> np.ndarray:
        return self.model.predict_proba(rows)


@bentoml.service(**OPTIONS)
class MatrixBatching:
    """Numbers as an array; requests are joined along its rows."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["BENCH_PIPELINE"])

    @bentoml.api(**BATCHING)
    def predict(self, rows: np.ndarray) -> np.ndarray:
        return self.model.predict_proba(rows)


@bentoml.service(**OPTIONS)
class Frame:
    """Named columns as a table."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["BENCH_PIPELINE"])

    @bentoml.api
    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return self.model.predict_proba(rows)


@bentoml.service(**OPTIONS)
class FrameBatching:
    """Named columns as a list of objects; requests are joined. (Tables can't be joined.)"""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["BENCH_PIPELINE"])

    @bentoml.api(**BATCHING)
    def predict(self, rows: list[dict[str, Any]]) -> list[list[float]]:
        return self.model.predict_proba(pd.DataFrame(rows)).tolist()

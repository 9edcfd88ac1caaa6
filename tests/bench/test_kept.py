"""`bench.kept` raises `Broken` for a version that answers differently than its estimator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, PoissonRegressor, RidgeClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.kept import Broken, kept
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns

pytestmark = [pytest.mark.slow, pytest.mark.long]


def table() -> tuple[pd.DataFrame, Any]:
    """Two numbers, and a label: is the first one large?"""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.random(150), "b": rng.random(150)})
    return frame, (frame["a"] > 0.5).to_numpy().astype(int)


def test_what_a_version_says_is_what_the_estimator_says(tmp_path: Path) -> None:
    frame, target = table()
    figures = kept(make_pipeline(StandardScaler(), LogisticRegression()), frame, target, tmp_path)
    assert figures.opened.manifest.predictor.kind == "compiled"
    assert figures.answered > 100
    assert figures.difference < 1e-12


def test_refusals_are_counted(tmp_path: Path) -> None:
    frame, target = table()
    assert kept(PoissonRegressor(), frame, target + 0.5, tmp_path).refused > 0


@pytest.mark.parametrize("mistake", ["label", "number", "silence", "refusal"])
def test_any_other_answer_is_noticed(mistake: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The door notices a wrong answer, even where the proof and the golden rows hold it for right."""
    frame, target = table()
    honest = CompiledPredictor.predict

    def predict(self: CompiledPredictor, columns: Columns) -> Predictions:
        labels, probabilities, *_ = honest(self, columns)
        assert labels is not None
        assert probabilities is not None
        odd = columns.matrix[:, 0] > 1.0
        if mistake == "label":
            labels = np.where(odd, 1 - labels, labels)
        elif mistake == "number":
            probabilities = np.where(odd[:, None], 0.5, probabilities)
        elif mistake == "silence":
            probabilities = np.where(odd[:, None], np.nan, probabilities)
        else:
            probabilities = np.nan_to_num(probabilities, nan=0.5)
        return Predictions(labels, probabilities)

    monkeypatch.setattr("twinserve.proof.parity.Parity.holds", True)
    monkeypatch.setattr(CompiledPredictor, "predict", predict)
    with pytest.raises(Broken):
        kept(make_pipeline(StandardScaler(), LogisticRegression()), frame, target, tmp_path)


def test_several_targets_and_outliers_are_compared(tmp_path: Path) -> None:
    """Every number and every label of an answer."""
    frame, target = table()
    both = pd.DataFrame({"first": target, "second": 1 - target})
    assert kept(RidgeClassifier(), frame, both, tmp_path / "labels").difference == 0.0
    assert kept(IsolationForest(n_estimators=5), frame, None, tmp_path / "outliers").difference < 1e-12


@pytest.mark.parametrize("mistake", ["label", "number"])
def test_a_wrong_answer_for_one_of_several_targets_is_noticed(
    mistake: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    frame, target = table()
    honest = CompiledPredictor.predict

    def predict(self: CompiledPredictor, columns: Columns) -> Predictions:
        labels, probabilities, *_ = honest(self, columns)
        assert labels is not None
        assert probabilities is not None
        if mistake == "label":
            return Predictions(labels ^ 1, probabilities)
        return Predictions(labels, probabilities * 0.999)

    monkeypatch.setattr("twinserve.proof.parity.Parity.holds", True)
    monkeypatch.setattr(CompiledPredictor, "predict", predict)
    both = pd.DataFrame({"first": target, "second": (frame["b"] > 0.5).astype(int)})
    with pytest.raises(Broken):
        kept(MultiOutputClassifier(LogisticRegression()), frame, both, tmp_path)

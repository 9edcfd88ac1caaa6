"""A promise that is not kept is noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.kept import Broken, kept
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns


def table() -> tuple[pd.DataFrame, Any]:
    """Two numbers, and whether the first one is large."""
    chance = np.random.default_rng(0)
    frame = pd.DataFrame({"a": chance.random(150), "b": chance.random(150)})
    return frame, (frame["a"] > 0.5).to_numpy().astype(int)


def test_what_a_version_says_is_what_the_estimator_says(tmp_path: Path) -> None:
    frame, target = table()
    found = kept(make_pipeline(StandardScaler(), LogisticRegression()), frame, target, tmp_path)
    assert found.opened.manifest.predictor.kind == "compiled"
    assert found.answered > 100
    assert found.difference < 1e-12


def test_refusals_are_counted(tmp_path: Path) -> None:
    frame, target = table()
    assert kept(PoissonRegressor(), frame, target + 0.5, tmp_path).refused > 0


@pytest.mark.parametrize("mistake", ["label", "number", "silence", "refusal"])
def test_any_other_answer_is_noticed(mistake: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the door, as the proof and the golden rows are fooled, too."""
    frame, target = table()
    honest = CompiledPredictor.predict

    def predict(self: CompiledPredictor, columns: Columns) -> Predictions:
        labels, shares, _ = honest(self, columns)
        assert labels is not None
        assert shares is not None
        odd = columns.matrix[:, 0] > 1.0
        if mistake == "label":
            labels = np.where(odd, 1 - labels, labels)
        elif mistake == "number":
            shares = np.where(odd[:, None], 0.5, shares)
        elif mistake == "silence":
            shares = np.where(odd[:, None], np.nan, shares)
        else:
            shares = np.nan_to_num(shares, nan=0.5)
        return Predictions(labels, shares)

    monkeypatch.setattr("twinserve.proof.parity.Parity.holds", True)
    monkeypatch.setattr(CompiledPredictor, "predict", predict)
    with pytest.raises(Broken):
        kept(make_pipeline(StandardScaler(), LogisticRegression()), frame, target, tmp_path)

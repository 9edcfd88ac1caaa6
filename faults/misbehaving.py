"""A classifier that hangs, raises or predicts garbage when a row asks for it."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

HANG, SLOW, RAISE, NAN, SHAPE = 10_001.0, 10_002.0, 10_003.0, 10_004.0, 10_005.0
"""Values of the first feature of a row that ask for a misbehaviour."""
SLOW_SECONDS: Final = 0.05


class Misbehaving(LogisticRegression):  # type: ignore[misc]  # scikit-learn ships no types.
    """A logistic regression, but for rows that ask for a misbehaviour."""

    def predict(self, features: Any) -> Any:
        """The labels, after the misbehaviour that the row asks for."""
        word = _word(features)
        if word == HANG:
            threading.Event().wait()
        if word == SLOW:
            time.sleep(SLOW_SECONDS)  # The work of a slow model.
        if word == RAISE:
            raise RuntimeError(f"no prediction for {np.asarray(features).tolist()}")
        return super().predict(features)

    def predict_proba(self, features: Any) -> Any:
        """The probabilities, or what the row asks for in their place."""
        probabilities, word = super().predict_proba(features), _word(features)
        if word == NAN:
            return np.full_like(probabilities, np.nan)
        return probabilities[:, :1] if word == SHAPE else probabilities


def _word(features: Any) -> float:
    return float(np.asarray(features)[0, 0])


def asking(word: float, instance: bytes) -> bytes:
    """An instance of the default recipe that asks for this misbehaviour."""
    content = json.loads(instance)
    content["mean"]["radius"] = word
    return json.dumps(content).encode()

"""A classifier that hangs, raises or lies when a row asks it to, as somebody's own might."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

HANG, SLOW, RAISE, NAN, SHAPE = 10_001.0, 10_002.0, 10_003.0, 10_004.0, 10_005.0
"""What the first feature of a row says is to happen."""
SLOW_SECONDS: Final = 0.05


class Misbehaving(LogisticRegression):  # type: ignore[misc]  # scikit-learn ships no types.
    """A logistic regression for all ordinary rows."""

    def predict(self, features: Any) -> Any:
        """The labels, once what was asked for has happened."""
        word = _word(features)
        if word == HANG:
            threading.Event().wait()
        if word == SLOW:
            time.sleep(SLOW_SECONDS)  # The work of a slow model.
        if word == RAISE:
            raise RuntimeError(f"no prediction for {np.asarray(features).tolist()}")
        return super().predict(features)

    def predict_proba(self, features: Any) -> Any:
        """The probabilities, or what was asked for in their place."""
        shares, word = super().predict_proba(features), _word(features)
        if word == NAN:
            return np.full_like(shares, np.nan)
        return shares[:, :1] if word == SHAPE else shares


def _word(features: Any) -> float:
    return float(np.asarray(features)[0, 0])


def asking(word: float, instance: bytes) -> bytes:
    """An instance of the default recipe that asks for this."""
    content = json.loads(instance)
    content["mean"]["radius"] = word
    return json.dumps(content).encode()

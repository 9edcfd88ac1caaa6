"""A custom transformer that takes its time, stored in a pickle."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from harness.running import BLOCKING

MARK = 12345.0
"""The first feature of a row that waits."""


class Blocking(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types.
    """Passes rows on; a marked row waits while a certain file exists. Only a marked one, because a worker replays
    golden rows when it opens a model."""

    def fit(self, _features: Any, _target: Any = None) -> Blocking:
        """Return the transformer unchanged."""
        self.fitted_ = True
        return self

    def transform(self, features: Any) -> Any:
        """The same rows, after the wait."""
        path = Path(os.environ.get(BLOCKING) or "/nonexistent")
        marked = bool((np.asarray(features)[:, 0] == MARK).any())
        while marked and path.exists():
            path.with_suffix(".begun").touch()
            time.sleep(0.01)  # The work of a slow model; no test waits for it by sleeping.
        return features

"""A step of a pipeline that takes time: of a model that waits (for a device, for another service), or that computes."""

from __future__ import annotations

import os
import time
from typing import Any, Final

from sklearn.base import BaseEstimator, TransformerMixin

VARIABLE: Final = "COMPARE_MILLISECONDS"
"""Says in the environment how long a step takes; without it, it takes no time, so that training and proof are quick."""


class Waiting(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types.
    """Sleeps once for each call, however many rows there are, as a device does that takes a batch at once."""

    def fit(self, X: Any, y: Any = None) -> Waiting:  # noqa: N803, ARG002  # As scikit-learn calls them.
        """Learn nothing but how many columns there are."""
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803  # As above.
        """The same rows, later."""
        time.sleep(_seconds())
        return X


class Computing(Waiting):
    """Computes in Python for each row, so that no other thread of the process can compute meanwhile."""

    def transform(self, X: Any) -> Any:  # noqa: N803  # As above.
        """The same rows, later."""
        until = time.thread_time() + _seconds() * len(X)
        while time.thread_time() < until:
            pass
        return X


def _seconds() -> float:
    return float(os.environ.get(VARIABLE, "0")) / 1000

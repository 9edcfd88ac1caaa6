"""A classifier whose labels are held beside it: for one that takes codes only, or whose labels cannot be exchanged."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils.metaestimators import available_if

from twinserve.arrays import FloatArray


def _gives_probabilities(coded: Any) -> bool:
    return hasattr(getattr(coded, "estimator_", coded.estimator), "predict_proba")


class Coded(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types.
    """Fits `estimator` on 0, 1, ... in place of the sorted labels, and answers in labels: `Coded(XGBClassifier())`."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    @classmethod
    def of(cls, fitted: Any, labels: NDArray[Any]) -> Self:
        """One that is fitted already, with these labels in the order of its own classes."""
        coded = cls(fitted)
        coded.estimator_, coded.classes_ = fitted, labels
        return coded

    def fit(self, table: Any, target: Any) -> Self:
        """Fit a copy of the estimator."""
        self.classes_, codes = np.unique(target, return_inverse=True)
        self.estimator_ = clone(self.estimator).fit(table, codes)
        return self

    def predict(self, table: Any) -> NDArray[Any]:
        """Labels."""
        places = np.searchsorted(self.estimator_.classes_, self.estimator_.predict(table))
        labels: NDArray[Any] = self.classes_[places]
        return labels

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]  # scikit-learn has no types.
    def predict_proba(self, table: Any) -> FloatArray:
        """`[n, classes]`, as the estimator says them."""
        probabilities: FloatArray = self.estimator_.predict_proba(table)
        return probabilities

    @property
    def n_features_in_(self) -> int:
        """As of the estimator."""
        return int(self.estimator_.n_features_in_)

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """As of the estimator; it may have none."""
        names: NDArray[np.object_] = np.asarray(self.estimator_.feature_names_in_)
        return names

"""A classifier around another one that takes only integer codes as labels, or whose labels cannot be replaced."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import has_fit_parameter

from twinserve.arrays import FloatArray


def _gives_probabilities(coded: Any) -> bool:
    return hasattr(getattr(coded, "estimator_", coded.estimator), "predict_proba")


class Coded(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types.
    """Fits `estimator` on the codes 0, 1, ... of the sorted labels and predicts labels: `Coded(XGBClassifier())`."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    @classmethod
    def of(cls, fitted: Any, labels: NDArray[Any]) -> Self:
        """A classifier around a fitted estimator; `labels` are in the order of that estimator's classes."""
        coded = cls(fitted)
        coded.estimator_, coded.classes_ = fitted, labels
        return coded

    def fit(self, table: Any, target: Any, sample_weight: FloatArray | None = None) -> Self:
        """Fit a clone of the estimator, with the weights of the rows where it takes some."""
        self.classes_, codes = np.unique(target, return_inverse=True)
        weighs = sample_weight is not None and has_fit_parameter(self.estimator, "sample_weight")
        weights = {"sample_weight": sample_weight} if weighs else {}
        self.estimator_ = clone(self.estimator).fit(table, codes, **weights)
        return self

    def predict(self, table: Any) -> NDArray[Any]:
        """The predicted labels, `[n]`."""
        predicted = np.ravel(self.estimator_.predict(table))  # CatBoost gives a column of them.
        places = np.searchsorted(self.estimator_.classes_, predicted)
        labels: NDArray[Any] = self.classes_[places]
        return labels

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]  # scikit-learn has no types.
    def predict_proba(self, table: Any) -> FloatArray:
        """The estimator's probabilities, `[n, classes]`."""
        probabilities: FloatArray = self.estimator_.predict_proba(table)
        return probabilities

    @property
    def n_features_in_(self) -> int:
        """The estimator's number of features."""
        return int(self.estimator_.n_features_in_)

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """The estimator's feature names; raises AttributeError if it has none."""
        names: NDArray[np.object_] = np.asarray(self.estimator_.feature_names_in_)
        return names

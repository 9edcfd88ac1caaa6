"""A regressor of several quantiles, made of one for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils.validation import has_fit_parameter

from twinserve.arrays import FloatArray

LEVELS: Final = ("quantile", "quantile_alpha", "alpha")
"""The names that estimators give to the level of their quantile; the first that one has counts."""


class Quantiles(RegressorMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types.
    """Fits `estimator` once for each of an odd number of quantiles, and predicts the middle one:
    `Quantiles(HistGradientBoostingRegressor(loss="quantile", quantile=0.5), (0.1, 0.5, 0.9))`."""

    def __init__(self, estimator: Any, quantiles: Sequence[float] = (0.1, 0.5, 0.9)) -> None:
        self.estimator = estimator
        self.quantiles = quantiles

    @classmethod
    def of(cls, fitted: Mapping[float, Any]) -> Self:
        """A regressor of fitted estimators, by their quantiles."""
        levels = tuple(sorted(fitted))
        made = cls(fitted[levels[0]], levels)
        made.quantiles_, made.estimators_ = levels, [fitted[level] for level in levels]
        return made

    def fit(self, table: Any, target: Any, sample_weight: FloatArray | None = None) -> Self:
        """Fit a clone of the estimator for each quantile; raises ValueError where it has no parameter for that."""
        weighs = sample_weight is not None and has_fit_parameter(self.estimator, "sample_weight")
        weights = {"sample_weight": sample_weight} if weighs else {}
        name = level_parameter(self.estimator)
        self.quantiles_ = tuple(float(level) for level in self.quantiles)
        self.estimators_ = [
            clone(self.estimator).set_params(**{name: level}).fit(table, target, **weights) for level in self.quantiles_
        ]
        return self

    def predict(self, table: Any) -> FloatArray:
        """The middle quantile, `[n]`."""
        middle: FloatArray = np.asarray(self.estimators_[len(self.estimators_) // 2].predict(table))
        return middle

    def predict_quantiles(self, table: Any) -> FloatArray:
        """All quantiles in ascending order of their levels, `[n, quantiles]`, each as its estimator predicts it."""
        return np.column_stack([np.asarray(one.predict(table), dtype=np.float64) for one in self.estimators_])

    @property
    def n_features_in_(self) -> int:
        """The estimators' number of features."""
        return int(self.estimators_[0].n_features_in_)

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """The estimators' feature names; raises AttributeError if they have none."""
        names: NDArray[np.object_] = np.asarray(self.estimators_[0].feature_names_in_)
        return names


def level_parameter(estimator: Any) -> str:
    """The parameter that is the level of an estimator's quantile, in a pipeline that of its last step."""
    names: list[str] = list(estimator.get_params())
    for wanted in LEVELS:
        named = [name for name in names if name.split("__")[-1] == wanted]
        if named:
            return min(named, key=len)
    # LightGBM takes the level beside its objective, and does not list it.
    objective = [name for name in names if name.split("__")[-1] == "objective"]
    if objective:
        return min(objective, key=len).removesuffix("objective") + "alpha"
    raise ValueError(f"{type(estimator).__name__} has no parameter for the level of a quantile.")

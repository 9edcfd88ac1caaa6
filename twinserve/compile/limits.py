"""The numbers that each class of estimator accepts: where scikit-learn raises, the graph gives no answer.

Every estimator of scikit-learn that is not named here accepts finite numbers, and null where its tags say `allow_nan`.

Source: scikit-learn 1.9, `utils/validation.py` (`check_array`) and its callers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from twinserve.compile.blocks import LARGEST
from twinserve.estimators.introspection import class_name

LARGEST_SINGLE: Final = math.nextafter((2.0 - 2.0**-24) * 2.0**127, 0.0)
"""The largest double that rounds to a finite float32."""


@dataclass(frozen=True)
class Limit:
    """The numbers that an estimator accepts: from `low` to `high`, and null if `null`."""

    low: float
    high: float
    null: bool

    def within(self, other: Limit) -> Limit:
        """The numbers that both accept."""
        return Limit(max(self.low, other.low), min(self.high, other.high), self.null and other.null)


FINITE: Final = Limit(-LARGEST, LARGEST, null=False)

_UNLIMITED: Final = frozenset(
    {
        # The estimators inside have limits of their own.
        "imblearn.pipeline.Pipeline",
        "twinserve.estimators.label_encoded.Coded",
        "twinserve.estimators.quantiles.Quantiles",
        "sklearn.calibration.CalibratedClassifierCV",
        "sklearn.compose.ColumnTransformer",
        "sklearn.compose.TransformedTargetRegressor",
        "sklearn.ensemble.BaggingClassifier",
        "sklearn.ensemble.BaggingRegressor",
        "sklearn.ensemble.StackingClassifier",
        "sklearn.ensemble.StackingRegressor",
        "sklearn.ensemble.VotingClassifier",
        "sklearn.ensemble.VotingRegressor",
        "sklearn.frozen.FrozenEstimator",
        "sklearn.linear_model.RANSACRegressor",
        "sklearn.model_selection.FixedThresholdClassifier",
        "sklearn.model_selection.GridSearchCV",
        "sklearn.model_selection.HalvingGridSearchCV",
        "sklearn.model_selection.HalvingRandomSearchCV",
        "sklearn.model_selection.RandomizedSearchCV",
        "sklearn.model_selection.TunedThresholdClassifierCV",
        "sklearn.multiclass._ConstantPredictor",
        "sklearn.multiclass.OneVsOneClassifier",
        "sklearn.multiclass.OneVsRestClassifier",
        "sklearn.multiclass.OutputCodeClassifier",
        "sklearn.multioutput.MultiOutputClassifier",
        "sklearn.multioutput.MultiOutputRegressor",
        "sklearn.pipeline.FeatureUnion",
        "sklearn.pipeline.Pipeline",
        "sklearn.semi_supervised.SelfTrainingClassifier",
        # These take any number.
        "catboost.core.CatBoostClassifier",
        "catboost.core.CatBoostRegressor",
        "interpret.glassbox.ExplainableBoostingClassifier",
        "interpret.glassbox.ExplainableBoostingRegressor",
        # These are asked after the estimator that holds them has looked at the numbers, or take any.
        "sklearn.gaussian_process._BinaryGaussianProcessClassifierLaplace",
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn.LGBMRegressor",
        "twinserve.estimators.calendar.Calendar",
        "twinserve.estimators.categories.Categories",
        "sklearn.dummy.DummyClassifier",
        "sklearn.dummy.DummyRegressor",
        "sklearn.ensemble.HistGradientBoostingClassifier",
        "sklearn.ensemble.HistGradientBoostingRegressor",
        "sklearn.ensemble.IsolationForest",
        "xgboost.sklearn.XGBClassifier",
        "xgboost.sklearn.XGBRFClassifier",
        "xgboost.sklearn.XGBRFRegressor",
        "xgboost.sklearn.XGBRegressor",
    }
)
_SINGLE: Final = frozenset(
    {
        "sklearn.ensemble.ExtraTreesClassifier",
        "sklearn.ensemble.ExtraTreesRegressor",
        "sklearn.ensemble.GradientBoostingClassifier",
        "sklearn.ensemble.GradientBoostingRegressor",
        "sklearn.ensemble.RandomTreesEmbedding",
        "sklearn.ensemble.RandomForestClassifier",
        "sklearn.ensemble.RandomForestRegressor",
        "sklearn.tree.DecisionTreeClassifier",
        "sklearn.tree.DecisionTreeRegressor",
        "sklearn.tree.ExtraTreeClassifier",
        "sklearn.tree.ExtraTreeRegressor",
    }
)
"""Classes that round their input to float32."""


def limit_of(estimator: Any) -> Limit | None:
    """The numbers that a fitted estimator accepts; None where it accepts all."""
    name = class_name(estimator)
    if name in _UNLIMITED or name.startswith("category_encoders."):
        return None
    if name == "sklearn.preprocessing.FunctionTransformer":
        return FINITE if estimator.validate else None
    null = bool(estimator.__sklearn_tags__().input_tags.allow_nan)
    if name.startswith("sklearn.feature_selection."):
        return None if null else FINITE
    largest = LARGEST_SINGLE if name in _SINGLE else LARGEST
    return Limit(-largest, largest, null)

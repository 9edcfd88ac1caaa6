"""Every private attribute of scikit-learn that a lowering reads, in one place.

Private names may change in any release. A class is compiled only if everything named here is there;
otherwise the pipeline is refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twinserve.compile.refusal import refusal
from twinserve.estimators.introspection import class_name

_BOOSTING = (
    "_preprocessor",
    "_predictors",
    "_baseline_prediction",
    "_bin_mapper",
    "_loss",
    "is_categorical_",
)
_ENCODER = ("_infrequent_enabled",)
_GRADIENT = ("_raw_predict_init", "_loss")
_KERNEL = ("_dual_coef_", "_gamma", "_intercept_", "_n_support", "_probA", "_probB", "_sparse")
_NEIGHBORS = ("_fit_X", "_fit_method", "_y")

PRIVATE: dict[str, tuple[str, ...]] = {
    "sklearn.compose.ColumnTransformer": ("_transformer_to_input_indices",),
    **dict.fromkeys(
        [f"sklearn.cross_decomposition.{name}" for name in ("CCA", "PLSCanonical", "PLSRegression")], ("_x_mean",)
    ),
    "sklearn.decomposition.KernelPCA": ("_centerer",),
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": ("_max_components",),
    "sklearn.ensemble.GradientBoostingClassifier": _GRADIENT,
    "sklearn.ensemble.GradientBoostingRegressor": _GRADIENT,
    "sklearn.ensemble.HistGradientBoostingClassifier": _BOOSTING,
    "sklearn.ensemble.HistGradientBoostingRegressor": _BOOSTING,
    "sklearn.ensemble.IsolationForest": ("_average_path_length_per_tree", "_decision_path_lengths", "_max_samples"),
    **dict.fromkeys(
        ("sklearn.feature_extraction.text.TfidfVectorizer", "twinserve.estimators.words.Words"), ("_tfidf",)
    ),
    "sklearn.gaussian_process.GaussianProcessRegressor": ("_y_train_mean", "_y_train_std"),
    "sklearn.impute.IterativeImputer": ("_is_empty_feature",),
    "sklearn.linear_model.RidgeClassifier": ("_label_binarizer",),
    "sklearn.linear_model.RidgeClassifierCV": ("_label_binarizer",),
    **dict.fromkeys([f"sklearn.svm.{name}" for name in ("NuSVC", "NuSVR", "OneClassSVM", "SVC", "SVR")], _KERNEL),
    "sklearn.model_selection.TunedThresholdClassifierCV": ("_curve_scorer",),
    **dict.fromkeys(
        [f"sklearn.neighbors.RadiusNeighbors{name}" for name in ("Classifier", "Regressor")],
        ("_fit_X", "_fit_method", "_y"),
    ),
    "sklearn.preprocessing.OneHotEncoder": (*_ENCODER, "_drop_idx_after_grouping"),
    "sklearn.preprocessing.OrdinalEncoder": _ENCODER,
    "sklearn.preprocessing.PolynomialFeatures": ("_combinations", "_min_degree", "_max_degree"),
}

INFREQUENT = ("_default_to_infrequent_mappings", "_infrequent_indices")
"""Attributes of an encoder that groups infrequent categories."""

SCORER = ("_get_pos_label",)
"""Attributes of the scorer by which a threshold was tuned."""

SCALER = ("_scaler",)
"""Attributes of a power transformer that standardizes."""

ROUNDS = ("_max_value", "_min_value")
"""Attributes of an imputer that predicts columns from one another."""

# Fields of the arrays of nodes: `tree_` of a decision tree, and the record array of a boosting's predictor.
TREE_FIELDS = (
    "children_left", "children_right", "feature", "threshold", "value", "missing_go_to_left", "n_outputs",
    "weighted_n_node_samples",
)  # fmt: skip
PREDICTOR_FIELDS = (
    "value", "feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "is_leaf",
    "is_categorical", "bitset_idx", "count",
)  # fmt: skip


def require(estimator: Any) -> None:
    """Raise `CannotCompile` for an estimator that lacks a private attribute that its lowering reads."""
    for attribute in PRIVATE.get(class_name(estimator), ()):
        if not hasattr(estimator, attribute):
            raise refusal(estimator, f"this scikit-learn has no {attribute!r} that the lowering could read")


def require_fields(owner: Any, present: Sequence[str], wanted: Sequence[str]) -> None:
    """Raise `CannotCompile` where one of the wanted fields is missing, such as a field of an array of nodes."""
    for name in wanted:
        if name not in present:
            raise refusal(owner, f"this scikit-learn has no field {name!r} that the lowering could read")

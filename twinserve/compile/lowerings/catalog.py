"""The lowering of each class: the tables of all modules in one."""

from __future__ import annotations

from twinserve.compile.graph import Lowering
from twinserve.compile.lowerings import (
    adaboost,
    bayes,
    boosting,
    calendar,
    calibration,
    catboost,
    category_encoders,
    clusters,
    compose,
    cross_decomposition,
    decomposition,
    dummy,
    encoding,
    ensembles,
    features,
    imputing,
    interpret,
    isotonic,
    iterative_imputing,
    kernel_models,
    lightgbm,
    linear,
    multiclass,
    multioutput,
    neighbors,
    neural,
    outliers,
    power,
    quadratic,
    quantiles,
    scaling,
    splines,
    svm,
    text,
    threshold,
    trees,
    xgboost,
)

_FAMILIES = (
    linear, cross_decomposition, kernel_models, svm, isotonic, quadratic,
    trees, boosting, xgboost, lightgbm, catboost, interpret, bayes, neural, neighbors, dummy, calibration, threshold,
    ensembles, multiclass, adaboost, multioutput, outliers,
    compose, scaling, power, quantiles, splines, imputing, iterative_imputing, encoding, category_encoders,
    features, decomposition, clusters, calendar, text,
)  # fmt: skip

LOWERINGS: dict[str, Lowering] = {name: lowering for family in _FAMILIES for name, lowering in family.LOWERINGS.items()}

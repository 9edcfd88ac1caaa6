"""The lowering of each class: the tables of all modules in one."""

from __future__ import annotations

from twinserve.compile import (
    adaboost,
    bayes,
    boosting,
    calendar,
    calibration,
    compose,
    decomposition,
    dummy,
    encoding,
    ensembles,
    features,
    imputing,
    lightgbm,
    linear,
    multiclass,
    neural,
    power,
    quantiles,
    scaling,
    splines,
    threshold,
    trees,
    xgboost,
)
from twinserve.compile.graph import Lowering

_FAMILIES = (
    linear, trees, boosting, xgboost, lightgbm, bayes, neural, dummy, calibration, threshold, ensembles,
    multiclass, adaboost, compose, scaling, power, quantiles, splines, imputing, encoding, features, decomposition,
    calendar,
)  # fmt: skip

LOWERINGS: dict[str, Lowering] = {name: lowering for family in _FAMILIES for name, lowering in family.LOWERINGS.items()}

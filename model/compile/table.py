"""Which class is lowered by which function: the families' own tables, side by side."""

from __future__ import annotations

from model.compile import (
    bayes,
    boosting,
    calendar,
    calibration,
    compose,
    dummy,
    encoding,
    features,
    imputing,
    lightgbm,
    linear,
    neural,
    projection,
    scaling,
    together,
    trees,
    xgboost,
)
from model.compile.graph import Lowering

_FAMILIES = (
    linear, trees, boosting, xgboost, lightgbm, bayes, neural, dummy, calibration, together,
    compose, scaling, imputing, encoding, features, projection, calendar,
)  # fmt: skip

LOWERINGS: dict[str, Lowering] = {name: lowering for family in _FAMILIES for name, lowering in family.LOWERINGS.items()}

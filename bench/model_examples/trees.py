"""Trees, forests and boosting."""

from __future__ import annotations

from collections.abc import Iterator

import lightgbm
import xgboost
from sklearn import ensemble, tree
from sklearn.base import clone

from bench.model_examples.pipelines import named
from bench.model_examples.tables import Example, Table

TREES = 200


def trees(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    """Those of scikit-learn."""
    e = ensemble
    for model in (
        tree.DecisionTreeClassifier(),
        e.RandomForestClassifier(TREES),
        e.ExtraTreesClassifier(TREES),
        e.RandomForestClassifier(TREES, max_depth=4),
        e.GradientBoostingClassifier(n_estimators=50),
        e.HistGradientBoostingClassifier(max_iter=TREES),
    ):
        name = named(model)
        yield name, model, two
        yield f"{name}, three classes", clone(model), three
    yield (
        "GradientBoostingClassifier(loss=exponential)",
        e.GradientBoostingClassifier(loss="exponential"),
        two,
    )
    for model in (
        tree.DecisionTreeRegressor(),
        e.RandomForestRegressor(TREES),
        e.ExtraTreesRegressor(TREES),
        e.GradientBoostingRegressor(),
        e.HistGradientBoostingRegressor(),
        e.HistGradientBoostingRegressor(loss="poisson"),
        e.HistGradientBoostingRegressor(loss="gamma"),
    ):
        yield named(model), model, amount


def boosters(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    """Those of XGBoost and LightGBM."""
    for model in (
        xgboost.XGBClassifier(n_estimators=TREES),
        lightgbm.LGBMClassifier(n_estimators=TREES, verbose=-1),
    ):
        name = f"{type(model).__name__}(n_estimators={TREES})"
        yield name, model, two
        yield f"{name}, three classes", clone(model), three
    for objective in ("reg:squarederror", "count:poisson"):
        yield f"XGBRegressor({objective})", xgboost.XGBRegressor(objective=objective), amount
    for objective in ("regression", "poisson"):
        yield f"LGBMRegressor({objective})", lightgbm.LGBMRegressor(objective=objective, verbose=-1), amount
    for booster in ("dart", "gblinear"):
        name, model = f"XGBClassifier(booster={booster!r})", xgboost.XGBClassifier(booster=booster, verbosity=0)
        yield name, model, two
        yield f"{name}, three classes", clone(model), three
    yield "XGBClassifier(objective='multi:softmax')", xgboost.XGBClassifier(objective="multi:softmax"), three
    yield "XGBRFClassifier", xgboost.XGBRFClassifier(), two
    yield "XGBRFClassifier, three classes", xgboost.XGBRFClassifier(), three
    yield "XGBRFRegressor", xgboost.XGBRFRegressor(), amount
    yield "LGBMRegressor(linear_tree=True)", lightgbm.LGBMRegressor(linear_tree=True, verbose=-1), amount

"""Models that were fitted on pandas' `category` columns, with missing values, as XGBoost and LightGBM take them."""

from __future__ import annotations

from collections.abc import Iterator

import lightgbm
import xgboost
from sklearn import calibration, ensemble

from bench.model_examples.tables import Example, Table, mixed

TREES = 100


def of_categories() -> Iterator[Example]:
    """Classifiers and regressors of eight numbers and five categories."""
    table = _with_categories(mixed())
    amount = Table(table.frame, table.frame["n2"].fillna(0.0).to_numpy() + table.target)
    yield "LGBMClassifier on category columns", lightgbm.LGBMClassifier(n_estimators=TREES, verbose=-1), table
    yield (
        "XGBClassifier on category columns",
        xgboost.XGBClassifier(n_estimators=TREES, enable_categorical=True),
        table,
    )
    yield (
        "HistGradientBoostingClassifier on category columns",
        ensemble.HistGradientBoostingClassifier(max_iter=TREES),
        table,
    )
    yield (
        "CalibratedClassifierCV(LGBMClassifier) on category columns",
        (calibration.CalibratedClassifierCV(lightgbm.LGBMClassifier(n_estimators=20, verbose=-1), cv=3)),
        table,
    )
    yield "LGBMRegressor on category columns", lightgbm.LGBMRegressor(n_estimators=TREES, verbose=-1), amount
    yield (
        "XGBRegressor on category columns",
        xgboost.XGBRegressor(n_estimators=TREES, enable_categorical=True),
        amount,
    )


def _with_categories(table: Table) -> Table:
    texts = {str(name): column.astype("category") for name, column in table.frame.items() if str(name)[0] == "c"}
    return Table(table.frame.assign(**texts), table.target)

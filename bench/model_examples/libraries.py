"""Estimators of libraries that the project does not use; `make test-libraries` makes an environment with them."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any, Final

from sklearn import ensemble, impute, linear_model, pipeline

from bench.model_examples.tables import Example, Table

LIBRARIES: Final = ("catboost", "category_encoders", "interpret")
ENCODERS: Final = (
    "TargetEncoder", "OneHotEncoder", "OrdinalEncoder", "CountEncoder", "BinaryEncoder", "LeaveOneOutEncoder",
    "CatBoostEncoder", "JamesSteinEncoder", "WOEEncoder", "MEstimateEncoder",
)  # fmt: skip
TREES: Final = 200


def missing() -> list[str]:
    """The libraries that are not installed."""
    return [name for name in LIBRARIES if importlib.util.find_spec(name) is None]


def of_libraries(two: Table, three: Table, amount: Table, mixed: Table) -> Iterator[Example]:
    """Boosting of numbers, boosting that explains itself, and encoders before other models."""
    if not missing():
        yield from _boosting(two, three, amount, mixed)
        yield from _explainable(three, amount, mixed)
        yield from _encoders(mixed)


def _boosting(two: Table, three: Table, amount: Table, mixed: Table) -> Iterator[Example]:
    library: Any = importlib.import_module("catboost")
    quiet = {"verbose": 0, "thread_count": 1, "allow_writing_files": False}
    classifier, regressor = library.CatBoostClassifier, library.CatBoostRegressor
    numbers = Table(mixed.frame[[name for name in mixed.frame if str(name)[0] == "n"]], mixed.target)
    name = f"CatBoostClassifier(iterations={TREES})"
    yield name, classifier(iterations=TREES, **quiet), two
    yield f"{name}, three classes", classifier(iterations=TREES, **quiet), three
    yield f"{name}, with nulls", classifier(iterations=TREES, **quiet), numbers
    yield "CatBoostClassifier(iterations=1000)", classifier(iterations=1000, **quiet), two
    yield (
        "CatBoostClassifier(grow_policy='Lossguide')",
        classifier(iterations=TREES, grow_policy="Lossguide", **quiet),
        two,
    )
    yield f"CatBoostRegressor(iterations={TREES})", regressor(iterations=TREES, **quiet), amount
    yield (
        "CatBoostRegressor(loss_function='Poisson')",
        regressor(iterations=TREES, loss_function="Poisson", **quiet),
        amount,
    )


def _explainable(three: Table, amount: Table, mixed: Table) -> Iterator[Example]:
    library: Any = importlib.import_module("interpret.glassbox")
    options = {"outer_bags": 2, "max_rounds": 200, "n_jobs": 1}
    classifier = library.ExplainableBoostingClassifier
    yield "ExplainableBoostingClassifier, categories and nulls", classifier(**options), mixed
    yield "ExplainableBoostingClassifier, three classes", classifier(**options), three
    yield "ExplainableBoostingRegressor", library.ExplainableBoostingRegressor(**options), amount


def _encoders(mixed: Table) -> Iterator[Example]:
    library: Any = importlib.import_module("category_encoders")
    boosting = ensemble.HistGradientBoostingClassifier(max_iter=50, random_state=0)
    for name in ENCODERS:
        encoder = getattr(library, name)()
        yield f"category_encoders.{name} + boosting", pipeline.make_pipeline(encoder, boosting), mixed
    for name in ("TargetEncoder", "OneHotEncoder"):
        steps = (getattr(library, name)(), impute.SimpleImputer(), linear_model.LogisticRegression(max_iter=5000))
        yield f"category_encoders.{name} + SimpleImputer + LogisticRegression", pipeline.make_pipeline(*steps), mixed

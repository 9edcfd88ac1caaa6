"""Explanations are proved when a version is made: exact where they add up to the answers, else sampled, saying why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import GammaRegressor, LinearRegression, LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.compile import Column
from twinserve.compile.compiler import compile_with_explanation
from twinserve.compile.explanation import Explained
from twinserve.explain import stored
from twinserve.explain.explainer import ExactExplainer
from twinserve.explain.stored import BACKGROUND, StoredExact, StoredSampled
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.fallback import SklearnPredictor
from twinserve.predict.predictor import Predictions
from twinserve.proof import explanation
from twinserve.proof.explanation import Explanation, explain_model
from twinserve.proof.prove import compile_model, prove
from twinserve.signature import Columns, Feature, FeatureType, Seen, Signature

NAMES = ("a", "b", "c")
SIGNATURE = Signature(
    features=tuple(Feature(path=(n,), type=FeatureType.NUMBER, seen=Seen(minimum=-9.0, maximum=9.0)) for n in NAMES)
)
RNG = np.random.default_rng(0)
X = np.round(RNG.normal(size=(200, 3)), 3)
VALUES = X[:, 0] * X[:, 1] + X[:, 2]
CLASSES = ("no", "yes")
LABELS = np.where(VALUES > 0, "yes", "no")
FOREST = RandomForestClassifier(5, max_depth=4, random_state=0)


def explained(model: Any, *, rows: list[Columns] | None = None, change: Any = None) -> Explanation:
    """How a fitted model is explained; `change` makes something else of what the compiler says."""
    compiled = compile_with_explanation(model, [Column(name, "number") for name in NAMES])
    says = compiled.explained if change is None else change(compiled.explained)
    sides = rows or [Columns(X[:150]), Columns(X[150:])]
    found = explain_model(says, CompiledPredictor(compiled.graph), SIGNATURE, compiled.graph, sides, seed=0)
    assert found is not None
    return found


def test_an_exact_explanation_says_on_how_many_rows_it_adds_up() -> None:
    """On all rows but the training ones, which the linear model's means come from."""
    found = explained(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, LABELS))
    assert (found.facts.method, found.facts.of, found.facts.rows) == ("shapley-linear", "log-odds", 50)
    assert found.facts.largest_difference is not None
    assert found.facts.largest_difference < 1e-12
    assert found.facts.reason.startswith("Base and contributions add up to the answers on 50 rows (")
    assert isinstance(stored.read(found.files[stored.NAME]), StoredExact)


def scaled_trees(says: Explained) -> Explained:
    """One part in a billion too large, but for its tenfold."""
    trees = tuple(some.model_copy(update={"factor": some.factor * (1 + 1e-8)}) for some in says.stored.trees)
    return replace(says, stored=says.stored.model_copy(update={"trees": trees}))


def moved_bias(says: Explained) -> Explained:
    """A little more for every row."""
    return replace(says, stored=says.stored.model_copy(update={"bias": tuple(b + 1e-6 for b in says.stored.bias)}))


def other_column(says: Explained) -> Explained:
    """The weights of other columns."""
    linear = tuple(some.model_copy(update={"columns": some.columns[::-1]}) for some in says.stored.linear)
    return replace(says, stored=says.stored.model_copy(update={"linear": linear}))


LINEAR = make_pipeline(StandardScaler(), LogisticRegression())


@pytest.mark.parametrize(
    ("model", "change"), [(FOREST, scaled_trees), (LINEAR, moved_bias), (LINEAR, other_column), (FOREST, moved_bias)]
)
def test_the_smallest_mistake_is_caught_and_the_values_are_sampled(model: Any, change: Any) -> None:
    found = explained(model.fit(X, LABELS), change=change)
    assert found.facts.method == "shapley-sampled"
    assert "its explanations differ from its answers by up to " in found.facts.reason


@pytest.mark.parametrize("unit", [1.0, 1e5, 1e12])
def test_a_mistake_counts_by_the_largest_term_whatever_the_unit_of_the_target(unit: float) -> None:
    """One part in a hundred million is found in values of any size, those of prices in cents as well."""
    model = RandomForestRegressor(5, max_depth=4, random_state=0).fit(X, (VALUES + 3) * unit)
    assert explained(model).facts.method == "shapley-trees"
    assert explained(model, change=scaled_trees).facts.method == "shapley-sampled"


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_a_mistake_in_a_logarithm_counts_alike_for_small_and_large_values(size: float) -> None:
    model = GammaRegressor(alpha=0).fit(X, np.exp(VALUES / 4) * size)
    assert explained(model).facts.of == "log"
    assert explained(model, change=moved_bias).facts.method == "shapley-sampled"


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "model",
    [
        SGDClassifier(loss="modified_huber", random_state=0),
        lightgbm.LGBMClassifier(objective="multiclassova", sigmoid=2.0, n_estimators=5, verbose=-1),
    ],
    ids=["modified Huber loss", "a steeper logistic function"],
)
def test_decisions_with_probabilities_of_their_own_are_exact(model: Any, classes: int) -> None:
    y = np.searchsorted(np.quantile(VALUES, np.arange(1, classes) / classes), VALUES)
    if isinstance(model, lightgbm.LGBMClassifier) and classes == 2:
        model = clone(model).set_params(objective="binary")
    assert explained(clone(model).fit(X, y)).facts.method != "shapley-sampled"


@pytest.mark.parametrize("classes", [2, 3])
def test_every_class_is_compared(classes: int) -> None:
    """A mistake in the last class alone is found, too."""

    def last(says: Explained) -> Explained:
        bias = (*says.stored.bias[:-1], says.stored.bias[-1] + 1e-6)
        return replace(says, stored=says.stored.model_copy(update={"bias": bias}))

    y = np.searchsorted(np.quantile(VALUES, np.arange(1, classes) / classes), VALUES)
    for model in (RandomForestClassifier(5, max_depth=4, random_state=0), LogisticRegression()):
        assert explained(model.fit(X, y)).facts.method != "shapley-sampled"
        assert explained(model.fit(X, y), change=last).facts.method == "shapley-sampled"


def test_of_more_classes_fewer_rows_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is that of all classes together."""
    model = RandomForestClassifier(5, max_depth=4, random_state=0).fit(X, np.arange(200) % 4)
    explainer = explained(model).explainer
    assert isinstance(explainer, ExactExplainer)
    monkeypatch.setattr(explanation, "FEWEST", 1)
    monkeypatch.setattr(explanation, "WORK", 40 * explainer.work)
    assert explained(model).facts.rows == 10


def test_rows_that_overflow_are_not_compared_and_large_terms_are_relative() -> None:
    """Terms of 1e200 that nearly cancel are equal to 1e-9 of the largest; beyond a double a row has no explanation."""
    huge = Columns(np.array([[1e200, -1e200, 1.0], [1.7e308, 1.7e308, 0.0], [1.0, 2.0, 3.0]]))
    model = LinearRegression().fit(X, X @ [1e3, 1e3, 1.0])
    found = explained(model, rows=[Columns(X), huge])
    assert (found.facts.method, found.facts.rows) == ("shapley-linear", 2)


def test_what_is_not_a_sum_over_fields_is_sampled_relative_to_training_rows() -> None:
    found = explained(make_pipeline(PCA(2), LogisticRegression()).fit(X, LABELS))
    assert found.facts.reason == "Sampled: it reads columns that are made of several fields."
    kept = stored.read(found.files[stored.NAME])
    assert isinstance(kept, StoredSampled)
    assert len(kept.background) == BACKGROUND
    training = {tuple(row) for row in X[:150].tolist()}
    assert all(isinstance(row, dict) and tuple(row.values()) in training for row in kept.background)


def test_a_model_that_is_not_compiled_is_sampled() -> None:
    model = KNeighborsClassifier().fit(X, LABELS)
    predictor = SklearnPredictor(model, SIGNATURE, CLASSES)
    found = explain_model(None, predictor, SIGNATURE, None, [Columns(X[:150]), Columns(X[150:])], 0)
    assert found is not None
    assert found.facts.reason == "Sampled: the model is not compiled."
    assert found.facts.of == "probability"


SAMPLED = ("shapley-sampled", "Sampled: its answer is no sum of trees or of a linear model.")


@pytest.mark.parametrize(
    ("model", "method", "why"),
    [
        (xgboost.XGBRegressor(booster="dart", n_estimators=3), "shapley-trees", "Base and contributions add up"),
        (xgboost.XGBRegressor(booster="gblinear", n_estimators=3), *SAMPLED),
        (lightgbm.LGBMRegressor(linear_tree=True, n_estimators=3, verbose=-1), *SAMPLED),
    ],
    ids=["dart", "gblinear", "linear trees"],
)
def test_boosting_that_is_no_sum_of_trees_is_sampled_and_says_so(model: Any, method: str, why: str) -> None:
    """Trees that were dropped in fitting, and then scaled, are a sum of trees."""
    frame = pd.DataFrame(X, columns=list(NAMES))
    model = clone(model).fit(frame, VALUES)
    sides = (Columns(X[:150]), Columns(X[150:]))
    proved = prove(model, compile_model(model, SIGNATURE), SIGNATURE, None, sides, 0)
    assert proved.explanation is not None
    assert proved.facts.kind == "compiled"
    assert proved.explanation.facts.method == method
    assert proved.explanation.facts.reason.startswith(why)


def test_a_model_that_cannot_be_asked_is_not_explained() -> None:
    class Failing:
        kind = "scikit-learn"

        def predict(self, columns: Columns) -> Predictions:
            del columns
            raise SystemError

    assert explain_model(None, Failing(), SIGNATURE, None, [Columns(X)] * 2, 0) is None  # type: ignore[arg-type]


def test_a_mistake_in_the_proof_itself_quotes_no_value() -> None:
    def broken(_: Any) -> Any:
        return replace(compile_with_explanation(model, columns).explained, table=b"not 1234.5")  # type: ignore[type-var]

    columns = [Column(name, "number") for name in NAMES]
    model = RandomForestRegressor(3, random_state=0).fit(X, VALUES)
    found = explained(model, change=broken)
    assert found.facts.method == "shapley-sampled"
    assert found.facts.reason.startswith("Sampled: the proof failed with a ")
    assert "1234" not in found.facts.reason

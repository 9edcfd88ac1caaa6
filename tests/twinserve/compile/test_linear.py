"""Linear models answer as scikit-learn's do, by the rule of each class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import linear_model as lm
from sklearn.compose import ColumnTransformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from tests.twinserve.compile.comparing import (
    Floats,
    Table,
    assert_same,
    beside,
    fitted,
    plain,
    random_labels,
    random_numbers,
    some,
    words,
)
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile
from twinserve.predict.linear import read_linear
from twinserve.predict.runtime import session

shapes = st.tuples(st.integers(0, 10**6), st.integers(30, 80), st.integers(1, 7))

REGRESSORS = [
    lm.LinearRegression(), lm.Ridge(), lm.RidgeCV(), lm.Lasso(), lm.LassoCV(cv=3), lm.ElasticNet(),
    lm.ElasticNetCV(cv=3), lm.SGDRegressor(), lm.HuberRegressor(), lm.BayesianRidge(), lm.ARDRegression(),
    lm.Lars(), lm.LassoLars(), lm.OrthogonalMatchingPursuit(n_nonzero_coefs=1), lm.PoissonRegressor(),
    lm.GammaRegressor(),
    lm.TweedieRegressor(power=1.5), lm.TweedieRegressor(power=0), lm.TweedieRegressor(power=0, link="log"),
    lm.QuantileRegressor(), LinearSVR(), lm.LinearRegression(fit_intercept=False),
]  # fmt: skip
CLASSIFIERS = [
    lm.LogisticRegression(), lm.LogisticRegression(fit_intercept=False), lm.SGDClassifier(loss="log_loss"),
    lm.SGDClassifier(loss="hinge"), lm.SGDClassifier(loss="modified_huber"), lm.RidgeClassifier(),
    lm.RidgeClassifierCV(), lm.Perceptron(), LinearSVC(), LinearDiscriminantAnalysis(),
]  # fmt: skip
FITTED_OTHERWISE = (
    *(lm.RidgeCV, lm.LassoCV, lm.ElasticNetCV, lm.Lars, lm.LassoLars, lm.OrthogonalMatchingPursuit, lm.ARDRegression),
    *(lm.RidgeClassifierCV, lm.Perceptron),
)
"""Classes that answer as another one does, and differ in how they are fitted; in each run the others are enough."""


def some_extended(models: list[Any]) -> list[Any]:
    """The models, those of FITTED_OTHERWISE for `make test-extended`."""
    extended = pytest.mark.extended
    return [pytest.param(model, marks=extended if isinstance(model, FITTED_OTHERWISE) else []) for model in models]


def probes(x: Floats) -> Floats:
    """The rows, some of them far away: far enough for every probability to be 0 or 1."""
    return np.concatenate([x, x[:5] * 1e6, -x[:5] * 1e6, np.zeros((1, x.shape[1]))])


@pytest.mark.parametrize("model", some_extended(REGRESSORS), ids=str)
@some
@given(shapes)
def test_a_regressor_gives_the_same_value(model: Any, shape: tuple[int, int, int]) -> None:
    x = random_numbers(*shape)
    pipeline = make_pipeline(StandardScaler(), model)
    fitted(pipeline, x, np.abs(StandardScaler().fit_transform(x)).sum(axis=1) + 0.5)
    assert_same(pipeline, plain(x))


@pytest.mark.parametrize("model", some_extended(CLASSIFIERS), ids=str)
@some
@given(shapes, st.integers(2, 5))
def test_a_classifier_gives_the_same_label_and_probabilities(
    model: Any, shape: tuple[int, int, int], classes: int
) -> None:
    x = random_numbers(*shape)
    pipeline = make_pipeline(StandardScaler(), model)
    fitted(pipeline, x, random_labels(shape[0], x, classes))
    # A distance of 1e6 is itself only known to ten digits, so its share of 1e-6 of a class is too.
    assert_same(pipeline, plain(x))
    assert_same(pipeline, plain(probes(x)), tolerance=1e-9)


def test_cross_validated_logistic_regression_gives_the_same_answer() -> None:
    x = random_numbers(1, 90, 3)
    for classes in (2, 3):
        model = make_pipeline(StandardScaler(), lm.LogisticRegressionCV(Cs=2, cv=3))
        assert_same(fitted(model, x, random_labels(1, x, classes)), plain(x))


def test_a_decision_of_exactly_zero_is_the_first_class() -> None:
    """`predict` asks for more than 0, and a row of zeros without an intercept decides 0."""
    x = np.array([[-1.0], [1.0], [-2.0], [2.0]])
    for model in (lm.LogisticRegression(fit_intercept=False), LinearSVC(fit_intercept=False)):
        assert_same(fitted(model, x, ["no", "yes", "no", "yes"]), plain([[0.0], [-0.0], [5e-324], [-5e-324]]))


def test_probabilities_of_modified_huber_are_uniform_where_no_class_is_likely() -> None:
    x = random_numbers(2, 60, 2)
    model = fitted(lm.SGDClassifier(loss="modified_huber", random_state=0), x, random_labels(2, x, 3))
    model.coef_, model.intercept_ = model.coef_ * 0.0, np.full(3, -5.0)
    assert model.predict_proba(x[:1]).tolist() == [[1 / 3] * 3]
    assert_same(model, plain(x))


def folded(model: object, table: Table) -> bool:
    """Whether the compiled model can be answered by one dot product."""
    graph = session(compile_pipeline(model, table.columns))
    return read_linear(graph.get_modelmeta().custom_metadata_map) is not None


@some
@given(shapes, st.sampled_from([StandardScaler(), MinMaxScaler((-2, 5)), RobustScaler()]))
def test_scalers_before_a_two_class_model_fold_into_one_dot_product(shape: tuple[int, int, int], scaler: Any) -> None:
    x = random_numbers(*shape)
    numbers = ColumnTransformer([("last", scaler, [-1]), ("rest", "passthrough", slice(0, x.shape[1] - 1))])
    model = fitted(make_pipeline(numbers, StandardScaler(), lm.LogisticRegression()), x, random_labels(shape[0], x, 2))
    assert folded(model, plain(x))
    assert_same(model, plain(x), tolerance=1e-11)


def test_a_large_mean_loses_no_digits_in_the_fold() -> None:
    """Seconds since 1970, a minute apart: the fold subtracts before it multiplies."""
    x = 1.7e9 + 60.0 * np.arange(50.0)[:, None]
    model = make_pipeline(StandardScaler(), lm.LogisticRegression()).fit(x, np.arange(50) > 20)
    assert folded(model, plain(x))
    assert_same(model, plain(x))


def test_there_is_no_fold_where_something_else_happens_on_the_way() -> None:
    table = beside(random_numbers(0, 60, 2), words(0, 60, [3], missing=0.0))
    parts = ColumnTransformer([("n", StandardScaler(), ["n0", "n1"]), ("c", OneHotEncoder(), ["c0"])])
    model = fitted(make_pipeline(parts, lm.LogisticRegression()), table.frame, random_labels(0, table.x, 2))
    assert not folded(model, table)
    assert_same(model, table)


def test_a_class_without_a_lowering_is_refused_by_name() -> None:
    x = random_numbers(0, 30, 3)
    with pytest.raises(CannotCompile, match=r"^sklearn.mixture.GaussianMixture: there is no lowering for this class$"):
        compile_pipeline(GaussianMixture(2).fit(x), plain(x).columns)

"""Where scikit-learn raises, or says what is no number, a graph has no answer either; and nowhere else."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Perceptron, PoissonRegressor, Ridge
from sklearn.naive_bayes import CategoricalNB, GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from tests.twinserve.compile.comparing import Floats, fitted, plain, random_labels
from twinserve.arrays import BoolArray
from twinserve.compile import Column, compile_pipeline
from twinserve.compile.limits import LARGEST_SINGLE
from twinserve.predict.answers import answered
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.linear import KEY, read_linear
from twinserve.predict.runtime import session
from twinserve.signature import Columns

LARGEST = float(np.finfo(np.float64).max)
ODD = (
    np.nan, 0.0, -0.0, -0.5, -1.0, 1e-310, 1e9, LARGEST_SINGLE, np.nextafter(LARGEST_SINGLE, np.inf), -LARGEST_SINGLE,
    np.nextafter(-LARGEST_SINGLE, -np.inf), 1e39, 1e154, 1e200, 1e300, -1e300, LARGEST, -LARGEST,
)  # fmt: skip


def numbers(rows: int = 120) -> Floats:
    """Positive numbers, very small, ordinary and large."""
    drawn: Floats = np.random.default_rng(3).gamma(2.0, np.array([1e-3, 1.0, 1e3]), (rows, 3))
    return drawn


def with_odd_ones(x: Floats) -> Floats:
    """Each odd number in each column, beside ordinary ones; and all of them at once."""
    rows = [x]
    for place in range(x.shape[1]):
        moved = x[: len(ODD)].copy()
        moved[:, place] = ODD
        rows.append(moved)
    return np.concatenate([*rows, np.repeat(np.array(ODD)[:, None], x.shape[1], axis=1)])


def told(model: Any, frame: Any) -> list[Any]:
    """What scikit-learn says of each row by itself: label and numbers, or None."""
    answers: list[Any] = []
    for row in range(len(frame)):
        one = frame.iloc[[row]] if isinstance(frame, pd.DataFrame) else frame[[row]]
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                said = np.ravel(model.predict(one))[0]
                probabilities = model.predict_proba(one)[0] if hasattr(model, "predict_proba") else []
            except (ValueError, IndexError):
                answers.append(None)
                continue
        finite = np.isfinite(probabilities).all() and (hasattr(model, "classes_") or np.isfinite(said))
        answers.append((said, list(probabilities)) if finite else None)
    return answers


def assert_refuses_the_same(model: Any, frame: Any, x: Floats, columns: Any) -> None:
    """Each row alone, and all together with the same bits."""
    predictor = CompiledPredictor(compile_pipeline(model, columns))
    expected = told(model, frame)
    assert None in expected
    assert any(row is not None for row in expected)
    together = predictor.predict(Columns(x))
    for row, answer in enumerate(expected):
        said = predictor.predict(Columns(x[[row]]))
        for whole, alone in zip(together, said, strict=True):
            assert (whole is None and alone is None) or whole[row].tobytes() == alone[0].tobytes()  # type: ignore[index]
        numbers = said.values if said.values is not None else said.probabilities
        assert answered(said).tolist() == [answer is not None], f"row {x[row]}: {answer} and {said}"
        if answer is not None and said.labels is not None:
            assert model.classes_[said.labels[0]] == answer[0]
        if answer is not None and numbers is not None:
            np.testing.assert_allclose(np.ravel(numbers), answer[1] or [answer[0]], rtol=1e-9, atol=1e-9)


def scaled(*steps: Any) -> Any:
    return make_pipeline(StandardScaler(), *steps)


LOGISTIC = LogisticRegression(max_iter=2000)
CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "folded": lambda: scaled(LogisticRegression()),
    "folded, labels only": lambda: scaled(LinearSVC()),
    "not scaled": Perceptron,
    "three classes": lambda: scaled(LogisticRegression()),
    "three classes, labels only": lambda: scaled(Perceptron()),
    "most weights zero": lambda: scaled(LogisticRegression(l1_ratio=1.0, C=0.02, solver="saga", max_iter=5000)),
    "selected away": lambda: scaled(SelectKBest(k=1), LogisticRegression()),
    "smaller range": lambda: make_pipeline(MinMaxScaler(), LogisticRegression()),
    "imputed": lambda: make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=3),
    "scaled boosting": lambda: scaled(GradientBoostingClassifier(n_estimators=3)),
    "tree": lambda: DecisionTreeClassifier(max_depth=4),
    "random splits": lambda: ExtraTreesClassifier(3, random_state=0),
    "imputed tree": lambda: make_pipeline(SimpleImputer(), DecisionTreeClassifier(max_depth=4)),
    "selected before boosting": lambda: make_pipeline(
        SelectKBest(k=2), HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=5)
    ),
    "naive Bayes": GaussianNB,
    "network": lambda: scaled(MLPClassifier((3,), max_iter=30, random_state=0)),
    "cubes": lambda: make_pipeline(PolynomialFeatures(3), StandardScaler(), LOGISTIC),
    "logarithms": lambda: make_pipeline(FunctionTransformer(np.log), StandardScaler(), LogisticRegression()),
    "logarithms, labels only": lambda: make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), LinearSVC()),
    "isotonic": lambda: scaled(CalibratedClassifierCV(LinearSVC(), method="isotonic", cv=2)),
    "hard votes": lambda: VotingClassifier([("a", scaled(LOGISTIC)), ("b", DecisionTreeClassifier(max_depth=2))]),
    "stacked": lambda: StackingClassifier([("a", scaled(LOGISTIC)), ("b", GaussianNB())], cv=2),
    "bagged": lambda: BaggingClassifier(scaled(LinearSVC()), n_estimators=3, max_features=2, random_state=0),
}
REGRESSORS: dict[str, Callable[[], Any]] = {
    "linear": lambda: scaled(LinearRegression()),
    "not scaled": Ridge,
    "most weights zero": lambda: scaled(Lasso(0.5)),
    "exponential": lambda: scaled(PoissonRegressor()),
    "logarithm of the target": lambda: TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
    "forest": lambda: RandomForestRegressor(3, random_state=0),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_refuses_what_scikit_learn_refuses(name: str) -> None:
    x = numbers()
    model = fitted(CLASSIFIERS[name](), x, random_labels(0, x, 3 if "three" in name else 2))
    table = plain(with_odd_ones(x))
    assert_refuses_the_same(model, table.frame, table.x, table.columns)


@pytest.mark.parametrize("name", REGRESSORS)
def test_a_regressor_refuses_what_scikit_learn_refuses(name: str) -> None:
    x = numbers()
    model = fitted(REGRESSORS[name](), x, x[:, 0] * 1e3 + x[:, 1])
    table = plain(with_odd_ones(x))
    assert_refuses_the_same(model, table.frame, table.x, table.columns)


def test_a_number_that_naive_bayes_never_saw_has_no_answer() -> None:
    """Nor has one below zero; what is left of a fraction counts as the whole number below."""
    x = np.random.default_rng(0).integers(0, 4, (100, 2)).astype(np.float64)
    model = fitted(CategoricalNB(), x, random_labels(0, x, 2))
    odd = np.array([[v, 1.0] for v in (-0.5, -1.0, 3.9, 4.0, 2.0**53, 1e19, 1e300, np.nan)])
    table = plain(np.concatenate([x[:20], odd]))
    assert_refuses_the_same(model, table.frame, table.x, table.columns)


@pytest.mark.parametrize("encoder", [OneHotEncoder(sparse_output=False), OrdinalEncoder()])
@pytest.mark.parametrize("head", [LogisticRegression(), DecisionTreeClassifier(max_depth=3)])
def test_a_category_that_an_encoder_raises_on_has_no_answer(encoder: Any, head: Any) -> None:
    learned = pd.DataFrame({"c": np.array(["u", "v", "w"] * 30, dtype=object)})
    model = make_pipeline(encoder, head).fit(learned, np.arange(90) % 2)
    asked = pd.DataFrame({"c": np.array(["u", "v", "w", "x", "never seen", np.nan], dtype=object)})
    x = np.array([0.0, 1.0, 2.0, 3.0, -1.0, np.nan])[:, None]
    assert_refuses_the_same(model, asked, x, [Column("c", "category", ("u", "v", "w", "x"))])


# ---- what it costs ---------------------------------------------------------------------------------------------------


def test_what_cannot_be_is_not_asked_for() -> None:
    """Bounds that are declared keep every number finite, and nothing is null: not a node more than the model needs."""
    x = numbers()
    model = fitted(scaled(LogisticRegression()), x, random_labels(0, x, 2))
    bounded = [replace(column, nullable=False, low=0.0, high=1e6) for column in plain(x).columns]
    graph = onnx.load_from_string(compile_pipeline(model, bounded))
    assert [node.op_type for node in graph.graph.node] == ["Sub", "Div", "Gemm", "ArgMax", "Sigmoid"]
    free = onnx.load_from_string(compile_pipeline(model, plain(x).columns))
    assert len(free.graph.node) == 5 + 2


def test_boosting_that_takes_any_number_is_asked_nothing() -> None:
    x = numbers()
    model = fitted(scaled(HistGradientBoostingClassifier(max_iter=3)), x, random_labels(0, x, 2))
    nodes = [node.op_type for node in onnx.load_from_string(compile_pipeline(model, plain(x).columns)).graph.node]
    assert nodes.count("TreeEnsemble") == 1
    assert "Mul" not in nodes[nodes.index("TreeEnsemble") + 1 :] or nodes.count("Mul") == 1


def test_a_fold_answers_ordinary_rows_and_leaves_the_others_to_the_graph() -> None:
    x = numbers()
    model = fitted(scaled(LogisticRegression()), x, random_labels(0, x, 2))
    fold = read_linear(session(compile_pipeline(model, plain(x).columns)).get_modelmeta().custom_metadata_map)
    assert fold is not None
    assert fold(x) is not None
    assert fold(x * 1e30) is not None
    for odd in (np.nan, LARGEST, -LARGEST):
        row = x[:1].copy()
        row[0, 0] = odd
        assert fold(row) is None
        assert fold.can_answer(np.concatenate([x[:2], row])).tolist() == [True, True, False]


def test_a_fold_whose_columns_all_count_needs_no_second_product() -> None:
    x = numbers()
    for head, guarded in ((Ridge(), False), (Lasso(0.5), True)):
        model = fitted(scaled(head), x, x[:, 1])
        metadata = session(compile_pipeline(model, plain(x).columns)).get_modelmeta().custom_metadata_map
        assert ('"guard": []' not in metadata[KEY]) is guarded


@pytest.mark.parametrize("intercept", [0.0, 1e300])
@pytest.mark.parametrize("weights", [(1e-300, 1.0, 1e300), (0.0, 5e-324, 1.0), (1e308, 1e308, 1e308), (0.0, 0.0, 0.0)])
def test_a_fold_of_any_weights_answers_as_the_pipeline_does(weights: Any, intercept: float) -> None:
    x = numbers()
    model = fitted(scaled(LinearRegression()), x, x[:, 1])
    model[-1].coef_, model[-1].intercept_ = np.array(weights), intercept
    x = with_odd_ones(x)
    either = depends_on_order(model, x)
    assert either.mean() < 0.25
    table = plain(x[~either])
    assert_refuses_the_same(model, table.frame, table.x, table.columns)


def depends_on_order(model: Any, x: Floats) -> BoolArray:
    """The rows whose sum is within the range of doubles, while its positive terms, or its negative ones, exceed it.

    Such a sum may overflow on the way. That depends on the order in which a processor's BLAS adds the terms, and on
    whether it rounds each product first, so scikit-learn itself answers on one machine and not on another.
    """
    part = 2.0**-8  # Neither a term nor a sum of such parts overflows, unless the scaled row is not finite itself.
    with np.errstate(all="ignore"):
        terms = model[0].transform(x) * (model[-1].coef_ * part)
        terms = np.column_stack([terms, np.full(len(x), model[-1].intercept_ * part)])
        up, down = np.maximum(terms, 0.0).sum(axis=1), np.maximum(-terms, 0.0).sum(axis=1)
        found: BoolArray = (np.abs(up - down) <= LARGEST * part) & (np.maximum(up, down) > LARGEST * part)
    return found

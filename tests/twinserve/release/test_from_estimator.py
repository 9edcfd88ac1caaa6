"""A model that was fitted elsewhere answers here as it did there, or is refused with the reason."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import accuracy_score, average_precision_score
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from twinserve.errors import CannotPackage, CannotTrain, ModelError, UnsupportedInput
from twinserve.predict.targets.made import one_target
from twinserve.release.fitted_elsewhere.targets import encoded_target
from twinserve.release.from_estimator import held_out, package
from twinserve.signature.frames import from_frame
from twinserve.signature.request.validator import Validator
from twinserve.signature.sources.agreement import Disagreement
from twinserve.store.artifact import LoadedArtifact, Trust, open_version
from twinserve.store.pipelines.pipeline_file import JOBLIB

pytestmark = pytest.mark.long

NAMES = ["sepal.length", "sepal.width", "petal.length", "petal.width"]


class Leaf(BaseModel):
    """Petal or sepal."""

    length: float
    width: float


class Iris(BaseModel):
    """In another order than the table."""

    petal: Leaf
    sepal: Leaf


def iris() -> tuple[pd.DataFrame, Any]:
    """Its table with nested names, and its target, 0 to 2."""
    table, target = load_iris(return_X_y=True, as_frame=True)
    return table.set_axis(NAMES, axis="columns"), target


def registered(estimator: Any, table: Any, target: Any, folder: Path, **options: Any) -> LoadedArtifact:
    """The version, opened as a server does."""
    number = package(estimator, table, target, name="own", artifacts=folder, **options)
    return open_version(folder / "own" / str(number), Trust(pickles=True))


@pytest.mark.parametrize(
    ("estimator", "kind"),
    [
        (make_pipeline(StandardScaler(), LogisticRegression()), "compiled"),
        (HistGradientBoostingClassifier(max_iter=5), "compiled"),
        (AdaBoostClassifier(n_estimators=3, random_state=0), None),
        (KNeighborsClassifier(), "scikit-learn"),
        (GridSearchCV(LogisticRegression(max_iter=1000), {"C": [1.0]}), "compiled"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whole_number_labels_become_texts(estimator: Any, kind: str | None, tmp_path: Path) -> None:
    table, target = iris()
    estimator.fit(table, target)
    opened = registered(estimator, table, target, tmp_path)
    assert opened.manifest.classes == ("0", "1", "2")
    assert kind in (None, opened.manifest.predictor.kind)
    predictions = opened.predictor.predict(from_frame(table, opened.signature))
    np.testing.assert_array_equal(predictions.labels, estimator.predict(table))
    assert predictions.probabilities is not None
    np.testing.assert_allclose(predictions.probabilities, estimator.predict_proba(table), atol=1e-9)


def test_a_row_with_its_target_is_a_request(tmp_path: Path) -> None:
    table, target = iris()
    model = LogisticRegression(max_iter=1000).fit(table, target)
    opened = registered(model, table, target, tmp_path)
    assert opened.signature.left_out == {"target": "it is the target, which is predicted"}
    unnamed = registered(model, table, target.to_numpy(), tmp_path)
    assert unnamed.signature.left_out == {}


def test_weights_count_in_metrics_and_a_positive_class_in_average_precision(tmp_path: Path) -> None:
    """The weight's column may be sent and is ignored, as in training."""
    table, target = iris()
    labels = pd.Series(np.where(target == 1, "middle", "other"), name="kind")
    weights = pd.Series(np.arange(len(table)) % 7 / 2, name="importance")
    mask = held_out(table, labels)
    model = LogisticRegression(max_iter=1000).fit(table[~mask], labels[~mask])
    opened = registered(model, table, labels, tmp_path, weight=weights, positive="middle")
    answers, likely = model.predict(table[mask]), model.predict_proba(table[mask])[:, 0]
    expected = accuracy_score(labels[mask], answers, sample_weight=weights[mask])
    assert opened.manifest.metrics["accuracy"] == pytest.approx(expected)
    assert expected != accuracy_score(labels[mask], answers)
    precision = average_precision_score(labels[mask] == "middle", likely, sample_weight=weights[mask])
    assert opened.manifest.metrics["average_precision"] == pytest.approx(precision)
    assert opened.manifest.training.weight == "importance"
    assert opened.manifest.training.decision is not None
    assert opened.manifest.training.decision.positive == "middle"
    assert opened.signature.left_out["importance"] == "it is the weight of a row"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"weight": [1.0]}, "X has 150 rows and weight has 1."),
        ({"weight": [-1.0] * 150}, "is negative in 150 rows; a weight is a number from 0."),
        ({"positive": "1"}, "--positive belongs to a classification into two classes; this is a classification into 3"),
    ],
)
def test_weights_and_a_positive_class_that_do_not_fit_are_one_sentence(
    options: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    table, target = iris()
    with pytest.raises(ModelError) as refused:
        registered(LogisticRegression(max_iter=1000).fit(table, target), table, target, tmp_path, **options)
    assert sentence in str(refused.value)


def test_weights_without_rows_are_refused() -> None:
    with pytest.raises(CannotPackage, match="weight and positive belong to rows"):
        package(LogisticRegression(), None, None, name="own", positive="yes")


def test_the_target_beside_fields_below_its_name_is_in_the_row_as_well(tmp_path: Path) -> None:
    table, target = iris()
    model = LogisticRegression(max_iter=1000).fit(table, target)
    opened = registered(model, table, target.rename("petal"), tmp_path)
    row = table.assign(petal=target).iloc[:1].to_json(orient="records").encode()
    assert len(Validator(opened.signature).validate(row).columns) == 1


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
@pytest.mark.parametrize("steps", [[], [StandardScaler()]], ids=["alone", "scaled"])
def test_another_librarys_classifier_is_compiled_and_needs_trust_only_to_be_opened_again(
    library: str, steps: list[Any], tmp_path: Path
) -> None:
    """Its pipeline is a pickle, as no list of ours vouches for that library's own reader."""
    module = pytest.importorskip(library, reason="the extra `boosters` is not installed")
    make = {"xgboost": "XGBClassifier", "lightgbm": "LGBMClassifier"}[library]
    quiet = {} if library == "xgboost" else {"verbose": -1}
    table, target = iris()
    estimator = make_pipeline(*steps, getattr(module, make)(n_estimators=5, n_jobs=1, **quiet))
    if steps:
        estimator.set_output(transform="pandas")
    estimator.fit(table, target)
    package(estimator, table, target, name="own", artifacts=tmp_path)
    opened = open_version(tmp_path / "own" / "1", Trust(pickles=False))
    assert (opened.manifest.classes, opened.manifest.predictor.kind) == (("0", "1", "2"), "compiled")
    assert JOBLIB in opened.manifest.files
    assert library in " ".join(opened.manifest.training.libraries)
    predictions = opened.predictor.predict(from_frame(table, opened.signature))
    np.testing.assert_array_equal(predictions.labels, estimator.predict(table))
    assert predictions.probabilities is not None
    np.testing.assert_allclose(predictions.probabilities, estimator.predict_proba(table), atol=1e-9)


def test_one_that_knows_no_names_and_takes_none_is_refused(tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost", reason="the extra `boosters` is not installed")
    table, target = iris()
    estimator = xgboost.XGBRegressor(n_estimators=2, n_jobs=1).fit(table.to_numpy(), target)
    with pytest.raises(CannotPackage, match=r"^XGBRegressor was fitted without column names; fit it on a DataFrame\.$"):
        package(estimator, table, target, name="own", artifacts=tmp_path)


def test_classes_keep_the_order_of_the_estimator(tmp_path: Path) -> None:
    """10 comes after 9 as a number and before 2 as a text."""
    table, target = iris()
    target = target.map({0: 2, 1: 10, 2: 9})
    opened = registered(LogisticRegression(max_iter=1000).fit(table, target), table, target, tmp_path)
    assert opened.manifest.classes == ("2", "9", "10")


def test_an_array_is_named_by_the_declared_input(tmp_path: Path) -> None:
    table, target = iris()
    rows = table.to_numpy()
    opened = registered(LogisticRegression(max_iter=1000).fit(rows, target), rows, target, tmp_path, input=Iris)
    assert [feature.name for feature in opened.signature.features] == [*NAMES[2:], *NAMES[:2]]


def test_a_declared_input_takes_the_order_of_the_table(tmp_path: Path) -> None:
    table, target = iris()
    estimator = LogisticRegression(max_iter=1000).fit(table, target)
    opened = registered(estimator, table, target, tmp_path, input=Iris)
    assert [feature.name for feature in opened.signature.features] == NAMES


def test_a_regression_is_judged_on_the_rows_it_was_told_not_to_learn(tmp_path: Path) -> None:
    table, target = iris()
    value = table["petal.width"] * 2 + target
    learn = ~held_out(table, value)
    opened = registered(
        RandomForestRegressor(5, random_state=0).fit(table[learn], value[learn]), table, value, tmp_path
    )
    assert opened.manifest.training.holdout_rows == int((~learn).sum())
    assert opened.manifest.metric == "rmse"


class Wrong(BaseModel):
    """Disagrees in three places."""

    sepal: Leaf
    petal: Leaf
    colour: str


def test_every_disagreement_is_told_at_once() -> None:
    table, target = iris()
    table = table.assign(height=1.0).astype({"petal.width": str})
    with pytest.raises(Disagreement) as refused:
        package(Ridge(), table, target, name="own", input=Wrong)
    assert refused.value.fields == [
        "petal.width holds category values and is declared as number",
        "colour is declared and not in the table",
        "height is in the table and not declared",
    ]


def test_an_unfitted_classifier_is_refused() -> None:
    with pytest.raises(CannotPackage, match="fit it first"):
        package(LogisticRegression(), *iris(), name="own")


def test_an_encoder_that_would_raise_is_refused_unless_the_servers_reject(tmp_path: Path) -> None:
    table = pd.DataFrame({"colour": ["red", "green", "blue", "red"] * 30, "size": np.arange(120.0)})
    target = np.arange(120) % 2
    estimator = make_pipeline(make_column_transformer((OneHotEncoder(), ["colour"])), LogisticRegression())
    estimator.fit(table, target)
    with pytest.raises(CannotTrain, match="set handle_unknown"):
        registered(estimator, table, target, tmp_path)
    opened = registered(estimator, table, target, tmp_path, out_of_range="reject")
    assert opened.manifest.predictor.kind == "compiled"


def test_a_metric_of_probabilities_needs_a_model_that_gives_them() -> None:
    table, target = iris()
    labels_only = LinearSVC().fit(table, target)
    with pytest.raises(CannotPackage, match=r"^log_loss needs probabilities and LinearSVC gives labels only\.$"):
        package(labels_only, table, target, name="own", metric="log_loss")


def test_a_table_without_rows_is_refused() -> None:
    table, target = iris()
    with pytest.raises(UnsupportedInput, match=r"^X has no rows\.$"):
        package(Ridge(), table[:0], target[:0], name="own")


def test_what_scikit_learn_does_not_know_is_refused() -> None:
    told = r"^object is neither a classifier nor a regressor nor an anomaly detector of scikit-learn\.$"
    with pytest.raises(CannotPackage, match=told):
        package(object(), *iris(), name="own")


def test_what_is_no_predictor_is_refused() -> None:
    with pytest.raises(CannotPackage, match="StandardScaler is neither"):
        package(StandardScaler(), *iris(), name="own")


def test_an_array_without_an_input_is_refused() -> None:
    table, target = iris()
    with pytest.raises(UnsupportedInput, match="no column names"):
        package(LogisticRegression(max_iter=1000).fit(table, target), table.to_numpy(), target, name="own")


class Picky(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types.
    """Takes the bytes of the table's dtypes, as some models of other libraries do."""

    def fit(self, table: pd.DataFrame, target: Any) -> Picky:
        """Nothing to learn."""
        self.classes_ = np.unique(target)
        self.feature_names_in_ = np.array(table.columns, dtype=object)
        return self

    def predict(self, table: pd.DataFrame) -> Any:
        """Fails where there is no integer of eight bits."""
        return self.classes_[table["kind"].to_numpy().view(np.int8)]


def test_a_model_that_needs_a_special_dtype_is_refused() -> None:
    """A service makes its table from JSON."""
    table, target = iris()
    table["kind"] = np.arange(150, dtype=np.int8) % 2
    with pytest.raises(CannotPackage, match="put the conversion into the pipeline"):
        package(Picky().fit(table, target), table, target, name="own")


def test_texts_are_no_target_of_a_regressor() -> None:
    """Told without any of them, before scikit-learn fails."""
    with pytest.raises(CannotPackage, match=r"^The estimator is a regressor, and y holds texts; give the column that "):
        encoded_target(pd.Series(["yes", "no"]), one_target(None), 2)
    assert encoded_target(pd.Series(["1.5", "2"], dtype=object), one_target(None), 2).tolist() == [1.5, 2.0]


@pytest.mark.parametrize(("row", "reason"), [(None, "missing in 1 rows"), (7, "y holds '7'")])
def test_a_target_that_the_model_does_not_know_is_refused(row: int | None, reason: str) -> None:
    table, target = iris()
    estimator = LogisticRegression(max_iter=1000).fit(table, target)
    strange = target.astype(object)
    strange.iloc[0] = row
    with pytest.raises(CannotPackage, match=reason):
        package(estimator, table, strange, name="own")


# ---- made of others --------------------------------------------------------------------------------------------------


SCALED = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
SEARCH = GridSearchCV(SCALED, {"logisticregression__C": [0.1, 1.0]}, cv=2)
MADE_OF_OTHERS = {
    "soft votes of pipelines": VotingClassifier([("a", SCALED), ("b", SEARCH)], voting="soft"),
    "hard votes of pipelines": VotingClassifier([("a", SCALED), ("b", SEARCH)]),
    "stacked pipelines": StackingClassifier([("a", SCALED), ("b", SEARCH)], cv=2),
    "bagged pipelines": BaggingClassifier(SCALED, n_estimators=2, random_state=0),
    "bagged searches": BaggingClassifier(SEARCH, n_estimators=2, random_state=0),
    "one versus the rest": OneVsRestClassifier(SCALED),
    "one versus one": OneVsOneClassifier(SEARCH),
    "in a pipeline": make_pipeline(StandardScaler(), OneVsRestClassifier(SEARCH)),
    "behind nothing": make_pipeline("passthrough", VotingClassifier([("a", SCALED)])),
}


FIRST: Final = ("soft votes of pipelines", "bagged searches", "in a pipeline")
"""Those for which there is always time."""


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        pytest.param(name, texts, marks=[] if name in FIRST else pytest.mark.extended)
        for name, texts in zip(MADE_OF_OTHERS, itertools.cycle([False, True]), strict=False)
    ],
)
def test_a_classifier_made_of_pipelines_or_searches_is_packaged(name: str, texts: bool, tmp_path: Path) -> None:
    table, target = iris()
    target = target.map({0: "setosa", 1: "versicolor", 2: "virginica"}).astype(object) if texts else target
    estimator = clone(MADE_OF_OTHERS[name]).fit(table, target)
    opened = registered(estimator, table, target, tmp_path)
    predictions = opened.predictor.predict(from_frame(table, opened.signature))
    assert opened.manifest.classes is not None
    assert predictions.labels is not None
    expected = [str(label) for label in estimator.predict(table).tolist()]
    assert [opened.manifest.classes[code] for code in predictions.labels] == expected


def test_what_is_odd_about_an_estimator_is_one_sentence(tmp_path: Path) -> None:
    class Odd(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types.
        def __deepcopy__(self, _memo: Any) -> Any:
            raise RuntimeError("I am not to be copied.\nNever.")

    table, target = iris()
    estimator = Odd(max_iter=1000).fit(table, target)
    with pytest.raises(CannotPackage, match=r"^Odd cannot be packaged, as it raises a RuntimeError when it ") as raised:
        package(estimator, table, target, name="own", artifacts=tmp_path)
    assert "not to be copied" not in str(raised.value)
    assert isinstance(raised.value.__cause__, RuntimeError)


def test_an_estimator_that_takes_no_single_row_is_told_so(tmp_path: Path) -> None:
    """As scikit-learn 1.9's `SparsePCA`, which makes a vector of one row's components."""

    class Crowd(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types.
        def predict_proba(self, rows: Any) -> Any:
            return super().predict_proba(np.asarray(rows).squeeze())

    table, target = iris()
    estimator = Crowd(max_iter=1000).fit(table, target)
    with pytest.raises(CannotPackage, match=r"^Crowd raises a ValueError when it is asked for one row alone"):
        package(estimator, table, target, name="own", artifacts=tmp_path)


def test_the_words_of_an_estimator_s_error_are_not_repeated(tmp_path: Path) -> None:
    """They may hold values of the table; the error itself is the cause."""

    class Telling(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types.
        def predict(self, rows: Any) -> Any:
            raise ValueError(f"could not convert string to float: {np.asarray(rows).flat[0]}")

    table, target = iris()
    estimator = Telling(max_iter=1000).fit(table, target)
    for given in ((table, target), (None, None)):
        with pytest.raises(CannotPackage, match="ValueError") as raised:
            package(estimator, *given, name="own", artifacts=tmp_path)
        assert "could not convert" not in str(raised.value)
        assert "could not convert" in str(raised.value.__cause__)


@pytest.mark.parametrize("shape", [lambda found: np.c_[found, found], lambda found: found[:, 0]])
def test_probabilities_that_are_not_one_for_each_class_are_told(shape: Any, tmp_path: Path) -> None:
    class Other(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types.
        def predict_proba(self, rows: Any) -> Any:
            return shape(super().predict_proba(rows))

    table, target = iris()
    estimator = Other(max_iter=1000).fit(table, target)
    for given in ((table, target), (None, None)):
        with pytest.raises(CannotPackage, match=r"^Other has 3 classes and its predict_proba gives an array of the "):
            package(estimator, *given, name="own", artifacts=tmp_path)


def test_a_nullable_field_that_the_estimator_cannot_take_is_told(tmp_path: Path) -> None:
    class Nullable(BaseModel):
        length: float | None
        width: float

    table, target = iris()
    table = table[["petal.length", "petal.width"]].set_axis(["length", "width"], axis="columns")
    estimator = SCALED.fit(table, target)
    with pytest.warns(UserWarning, match=r"^length: it may be null, and this model cannot predict such a row"):
        opened = registered(estimator, table, target, tmp_path, input=Nullable)
    assert "declare it without None" in (tmp_path / "own" / "1" / "card.md").read_text()
    assert opened.manifest.predictor.kind == "compiled"


def test_a_table_with_nulls_that_the_estimator_cannot_take_is_told_by_its_fields(tmp_path: Path) -> None:
    """Whether they are held out or not, and only those fields that it raises on."""
    table, target = iris()
    estimator = LogisticRegression(max_iter=1000).fit(table, target)
    table.iloc[3, 1] = table.iloc[7, 2] = np.nan
    with pytest.raises(CannotPackage, match=rf"^X holds nulls in {NAMES[1]}, {NAMES[2]}, on which .* put an imputer"):
        package(estimator, table, target, name="iris", artifacts=tmp_path)


def test_held_out_rows_without_an_answer_are_told_in_one_sentence(tmp_path: Path) -> None:
    """Of them nothing can be judged."""
    table, target = iris()
    estimator = PoissonRegressor().fit(table, target)
    estimator.coef_ = np.full(4, 1e6)
    with pytest.raises(CannotTrain, match=r"^The model has no prediction for \d+ of \d+ held-out rows: "):
        package(estimator, table, target, name="own", artifacts=tmp_path)

"""A model without rows is proved on made ones, measured on none, and described by what it knows of its columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
import sklearn
from pydantic import BaseModel, Field
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from twinserve.errors import CannotPackage
from twinserve.release.fitted_elsewhere.known_columns import column_names, known_columns
from twinserve.release.from_estimator import package
from twinserve.signature.request.validator import Validator
from twinserve.store.artifact import LoadedArtifact, Trust, open_version, read_manifest

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(
    {
        "age": RNG.integers(18, 80, 200).astype(float),
        "income": np.round(RNG.normal(30_000.0, 5_000.0, 200), 2),
        "city": RNG.choice(["Bern", "Rome"], 200),
    }
)
LABELS = np.where(ROWS["age"] > 40, "yes", "no")
ENCODED = make_column_transformer(
    (make_pipeline(SimpleImputer(), StandardScaler()), ["age", "income"]),
    (OneHotEncoder(handle_unknown="ignore"), ["city"]),
)
MIXED = make_pipeline(ENCODED, LogisticRegression()).fit(ROWS, LABELS)


class Applicant(BaseModel):
    """Of a loan, with fields in another order than the model's columns."""

    city: Literal["Bern", "Rome"]
    income: float = Field(ge=0)
    age: int | None = Field(ge=18, le=120)


def registered(estimator: Any, folder: Path, **options: Any) -> LoadedArtifact:
    """The version, opened as a server does."""
    number = package(estimator, None, None, name="own", artifacts=folder, **options)
    return open_version(folder / "own" / str(number), Trust(pickles=True))


def columns(opened: LoadedArtifact) -> list[tuple[str, str]]:
    """The name and type of each feature."""
    return [(feature.name, str(feature.type)) for feature in opened.signature.features]


def test_numbers_and_learned_categories_come_from_the_estimator(tmp_path: Path) -> None:
    opened = registered(MIXED, tmp_path)
    assert columns(opened) == [("age", "number"), ("income", "number"), ("city", "category")]
    assert opened.signature.features[2].vocabulary == ("Bern", "Rome")
    assert opened.manifest.predictor.kind == "compiled"


def test_an_estimator_fitted_on_an_array_has_numbered_columns(tmp_path: Path) -> None:
    array = ROWS[["age", "income"]].to_numpy()
    opened = registered(LogisticRegression(max_iter=1000).fit(array, LABELS), tmp_path)
    assert columns(opened) == [("x0", "number"), ("x1", "number")]


@pytest.mark.parametrize(
    "estimator",
    [
        GridSearchCV(MIXED, {"logisticregression__C": [0.1, 1.0]}, cv=2).fit(ROWS, LABELS),
        CalibratedClassifierCV(MIXED, cv=2).fit(ROWS, LABELS),
        TransformedTargetRegressor(make_pipeline(ENCODED, Ridge()), func=np.log, inverse_func=np.exp).fit(
            ROWS, ROWS["income"]
        ),
    ],
    ids=["search", "calibration", "transformed target"],
)
def test_what_a_wrapped_pipeline_learned_is_known_too(estimator: Any, tmp_path: Path) -> None:
    opened = registered(estimator, tmp_path)
    assert columns(opened) == [("age", "number"), ("income", "number"), ("city", "category")]
    assert opened.manifest.predictor.kind == "compiled"


def test_a_pydantic_class_names_types_and_bounds_in_the_order_of_the_model(tmp_path: Path) -> None:
    opened = registered(MIXED, tmp_path, input=Applicant)
    assert columns(opened) == [("age", "integer"), ("income", "number"), ("city", "category")]


def test_nothing_is_measured_and_that_is_told(tmp_path: Path) -> None:
    facts = registered(MIXED, tmp_path).manifest
    assert (dict(facts.metrics), dict(facts.intervals), dict(facts.baseline)) == ({}, {}, {})
    training = facts.training
    assert (training.rows, training.holdout_rows, training.evaluated_on) == (0, 0, "nothing")
    assert training.fitted_with == sklearn.__version__
    card = (tmp_path / "own" / "1" / "card.md").read_text()
    assert "**Summary.** log_loss not measured, LogisticRegression, served as a compiled graph." in card
    assert "Not measured: the model came without rows." in card
    assert f"| fitted with | scikit-learn {sklearn.__version__} |" in card
    assert "nan" not in card


def test_golden_rows_are_made_ones_that_the_signature_takes(tmp_path: Path) -> None:
    opened = registered(MIXED, tmp_path, input=Applicant)
    pairs = json.loads((tmp_path / "own" / "1" / "golden.json").read_text())
    assert len(pairs) >= 10
    for pair in pairs:
        Validator(opened.signature).validate(json.dumps(pair["request"]).encode())
    assert {pair["reply"]["label"] for pair in pairs if pair["reply"]} == {"no", "yes"}


def test_no_value_is_called_unseen_where_nothing_is_known(tmp_path: Path) -> None:
    """Of the declared categories neither, as training may have seen them all."""
    opened = registered(Ridge().fit(ROWS[["age"]], ROWS["income"]), tmp_path)
    seen = opened.signature.features[0].seen
    assert (seen.minimum, seen.maximum) == (None, None)
    city = registered(MIXED, tmp_path / "b", input=Applicant).signature.features[2]
    assert city.seen.categories == ("Bern", "Rome")


def test_trees_are_tried_on_both_sides_of_their_splits(tmp_path: Path) -> None:
    """Though nobody said where the numbers are."""
    table = ROWS[["age", "income"]]
    opened = registered(RandomForestRegressor(5, max_depth=4, random_state=0).fit(table, ROWS["income"] / 7), tmp_path)
    parity = opened.manifest.predictor.parity
    assert parity is not None
    assert parity["splits_crossed"] == parity["splits"] > 20


def test_numbers_are_made_where_the_model_saw_numbers() -> None:
    known = known_columns(MIXED, column_names(MIXED) or ())
    low, high = known["income"].range or (0.0, 0.0)
    assert 10_000 < low < 20_000
    assert 40_000 < high < 50_000
    boosted = HistGradientBoostingClassifier(max_iter=3).fit(ROWS[["age", "income"]], LABELS)
    assert "age" in known_columns(boosted, ("age", "income"))


def test_columns_that_are_not_known_well_enough_are_told(tmp_path: Path) -> None:
    words = make_pipeline(make_column_transformer((TfidfVectorizer(), "city")), LogisticRegression()).fit(ROWS, LABELS)
    with pytest.raises(CannotPackage, match=r"has no answer to rows made of .* give rows with their target, or "):
        package(words, None, None, name="own", artifacts=tmp_path)
    assert not (tmp_path / "own").exists()


def test_an_estimator_that_knows_no_columns_is_told(tmp_path: Path) -> None:
    estimator = LogisticRegression(max_iter=1000).fit(ROWS[["age"]], LABELS)
    del estimator.feature_names_in_, estimator.n_features_in_
    with pytest.raises(CannotPackage, match=r"^LogisticRegression does not know its columns; give rows"):
        package(estimator, None, None, name="own", artifacts=tmp_path)


class Other(BaseModel):
    """Has another field."""

    age: float
    income: float
    town: str


def test_an_input_with_other_columns_than_the_models_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotPackage, match=r"^The input and the model disagree: city is not declared\.$"):
        package(MIXED, None, None, name="own", input=Other, artifacts=tmp_path)


@pytest.mark.parametrize("given", [(ROWS, None), (None, LABELS)])
def test_rows_without_a_target_are_refused(given: tuple[Any, Any]) -> None:
    with pytest.raises(CannotPackage, match=r"^X and y belong together"):
        package(MIXED, *given, name="own")


@pytest.mark.parametrize(
    "what", [{"a": 1}, "text", [1, 2], StandardScaler().fit(ROWS[["age"]]), make_pipeline(StandardScaler())], ids=str
)
def test_what_is_no_predictor_is_told(what: Any) -> None:
    with pytest.raises(CannotPackage, match="is neither a classifier nor a regressor nor an anomaly detector of scik"):
        package(what, None, None, name="own")


def test_a_part_that_another_version_fitted_is_refused() -> None:
    """scikit-learn 1.6 to 1.8 leave the version in an estimator that they loaded with a warning."""
    estimator = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(ROWS[["age"]], LABELS)
    estimator[0]._sklearn_version = "1.5.0"
    with pytest.raises(CannotPackage, match=r"^StandardScaler was fitted with scikit-learn 1\.5\.0 and this is "):
        package(estimator, None, None, name="own")


def test_a_training_records_the_version_that_fitted_it(pristine_fruit: Path) -> None:
    training = read_manifest(pristine_fruit).training
    assert (training.fitted_with, training.evaluated_on) == (sklearn.__version__, "held-out rows")
    assert f"| fitted with | scikit-learn {sklearn.__version__} |" in (pristine_fruit / "card.md").read_text()

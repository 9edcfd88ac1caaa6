"""The default recipe: its fields are those of the data set, and its model behaves plausibly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from model import tumor
from twinserve.arrays import FloatArray
from twinserve.evaluate.metrics import evaluate
from twinserve.predict.fallback import SklearnPredictor
from twinserve.signature import Columns, FeatureType
from twinserve.signature.sources.from_pydantic import from_pydantic
from twinserve.training.data import Data, split
from twinserve.training.fit import Fitted, fit

SIGNATURE = from_pydantic(tumor.Tumor)
NAME = "logistic regression"
NAMES = [feature.name for feature in SIGNATURE.features]


@pytest.fixture(scope="module")
def trained() -> tuple[Data, Fitted]:
    """The data and the best candidate, fitted."""
    data = split(tumor.TUMOR, tumor.TUMOR.load())
    only = replace(tumor.TUMOR, candidates=lambda seed: {NAME: tumor.candidates(seed)[NAME]})
    return data, fit(only, data, seed=0, progress=lambda _step: None)


def malignant(trained: tuple[Data, Fitted], matrix: FloatArray) -> FloatArray:
    """The probability of `malignant` for each row."""
    data, fitted = trained
    predictions = SklearnPredictor(fitted.pipeline, data.signature, data.target).predict(Columns(matrix))
    assert predictions.probabilities is not None
    assert data.classes == ("benign", "malignant")
    return predictions.probabilities[:, 1]


# ---- the input ------------------------------------------------------------------------------------------------------


def test_the_fields_are_those_of_the_data_set_in_its_order() -> None:
    theirs = [str(name) for name in load_breast_cancer().feature_names]
    ours = [_their_name(*name.split(".")) for name in NAMES]
    assert ours == theirs


def _their_name(group: str, measurement: str) -> str:
    words = measurement.replace("_", " ")
    return {"mean": f"mean {words}", "error": f"{words} error", "worst": f"worst {words}"}[group]


def test_every_field_is_a_required_number_with_a_unit_and_a_meaning() -> None:
    for feature in SIGNATURE.features:
        assert (feature.type, feature.nullable, feature.required) == (FeatureType.NUMBER, False, True)
        assert feature.unit in {"pixel", "pixel^2", "1"}
        assert feature.description


def test_every_row_of_the_data_set_keeps_the_declared_bounds() -> None:
    features = tumor.load().features
    for feature in SIGNATURE.features:
        low = feature.constraints.minimum
        assert low is None or features[feature.name].min() >= low


def test_the_target_is_the_data_sets_own() -> None:
    table = tumor.load()
    assert table.target.value_counts().to_dict() == {"benign": 357, "malignant": 212}
    assert table.features.shape == (569, 30)


# ---- the model ------------------------------------------------------------------------------------------------------


def test_the_model_is_as_good_as_the_literature_says(trained: tuple[Data, Fitted]) -> None:
    """The metrics have a floor; a value below it means that something broke."""
    data, fitted = trained
    predictor = SklearnPredictor(fitted.pipeline, data.signature, data.target)
    metrics = evaluate(data.holdout.y_true, predictor.predict(data.holdout.columns))
    assert metrics["accuracy"] >= 0.93
    assert metrics["roc_auc"] >= 0.98
    assert metrics["log_loss"] <= 0.15


LARGER: tuple[tuple[str, ...], ...] = (
    ("worst.radius", "worst.perimeter", "worst.area"),
    ("mean.radius", "mean.perimeter", "mean.area"),
    ("worst.concave_points",),
    ("worst.concavity",),
    ("worst.texture",),
    ("worst.smoothness",),
)


@pytest.mark.parametrize("names", LARGER, ids=lambda names: names[0])
def test_larger_and_rougher_is_not_more_benign(trained: tuple[Data, Fitted], names: tuple[str, ...]) -> None:
    """Adding three standard deviations to these fields raises the mean probability of `malignant`."""
    rows = trained[0].everything.columns.matrix
    moved = rows.copy()
    for name in names:
        place = NAMES.index(name)
        moved[:, place] += 3 * rows[:, place].std()
    assert (malignant(trained, moved) - malignant(trained, rows)).mean() > 0.01


# What changes nothing that matters: noise below what a measurement can tell, the order of the rows, repetition.
HARMLESS: tuple[tuple[str, Any], ...] = (
    ("noise", lambda rows: rows * (1 + 1e-9 * np.random.default_rng(0).standard_normal(rows.shape))),
    ("a copy", lambda rows: rows.copy()),
    ("another memory layout", np.asfortranarray),
)


@pytest.mark.parametrize(("name", "change"), HARMLESS, ids=[name for name, _ in HARMLESS])
def test_what_means_nothing_changes_nothing(trained: tuple[Data, Fitted], name: str, change: Any) -> None:
    rows = trained[0].everything.columns.matrix
    np.testing.assert_allclose(malignant(trained, change(rows)), malignant(trained, rows), atol=1e-6, err_msg=name)


def test_the_order_of_rows_changes_no_answer(trained: tuple[Data, Fitted]) -> None:
    rows = trained[0].everything.columns.matrix
    order = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_allclose(malignant(trained, rows[order]), malignant(trained, rows)[order], atol=1e-12)


def test_a_typical_case_of_each_class_is_told_with_confidence(trained: tuple[Data, Fitted]) -> None:
    data = trained[0]
    rows, y_true = data.train.columns.matrix, data.train.y_true
    benign, sick = (np.median(rows[y_true == code], axis=0)[None, :] for code in (0, 1))
    assert malignant(trained, benign)[0] < 0.1
    assert malignant(trained, sick)[0] > 0.9


def test_probabilities_are_shares(trained: tuple[Data, Fitted]) -> None:
    data, fitted = trained
    predictions = SklearnPredictor(fitted.pipeline, data.signature, data.target).predict(data.everything.columns)
    assert predictions.probabilities is not None
    assert predictions.probabilities.min() >= 0
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1)

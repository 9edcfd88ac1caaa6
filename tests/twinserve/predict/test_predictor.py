"""Predictors answer as the fitted pipeline itself, whatever the shape of the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from harness import fruit
from twinserve.predict.fallback import SklearnPredictor, single_threaded
from twinserve.predict.predictor import Predictions, describe
from twinserve.signature import Columns
from twinserve.signature.frames import to_frame


@pytest.fixture(scope="module")
def trained() -> tuple[Any, Any]:
    """The fruit's data and its fitted pipeline."""
    return fruit.fitted(fruit.FRUIT)


def test_predictions_are_the_pipelines_own(trained: tuple[Any, Any]) -> None:
    data, fitted = trained
    columns = data.everything.columns
    predictions = SklearnPredictor(fitted.pipeline, data.signature, data.classes).predict(columns)
    frame = to_frame(columns, data.signature)
    assert predictions.labels is not None
    assert predictions.probabilities is not None
    assert [data.classes[code] for code in predictions.labels] == fitted.pipeline.predict(frame).tolist()
    assert predictions.probabilities.tobytes() == fitted.pipeline.predict_proba(frame).tobytes()


def test_a_row_is_predicted_the_same_alone(trained: tuple[Any, Any]) -> None:
    data, fitted = trained
    predictor = SklearnPredictor(fitted.pipeline, data.signature, data.classes)
    together = describe(predictor.predict(data.holdout.columns), data.classes)
    alone = [
        describe(predictor.predict(data.holdout.columns.take([row])), data.classes)[0]
        for row in range(len(data.holdout))
    ]
    assert [reply["label"] for reply in alone] == [reply["label"] for reply in together]
    assert [reply["probabilities"]["pear"] for reply in alone] == pytest.approx(
        [reply["probabilities"]["pear"] for reply in together], abs=1e-12
    )


def test_a_regression_gives_values() -> None:
    data, fitted = fruit.fitted(fruit.PRICE)
    predictions = SklearnPredictor(fitted.pipeline, data.signature, None).predict(data.holdout.columns)
    assert (predictions.labels, predictions.probabilities) == (None, None)
    assert predictions.values is not None
    assert (
        predictions.values.tolist() == fitted.pipeline.predict(to_frame(data.holdout.columns, data.signature)).tolist()
    )


def test_a_classifier_without_probabilities_gives_labels_only(trained: tuple[Any, Any]) -> None:
    data, _ = trained
    frame = to_frame(data.train.columns, data.signature)
    labels = np.array(data.classes, dtype=object)[data.train.y_true.astype(int)]
    pipeline = make_pipeline(fruit.columns_encoded(), LinearSVC()).fit(frame, labels)
    predictions = SklearnPredictor(pipeline, data.signature, data.classes).predict(data.train.columns)
    assert predictions.probabilities is None
    assert describe(predictions, data.classes)[0] == {"label": pipeline.predict(frame)[0], "probabilities": None}


def test_every_part_of_a_pipeline_runs_in_one_thread() -> None:
    """None is one thread already, and is left as it is, as some classes warn of any number."""
    pipeline = single_threaded(make_pipeline(fruit.columns_encoded(), RandomForestClassifier(n_jobs=-1)))
    jobs = {name: value for name, value in pipeline.get_params().items() if name.endswith("n_jobs")}
    assert len(jobs) == 2
    assert set(jobs.values()) == {1, None}


def test_a_reply_has_plain_numbers_by_class() -> None:
    predictions = Predictions(np.array([1]), np.array([[0.1, 0.9]]))
    (reply,) = describe(predictions, ("no", "yes"))
    assert reply == {"label": "yes", "probabilities": {"no": 0.1, "yes": 0.9}}
    assert {type(value) for value in reply["probabilities"].values()} == {float}


def test_a_regressions_reply_has_a_value() -> None:
    assert describe(Predictions(values=np.array([1.5, -0.0])), None) == [{"value": 1.5}, {"value": -0.0}]


def test_no_rows_make_no_replies() -> None:
    assert describe(Predictions(np.array([], dtype=np.int64), np.empty((0, 2))), ("a", "b")) == []


def test_predictions_of_nothing_are_a_fault_of_ours() -> None:
    with pytest.raises(TypeError):
        describe(Predictions(), ("a", "b"))


def test_columns_of_one_row(trained: tuple[Any, Any]) -> None:
    data, fitted = trained
    row = Columns(np.array([[180.0, 0.0, np.nan]]))
    predictions = SklearnPredictor(fitted.pipeline, data.signature, data.classes).predict(row)
    assert predictions.labels is not None
    assert data.classes[predictions.labels[0]] == "pear"


def test_an_estimator_without_threads_is_left_as_it_is() -> None:
    """Some raise where their parameters are set after the fit, even where none is given."""

    class Fixed(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types.
        def set_params(self, **_: Any) -> Any:
            raise TypeError

    fixed = Fixed(n_jobs=None)
    assert single_threaded(fixed) is fixed

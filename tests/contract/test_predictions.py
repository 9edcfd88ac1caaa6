"""The service's predictions are the model's: the fitted pipeline's own, in full precision, at both doors."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.tumor import TUMOR
from tests.contract.conftest import OpenDoors
from tests.doors import Both, open_both
from tests.fakes import GivenPredictor, PickyPredictor, ValuePredictor, car, opened, reply_of, service_of, settings_of
from twinserve.predict.predictor import Predictions
from twinserve.service.service import Service

TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def tumor(artifacts: Path) -> Iterator[Both]:
    """Both doors over the real model."""
    with open_both(Service.open(settings_of(artifacts=artifacts))) as doors:
        yield doors


@pytest.fixture(scope="module")
def fitted(artifacts: Path) -> Any:
    """The pipeline in the artifact, opened without this project's help."""
    content = (artifacts / "tumor" / "1" / "pipeline.skops").read_bytes()
    return skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, dict[str, float]]]:
    """Every row of the data set as a caller would send it."""
    instances: list[dict[str, dict[str, float]]] = []
    for row in TUMOR.load().features.to_dict(orient="records"):
        instances.append({})
        for name, value in row.items():
            group, field = str(name).split(".")
            instances[-1].setdefault(group, {})[field] = value
    return instances


@pytest.fixture(scope="module")
def expected(fitted: Any) -> list[dict[str, Any]]:
    """What the pipeline itself says of every row."""
    frame = TUMOR.load().features
    shares, labels = fitted.predict_proba(frame), fitted.predict(frame)
    return [
        {"label": label, "probabilities": dict(zip(fitted.classes_, row, strict=True))}
        for label, row in zip(labels.tolist(), shares.tolist(), strict=True)
    ]


def require_equal(predictions: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """The same labels, and probabilities within the contract's tolerance."""
    assert [prediction["label"] for prediction in predictions] == [wanted["label"] for wanted in expected]
    for prediction, wanted in zip(predictions, expected, strict=True):
        assert prediction["probabilities"] == pytest.approx(wanted["probabilities"], rel=0, abs=TOLERANCE)


def test_every_row_in_one_batch(tumor: Both, rows: list[Any], expected: list[dict[str, Any]]) -> None:
    """All 569 rows, both doors."""
    assert len(rows) == 569
    answer = tumor.predict(rows)
    assert answer.status == 200
    require_equal(answer.json()["predictions"], expected)


def test_every_row_by_itself(tumor: Both, rows: list[Any], expected: list[dict[str, Any]]) -> None:
    """All 569 rows, one request each, both doors."""
    answers = [tumor.predict(row).json() for row in rows]
    require_equal(answers, expected)
    assert {(answer["model"], answer["version"]) for answer in answers} == {("tumor", "1")}


def test_probabilities_add_up_to_one(tumor: Both, rows: list[Any]) -> None:
    """And each lies between 0 and 1."""
    for prediction in tumor.predict(rows).json()["predictions"]:
        shares = prediction["probabilities"].values()
        assert sum(shares) == pytest.approx(1)
        assert all(0 <= share <= 1 for share in shares)


def test_the_order_of_keys_changes_nothing(tumor: Both, rows: list[Any]) -> None:
    """Fields have names, not places."""
    turned = {group: dict(reversed(fields.items())) for group, fields in reversed(rows[0].items())}
    assert tumor.predict(turned).body == tumor.predict(rows[0]).body


def test_a_prediction_has_the_contracts_members(both: Both) -> None:
    """One instance in, one prediction out; an array in, `predictions` out, an array of one included."""
    single, batch = both.predict(car()).json(), both.predict([car()]).json()
    assert list(single) == ["model", "version", "label", "probabilities", "warnings"]
    assert list(batch) == ["model", "version", "predictions"]
    assert single == {"model": "cars", "version": "7"} | batch["predictions"][0]


def test_one_by_one_and_all_at_once_are_the_same(both: Both) -> None:
    """A row's prediction does not depend on its neighbours."""
    cars = [car(age=age, wheels=[age + 1, 2, 3, 4]) for age in range(40)]
    batch = both.predict(cars).json()["predictions"]
    for instance, prediction in zip(cars, batch, strict=True):
        alone = both.predict(instance).json()
        assert {key: alone[key] for key in ("label", "probabilities")} == {
            key: prediction[key] for key in ("label", "probabilities")
        }
        assert len(alone["warnings"]) == len(prediction["warnings"])


def test_a_regression_gives_a_value(open_doors: OpenDoors) -> None:
    """In place of label and probabilities."""
    doors = open_doors(service_of(opened(ValuePredictor(), classes=None)))
    answer = doors.predict(car()).json()
    assert list(answer) == ["model", "version", "value", "warnings"]
    assert list(doors.predict([car()]).json()["predictions"][0]) == ["value", "warnings"]


def test_labels_alone_are_a_prediction(open_doors: OpenDoors) -> None:
    """A model without probabilities says so with null."""
    predictor = GivenPredictor(Predictions(np.array([2], dtype=np.int64)))
    answer = open_doors(service_of(predictor)).predict(car()).json()
    assert (answer["label"], answer["probabilities"]) == ('say "no"', None)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_read_back_as_the_same_double(values: list[float]) -> None:
    """Bit for bit, the sign of zero included."""
    predictor = GivenPredictor(Predictions(values=np.array(values)))
    service = service_of(opened(predictor, classes=None))
    exchange = service.begin("predict", "POST", "/predict", "http", lambda _: None)
    reply = reply_of(service.answer(json.dumps([car()] * len(values)).encode(), exchange))
    service.close()
    read = [prediction["value"] for prediction in json.loads(reply.body)["predictions"]]
    assert [struct.pack("d", number) for number in read] == [struct.pack("d", number) for number in values]


def test_values_that_the_pipeline_refuses_are_422_with_their_rows() -> None:
    """A batch with some of them names exactly those, and no value."""
    body = json.dumps([car(), car(age=77.5), car(), car(age=88.5)]).encode()
    with open_both(service_of(PickyPredictor("scikit-learn"))) as doors:
        answer = doors.predict(body)
        assert answer.status == 422
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
            ("/1", "unpredictable"),
            ("/3", "unpredictable"),
        ]
        assert b"77.5" not in answer.body
        assert doors.predict(json.dumps(car(age=77.5)).encode()).json()["errors"][0]["pointer"] == ""
        assert doors.predict(json.dumps([car(), car()]).encode()).status == 200


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy says that the product overflows, which is the point.
def test_numbers_that_overflow_the_model_are_the_callers(tumor: Both, rows: list[dict[str, dict[str, float]]]) -> None:
    """Every feature is finite and the sum of their products is not: 422 for that row, not a fault of ours."""
    huge = {group: dict.fromkeys(fields, 1e308) for group, fields in rows[0].items()}
    answer = tumor.predict(json.dumps([rows[0], huge]).encode())
    if answer.status == 200:  # A model whose weights do not overflow has an answer.
        return
    assert answer.status == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/1", "unpredictable")]

"""Predictions equal those of the fitted pipeline, in full precision, at both doors."""

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
from tests.doors import Both, open_both
from twinserve.predict.predictor import Predictions
from twinserve.service.service import Service
from twinserve.testing.fakes import (
    GivenPredictor,
    car,
    opened,
    reply_of,
    service_of,
    settings_of,
)

TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def tumor(artifacts: Path) -> Iterator[Both]:
    """Both doors over the real model."""
    with open_both(Service.open(settings_of(artifacts=artifacts))) as doors:
        yield doors


@pytest.fixture(scope="module")
def fitted(artifacts: Path) -> Any:
    """The pipeline of the artifact, loaded with skops alone."""
    content = (artifacts / "tumor" / "1" / "pipeline.skops").read_bytes()
    return skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, dict[str, float]]]:
    """Every row of the data set as JSON instances."""
    instances: list[dict[str, dict[str, float]]] = []
    for row in TUMOR.load().features.to_dict(orient="records"):
        instances.append({})
        for name, value in row.items():
            group, field = str(name).split(".")
            instances[-1].setdefault(group, {})[field] = value
    return instances


@pytest.fixture(scope="module")
def expected(fitted: Any) -> list[dict[str, Any]]:
    """The pipeline's own predictions of every row."""
    frame = TUMOR.load().features
    probabilities, labels = fitted.predict_proba(frame), fitted.predict(frame)
    return [
        {"label": label, "probabilities": dict(zip(fitted.classes_, row, strict=True))}
        for label, row in zip(labels.tolist(), probabilities.tolist(), strict=True)
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
    """Probabilities lie between 0 and 1, and their sum is 1."""
    for prediction in tumor.predict(rows).json()["predictions"]:
        probabilities = prediction["probabilities"].values()
        assert sum(probabilities) == pytest.approx(1)
        assert all(0 <= share <= 1 for share in probabilities)


def test_the_order_of_keys_changes_nothing(tumor: Both, rows: list[Any]) -> None:
    """Instances with their keys reversed get the same reply."""
    turned = {group: dict(reversed(fields.items())) for group, fields in reversed(rows[0].items())}
    assert tumor.predict(turned).body == tumor.predict(rows[0]).body


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_read_back_as_the_same_double(values: list[float]) -> None:
    """Numbers in replies read back as the same bits, the sign of zero included."""
    predictor = GivenPredictor(Predictions(values=np.array(values)))
    service = service_of(opened(predictor, classes=None))
    exchange = service.begin("predict", "POST", "/predict", "http", lambda _: None)
    reply = reply_of(service.answer(json.dumps([car()] * len(values)).encode(), exchange))
    service.close()
    read = [prediction["value"] for prediction in json.loads(reply.body)["predictions"]]
    assert [struct.pack("d", number) for number in read] == [struct.pack("d", number) for number in values]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy says that the product overflows, which is the point.
def test_numbers_that_overflow_the_model_are_the_callers(tumor: Both, rows: list[dict[str, dict[str, float]]]) -> None:
    """Finite features whose sum overflows in the model are 422 for that row, not a 500."""
    huge = {group: dict.fromkeys(fields, 1e308) for group, fields in rows[0].items()}
    answer = tumor.predict(json.dumps([rows[0], huge]).encode())
    if answer.status == 200:  # A model whose weights do not overflow has an answer.
        return
    assert answer.status == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/1", "unpredictable")]

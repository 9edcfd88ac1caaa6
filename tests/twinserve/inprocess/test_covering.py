"""`Model.predict(coverage=...)`: the doors' answers, and their sentences as errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import ROOT
from twinserve import open_model
from twinserve.conformal import stored
from twinserve.errors import AskedWrongly
from twinserve.inprocess.model import Model
from twinserve.service.http.parameters import COVERAGE, Unfit
from twinserve.store.artifact import NO_TRUST, open_version
from twinserve.testing.client import JSON
from twinserve.testing.fakes import FakePredictor, car, opened, reply_of, service_of

INSTANCE: Any = json.loads((ROOT / "examples" / "tumor.json").read_text())


@pytest.fixture(scope="module")
def model(artifacts: Path) -> Model:
    """The default model."""
    return open_model(artifacts)


@pytest.mark.parametrize("body", [INSTANCE, [INSTANCE, INSTANCE]])
def test_an_answer_is_that_of_the_doors(artifacts: Path, model: Model, body: Any) -> None:
    """Of one row, which a linear model answers by itself, and of several."""
    service = service_of(open_version(artifacts / "tumor" / "1", NO_TRUST))
    header = {name.lower(): value for name, value in JSON.items()}.get
    exchange = service.begin("predict", "POST", "/predict", "http", header)
    with service.admit(exchange, header, "coverage=0.9"):
        answer = json.loads(reply_of(service.answer(json.dumps(body).encode(), exchange)).body)
    service.close()
    assert model.predict(body, coverage=0.9) | {"version": "7"} == answer


def test_a_table_gains_columns(model: Model) -> None:
    """`set` holds each row's labels."""
    flat = {f"{group}.{name}": [value] for group, fields in INSTANCE.items() for name, value in fields.items()}
    answer = model.predict(pd.DataFrame(flat), coverage=0.9)
    assert list(answer) == ["label", "probabilities.benign", "probabilities.malignant", "set", "warnings"]
    assert answer["set"].tolist() == [["malignant"]]


@pytest.mark.parametrize("number", [0.4, 0.995, 90, float("nan"), -0.9])
def test_a_number_outside_the_range_has_the_sentence_of_the_parameter(model: Model, number: float) -> None:
    with pytest.raises(AskedWrongly, match=r"^coverage: Must be from 0\.5 to 0\.99\.$"):
        model.predict(INSTANCE, coverage=number)
    if number == number:  # The text of NaN is no number.
        with pytest.raises(Unfit, match=r"^Must be from 0\.5 to 0\.99\.$"):
            COVERAGE.read(str(number))


@pytest.mark.parametrize("value", ["0.9", True])
def test_what_is_no_number_is_refused(model: Model, value: Any) -> None:
    with pytest.raises(AskedWrongly, match=r"^coverage: Must be a number\.$"):
        model.predict(INSTANCE, coverage=value)


def test_a_version_without_coverage_says_so() -> None:
    with pytest.raises(AskedWrongly, match="made without coverage"):
        Model(opened(FakePredictor()), 1).predict(car(), coverage=0.9)


def test_a_version_as_training_makes_it_has_its_coverage_everywhere(artifacts: Path, model: Model) -> None:
    """The file, the manifest and the card."""
    folder = artifacts / "tumor" / "1"
    kept, facts = stored.read((folder / stored.NAME).read_bytes()), model.manifest.coverage
    assert facts is not None
    assert (facts.method, facts.largest, facts.rows) == (kept.method, 0.99, model.manifest.training.holdout_rows)
    assert [one.coverage for one in facts.measured] == [0.8, 0.9, 0.95]
    card = (folder / "card.md").read_text()
    assert "## How sure an answer is\n\nA set holds the classes of at least a certain probability: " in card
    assert "Shapley values of the fields, exact (shapley-linear). What they explain: log-odds. " in card
    assert f"{facts.measured[1].by_class['malignant'].share:.3f} (" in card

"""A model of free text is compiled, served and explained at all doors, with scikit-learn's own answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from tests.doors import Both, open_both
from tests.packaged import packaged
from tests.twinserve.compile.texts import SIGNATURE, beside, compiled, reviews
from twinserve.estimators.words import Words
from twinserve.service.inference.version import ModelVersion
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.testing.client import JSON
from twinserve.testing.fakes import opened

TEXTS = [
    "The box is GREAT, the café is nice!", "", None, "never seen before", "awful " * 200, "ΟΔΟΣ 北京 😀",
    "the\nprice\u00a0is poor", "x1 x1 fine",
]  # fmt: skip
HEADS = {"linear": LogisticRegression(), "forest": RandomForestClassifier(10, random_state=0)}


@pytest.fixture(params=HEADS, scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Both, Pipeline]]:
    """All doors over a packaged model, and the model."""
    rows = reviews(rows=200)
    frame = rows.frame.assign(label=[("no", "yes")[label] for label in rows.labels])
    frame.loc[frame.index[::20], "text"] = None
    table, target = frame[["n", "text", "m"]], frame["label"]
    model = beside(Words(), HEADS[request.param]).fit(table, target)
    with open_both(packaged(model, table, target, "reviews", tmp_path_factory.mktemp("texts"))) as doors:
        yield doors, model


def instances() -> list[dict[str, Any]]:
    """A row of each text."""
    return [{"n": 0.25 * place, "text": text, "m": -1.5} for place, text in enumerate(TEXTS)]


def test_the_model_says_that_it_is_compiled(served: tuple[Both, Pipeline]) -> None:
    described = served[0].send("GET", "/model").json()
    assert described["predictor"]["kind"] == "compiled"
    assert described["predictor"]["reason"].startswith("Proved equal to the fitted pipeline on ")


def test_the_answers_are_scikit_learn_s(served: tuple[Both, Pipeline]) -> None:
    doors, model = served
    predictions = doors.send("POST", "/predict", json.dumps(instances()).encode(), JSON).json()["predictions"]
    frame = pd.DataFrame(instances())
    assert [said["label"] for said in predictions] == model.predict(frame).tolist()
    said = [[each["probabilities"][label] for label in ("no", "yes")] for each in predictions]
    assert said == pytest.approx(model.predict_proba(frame), abs=1e-12)


def test_a_batch_s_row_has_the_bits_of_one_alone(served: tuple[Both, Pipeline]) -> None:
    doors, _ = served
    together = doors.send("POST", "/predict", json.dumps(instances()).encode(), JSON).json()["predictions"]
    for row, said in zip(instances(), together, strict=True):
        alone = doors.send("POST", "/predict", json.dumps(row).encode(), JSON).json()
        assert alone["probabilities"] == said["probabilities"]


def test_a_text_is_explained_as_a_whole(served: tuple[Both, Pipeline]) -> None:
    doors, _ = served
    reply = doors.send("POST", "/explain", json.dumps(instances()[0]).encode(), JSON).json()
    parts = {part["pointer"]: part["contribution"] for part in reply["explanation"]["contributions"]}
    assert reply["explanation"]["method"] in ("shapley-linear", "shapley-trees")
    assert parts.keys() == {"/n", "/text", "/m"}
    assert reply["explanation"]["base"] + sum(parts.values()) == pytest.approx(reply["explanation"]["output"])


def test_a_text_is_no_number(served: tuple[Both, Pipeline]) -> None:
    reply = served[0].send("POST", "/predict", json.dumps({**instances()[0], "text": 7}).encode(), JSON)
    assert reply.status == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == ["/text"]


def test_only_a_body_whose_words_take_little_time_is_answered_inline() -> None:
    """A character takes 0.15 us where words are looked up, and 9 us where it begins three n-grams that are hashed."""
    rows = reviews()
    hashed = HashingVectorizer(analyzer="char", ngram_range=(2, 4), n_features=64)
    for vectorizer, most in ((Words(), 20_000), (hashed, 333)):
        model = beside(vectorizer, LogisticRegression()).fit(rows.frame, rows.labels)
        settings, metrics = Settings(_env_file=None, access_log=False), Metrics()
        version = ModelVersion(opened(compiled(model), ("no", "yes"), SIGNATURE), "1", settings, metrics)
        assert version.is_quick(b" " * (most - 1))
        assert not version.is_quick(b" " * (most + 1))

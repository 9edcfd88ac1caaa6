"""A model of cars without scikit-learn: a signature with every feature type, and fake predictors."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, Field

from twinserve.arrays import FloatArray
from twinserve.explain.explainer import Explainer
from twinserve.predict.predictor import CannotPredict, Predictions, Predictor, PredictorKind
from twinserve.service.http.reply import Reply
from twinserve.service.inference.question import Question
from twinserve.service.inference.version import ModelVersion
from twinserve.service.protocols.dialect import NOTHING, Dialect
from twinserve.service.protocols.native import NATIVE
from twinserve.service.service import Service
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.service.telemetry.tracing import Tracing
from twinserve.signature import Columns, Feature, FeatureType, Seen, Signature
from twinserve.signature.sources.from_pydantic import from_pydantic
from twinserve.store.artifact import LoadedArtifact
from twinserve.store.manifest import Manifest, PredictorFacts, Training
from twinserve.testing.fake_explainer import FakeExplainer

CLASSES: Final = ("keep", "100 % sell", 'say "no"')
LEFT_OUT: Final = {
    "plate": "it looks like an identifier: (nearly) every value is different",
    "engine.serial": "it has the same value in every row",
    "dealer.name": "it looks like an identifier: (nearly) every value is different",
    "price": "it is the target, which is predicted",
}
"""The columns that the training of cars left out."""
PATIENCE: Final = 20.0
"""Seconds that a blocked fake waits at most, so that a failing test ends."""


class Engine(BaseModel):
    """What drives it."""

    power: Annotated[float, Field(ge=0, le=2000)] = Field(description="At the shaft.", json_schema_extra={"unit": "kW"})
    cylinders: Annotated[int, Field(ge=1, lt=17)]
    turbo: bool


class Car(BaseModel):
    """A car, as a dealer describes it."""

    engine: Engine
    age: float | None
    doors: int | None = None
    colour: Literal["red", "green", "blue"]
    fuel: Literal["petrol", "diesel"] | None = None
    maker: Annotated[str, Field(min_length=1, max_length=20)]
    built: datetime.date
    sold: datetime.datetime | None
    wheels: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=4, max_length=4)]


def signature() -> Signature:
    """The signature of a car, with a free category and with seen ranges and categories."""
    declared = from_pydantic(Car)
    city = Feature(path=("city",), type=FeatureType.CATEGORY, required=False, nullable=True)
    whole = Signature(features=(*declared.features, city), descriptions=declared.descriptions, left_out=LEFT_OUT)
    return whole.observed([_seen(feature) for feature in whole.features])


def _seen(feature: Feature) -> Seen:
    ranges = {"engine.power": (40.0, 400.0), "age": (0.0, 30.0)}
    if feature.name in ranges:
        low, high = ranges[feature.name]
        return Seen(minimum=low, maximum=high)
    categories = {"city": ("Berlin", "Oslo"), "colour": ("blue", "red"), "fuel": ("diesel",)}
    return Seen(categories=categories.get(feature.name))


def car(**changes: Any) -> dict[str, Any]:
    """A valid instance without warnings; `changes` replaces some of its fields."""
    return {
        "engine": {"power": 90.5, "cylinders": 4, "turbo": True},
        "age": 7.5,
        "doors": 5,
        "colour": "red",
        "fuel": "diesel",
        "maker": "Škoda",
        "built": "2015-02-28",
        "sold": "2016-05-01T12:30:00Z",
        "wheels": [15, 15.5, 15, 15.5],
        "city": "Oslo",
    } | changes


class FakePredictor:
    """Predicts probabilities that depend on the row's values alone."""

    def __init__(self, kind: PredictorKind = "compiled") -> None:
        self.kind: PredictorKind = kind

    def predict(self, columns: Columns) -> Predictions:
        """A softmax over three functions of each row's sum."""
        sums = np.array([np.nan_to_num(row, posinf=0).sum() for row in columns.matrix])
        scores = np.tanh(np.stack([sums / 1e5, np.sin(sums), np.cos(sums)], axis=1))
        probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return Predictions(np.argmax(probabilities, axis=1).astype(np.int64), probabilities)


class GivenPredictor:
    """Returns the same predictions for any columns, valid or not."""

    def __init__(self, predictions: Predictions, kind: PredictorKind = "compiled") -> None:
        self.kind: PredictorKind = kind
        self._predictions = predictions

    def predict(self, columns: Columns) -> Predictions:  # noqa: ARG002  # The protocol's argument.
        """The predictions that were given to the constructor."""
        return self._predictions


class RaisingPredictor:
    """Raises a `ValueError` whose message holds the submitted values."""

    def __init__(self, kind: PredictorKind = "compiled") -> None:
        self.kind: PredictorKind = kind

    def predict(self, columns: Columns) -> Predictions:
        """Raise the error."""
        raise ValueError(f"cannot predict {columns.matrix.tolist()} {dict(columns.texts)}")


class PickyPredictor(FakePredictor):
    """Raises `CannotPredict` for every batch with a car older than 50 years."""

    def predict(self, columns: Columns) -> Predictions:
        """The predictions; raises `CannotPredict` if a car is older than 50 years."""
        age = [feature.name for feature in signature().features].index("age")
        if (columns.matrix[:, age] > 50).any():
            raise CannotPredict(f"too old: {columns.matrix.tolist()}")
        return super().predict(columns)


class BlockedPredictor(FakePredictor):
    """Releases `begun` when a prediction begins, and waits for `go_on` before it ends."""

    def __init__(self, kind: PredictorKind = "scikit-learn") -> None:
        super().__init__(kind)
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.rows: list[int] = []
        """The number of rows of each call."""

    def predict(self, columns: Columns) -> Predictions:
        """The predictions, once `go_on` is set."""
        self.rows.append(len(columns))
        self.begun.release()
        assert self.go_on.wait(PATIENCE)
        return super().predict(columns)


class ValuePredictor:
    """A regression: predicts the sum of the row's numbers, without nulls."""

    kind: PredictorKind = "compiled"

    def predict(self, columns: Columns) -> Predictions:
        """The sums."""
        return Predictions(values=np.nansum(columns.matrix, axis=1))


def given(labels: Sequence[int], probabilities: FloatArray | None = None) -> GivenPredictor:
    """A predictor that returns these labels and probabilities."""
    return GivenPredictor(Predictions(np.array(labels, dtype=np.int64), probabilities))


def settings_of(**changes: Any) -> Settings:
    """The default settings with these changes and a silent log; no file is read."""
    return Settings(_env_file=None, **({"access_log": False} | changes))


def opened(
    predictor: Predictor,
    classes: tuple[str, ...] | None = CLASSES,
    contract: Signature | None = None,
    explainer: Explainer | None = None,
    **outputs: Any,
) -> LoadedArtifact:
    """An artifact with this predictor; its signature is the car's unless another is given, its explainer the fake.
    `outputs` are facts of the manifest that say what it predicts: task, targets, quantiles."""
    manifest = Manifest(
        name="cars",
        classes=classes,
        **{"task": "regression" if classes is None else "classification", **outputs},
        metric="accuracy",
        metrics={"accuracy": 0.75},
        predictor=PredictorFacts(kind=predictor.kind, reason="Made by hand."),
        training=Training(
            source="none",
            created="2025-01-01T00:00:00+00:00",
            seed=0,
            git_commit=None,
            data_fingerprint="0" * 64,
            rows=10,
            holdout_rows=2,
            estimator="fake",
            parameters={},
            libraries={},
        ),
        files={},
    )
    fake = FakeExplainer(predictor, "value" if classes is None else "probability")
    can_explain = manifest.target.unexplained is None
    return LoadedArtifact(manifest, contract or signature(), predictor, explainer or (fake if can_explain else None))


def service_of(
    version: LoadedArtifact | Predictor | None = None,
    *,
    tracing: Tracing | None = None,
    dialects: Sequence[Dialect] = (),
    **changes: Any,
) -> Service:
    """A service of this version or predictor, with these settings changed."""
    settings, metrics = settings_of(**changes), Metrics()
    whole = version if isinstance(version, LoadedArtifact) else opened(version or FakePredictor())
    return Service(settings, metrics, ModelVersion(whole, "7", settings, metrics), tracing, dialects)


def reply_of(answer: Reply | Future[Reply]) -> Reply:
    """The reply itself, waited for if it comes from the pool."""
    return answer if isinstance(answer, Reply) else answer.result(60.0)


def body_of(version: ModelVersion, body: bytes) -> bytes:
    """The body of the reply of one version to a request in the native JSON."""
    return version.answer(Question(body, NOTHING, version.codec(NATIVE), "", None)).body

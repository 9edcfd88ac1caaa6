"""Compare a version of a model, served through a door, with the estimator that it was made from.

The estimator is packaged, the version opened as a server opens it, and the Flask door is asked about real rows, the
same rows one step of float32 and of float64 to either side, and rows with nulls, unseen categories and extremes. The
door must refuse exactly the rows on which the estimator raises or predicts NaN or infinity.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel

from serve_flask import create_app
from twinserve.estimators.categories import Categories, categories_of
from twinserve.predict.answers import answered, picked
from twinserve.predict.halving import by_halves
from twinserve.predict.predictor import Predictions
from twinserve.predict.targets.one_label import OneLabel
from twinserve.predict.targets.one_value import OneValue
from twinserve.predict.targets.target import Target
from twinserve.proof.known_categories import makes_words
from twinserve.proof.probes import probes
from twinserve.release.from_estimator import held_out, package
from twinserve.service.inference.version import ModelVersion
from twinserve.service.service import Service
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.signature import Columns, FeatureType, Signature, to_instances
from twinserve.signature.frames import from_frame, to_frame
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Validator
from twinserve.signature.sources.type_inference import plain_text
from twinserve.store.artifact import LoadedArtifact, Trust, open_version
from twinserve.store.registry import Registry

ROWS = 60
NAME = "kept"
TOLERANCE = 1e-9
JSON = {"Content-Type": "application/json"}

Floats = npt.NDArray[np.float64]


class Broken(Exception):
    """The door answers differently than the estimator."""


@dataclass(frozen=True)
class Kept:
    """The figures of a version that answers as its estimator does."""

    opened: LoadedArtifact
    folder: Path
    answered: int
    refused: int
    difference: float
    """The largest difference of probabilities, or of values: relative to values over 1."""


@dataclass(frozen=True)
class Expected:
    """An estimator's own predictions."""

    given: npt.NDArray[np.bool_]
    labels: list[str]
    """The labels of the rows that have a prediction; empty for a regression."""
    numbers: Floats | None
    """The probabilities or the values of the same rows."""
    answers: list[Any] | None = None
    """Of another target than one label or one value: what a reply says of these rows."""


def kept(model: Any, frame: pd.DataFrame, target: Any, folder: Path, declared: type[BaseModel] | None = None) -> Kept:
    """Fit, package, open and ask; raises `Broken`, or whatever `package` says."""
    judging = held_out(frame, target, input=declared)
    model.fit(frame[~judging], None if target is None else target[~judging])
    version = package(model, frame, target, input=declared, name=NAME, artifacts=folder)
    place = Registry(folder, NAME).path(version)
    opened = open_version(place, Trust(pickles=True))
    rows = _rows(from_frame(frame[judging], opened.signature), opened.signature, reads_texts=makes_words(model))
    columns = valid(rows, opened.signature)
    own = Categories.of(categories_of(frame), list(frame.columns))
    table, predicted = own.transform(to_frame(columns, opened.signature)), opened.manifest.target
    is_one = isinstance(predicted, OneLabel | OneValue)
    expected = _expected(model, table) if is_one else _of_target(model, table, predicted)
    difference = _asked(opened, columns, expected)
    given = int(expected.given.sum())
    return Kept(opened, place, given, len(columns) - given, difference)


def _asked(opened: LoadedArtifact, columns: Columns, expected: Expected) -> float:
    """The largest difference between the door's answers and the expected ones; raises `Broken`."""
    settings, metrics = Settings(_env_file=None, access_log=False), Metrics()
    service = Service(settings, metrics, ModelVersion(opened, "1", settings, metrics))
    client = create_app(service).test_client()
    rows = to_instances(columns, opened.signature)
    silent = np.flatnonzero(~expected.given).tolist()
    reply = client.post("/predict", data=json.dumps(rows), headers=JSON)
    if silent:
        wanted = [(f"/{row}", "unpredictable") for row in silent][:100]
        errors = [(error["pointer"], error["code"]) for error in reply.get_json().get("errors", ())]
        if reply.status_code != 422 or errors != wanted:
            raise Broken(f"{reply.status_code} {errors[:3]} in place of 422 {wanted[:3]}")
        answered = [row for row, given in zip(rows, expected.given, strict=True) if given]
        reply = client.post("/predict", data=json.dumps(answered), headers=JSON)
    service.close()
    if reply.status_code != 200:
        raise Broken(f"{reply.status_code} {reply.get_json().get('errors')} to rows that the estimator answers")
    return _difference(reply.get_json()["predictions"], expected)


def _difference(predictions: list[Any], expected: Expected) -> float:
    if expected.answers is not None:
        pairs = zip(predictions, expected.answers, strict=True)
        return max(_apart({name: said[name] for name in wanted}, wanted) for said, wanted in pairs)
    if expected.labels and [said["label"] for said in predictions] != expected.labels:
        raise Broken("another label")
    if expected.numbers is None:
        return 0.0
    said = [list(each["probabilities"].values()) if expected.labels else [each["value"]] for each in predictions]
    scale = 1.0 if expected.labels else np.maximum(1.0, np.abs(expected.numbers))
    difference = float((np.abs(np.array(said) - expected.numbers) / scale).max())
    if difference > TOLERANCE:
        raise Broken(f"a difference of {difference:.1e}")
    return difference


def _apart(said: Any, wanted: Any) -> float:
    """The largest difference of the numbers in two answers; raises `Broken`."""
    if isinstance(wanted, dict):
        return max((_apart(said[name], value) for name, value in wanted.items()), default=0.0)
    if not isinstance(wanted, float):
        if said != wanted:
            raise Broken("another label")
        return 0.0
    difference = abs(said - wanted) / max(1.0, abs(wanted))
    if difference > TOLERANCE:
        raise Broken(f"a difference of {difference:.1e}")
    return float(difference)


def _rows(real: Columns, signature: Signature, *, reads_texts: bool) -> Columns:
    """The real rows, with copies that have moved numbers, nulls, unseen categories, extremes and other texts."""
    some = real.take(range(min(ROWS, len(real))))
    return Columns.concatenate(
        [some, *_moved(some, signature), *probes(some, signature, (), 0, reads_texts=reads_texts)]
    )


def _moved(rows: Columns, signature: Signature) -> Iterator[Columns]:
    """The rows with every number one float step away; numbers of a column without negative ones stay so."""
    places = [place for place, feature in enumerate(signature.features) if feature.type is FeatureType.NUMBER]
    numbers = rows.matrix[:, places]
    for sign in (-np.inf, np.inf):
        single = np.nextafter(numbers.astype(np.float32), np.float32(sign)).astype(np.float64)
        for moved in (single, np.nextafter(numbers, sign)):
            made = rows[:]
            made.matrix[:, places] = np.maximum(moved, np.where((numbers < 0).any(axis=0), -np.inf, 0.0))
            yield made


def valid(columns: Columns, signature: Signature) -> Columns:
    """The rows that are valid by the signature: for example, integers without a fraction."""
    validator = Validator(signature)

    def valid(row: Any) -> bool:
        try:
            validator.validate(json.dumps(row).encode())
        except InvalidInput:
            return False
        return True

    return columns.take([place for place, row in enumerate(to_instances(columns, signature)) if valid(row)])


def _expected(model: Any, frame: pd.DataFrame) -> Expected:
    """The estimator's own predictions; a batch on which it raises is split into halves."""
    given: list[npt.NDArray[np.bool_]] = []
    labels: list[str] = []
    numbers: list[Floats] = []
    for _, part in by_halves(partial(_predict, model), frame, Exception):
        if isinstance(part, Exception):
            given.append(np.zeros(1, dtype=bool))
            continue
        said, table = part
        finite: npt.NDArray[np.bool_] = np.ones(len(said), dtype=bool)
        if table is not None:
            finite = np.logical_and.reduce(np.isfinite(table), axis=1)
        given.append(finite)
        labels += [plain_text(label) for label in said[finite].tolist()] if _has_classes(model) else []
        numbers += [] if table is None else [table[finite]]
    return Expected(np.concatenate(given), labels, np.concatenate(numbers) if numbers else None)


def _of_target(model: Any, frame: pd.DataFrame, target: Target) -> Expected:
    """The estimator's own predictions of any target; it is asked as a pipeline that serves is."""
    given: list[npt.NDArray[np.bool_]] = []
    answers: list[Any] = []

    def predict(rows: pd.DataFrame) -> Predictions:
        with np.errstate(all="ignore"):
            return target.read(model, rows)

    for _, part in by_halves(predict, frame, Exception):
        finite = np.zeros(1, dtype=bool) if isinstance(part, Exception) else answered(part)
        given.append(finite)
        if not isinstance(part, Exception):
            answers += target.describe(picked(part, finite))
    return Expected(np.concatenate(given), [], None, answers)


def _predict(model: Any, frame: pd.DataFrame) -> tuple[npt.NDArray[Any], Floats | None]:
    with np.errstate(all="ignore"):
        said = np.asarray(model.predict(frame)).reshape(len(frame))  # CatBoost gives a column of several classes.
        table = np.asarray(model.predict_proba(frame)) if hasattr(model, "predict_proba") else None
    return said, np.asarray(said, dtype=np.float64).reshape(-1, 1) if not _has_classes(model) else table


def _has_classes(model: Any) -> bool:
    """Is it a classifier? CatBoost's regressors have an empty list of classes."""
    return len(getattr(model, "classes_", ())) > 0

"""`Model`: one version of a model, opened in this process, that predicts for Python values."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np

from twinserve.inprocess.beside import Beside
from twinserve.inprocess.covering import Covering
from twinserve.inprocess.explaining import Explaining
from twinserve.predict.answers import answered, refused_rows, unpredictable
from twinserve.predict.predictor import CannotPredict, Predictions
from twinserve.signature import Finding, Signature, json_schema
from twinserve.signature.findings import render
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput
from twinserve.signature.request.novelty import Novelty
from twinserve.signature.request.validator import MAX_BATCH, Batch, Validator
from twinserve.signature.signature import OutOfRange
from twinserve.store.artifact import LoadedArtifact
from twinserve.store.manifest import Manifest
from twinserve.store.shown_examples import shown_examples

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import TypeIs

    from twinserve.release.steps import Trained

Answer = dict[str, Any]
SHOWN: Final = 10
"""Findings that a traceback shows below an `InvalidInput`."""


class Model:
    """One version of a model; immutable, so threads may share it. `twinserve.open_model` makes one."""

    def __init__(
        self,
        artifact: LoadedArtifact,
        version: int,
        *,
        out_of_range: OutOfRange = "warn",
        max_batch: int = MAX_BATCH,
        trained: Trained | None = None,
    ) -> None:
        self.manifest: Manifest = artifact.manifest
        """How it was trained, its metrics with their intervals, and how the compiled model was proved."""
        self.name = artifact.manifest.name
        self.version = str(version)
        """As answers name it."""
        self.classes: Sequence[str] | None = artifact.manifest.classes
        """The labels in the order of the probabilities; None for a regression."""
        self.metrics: Mapping[str, float] = artifact.manifest.metrics
        """On the hold-out."""
        self.signature: Signature = artifact.signature
        self._out_of_range: OutOfRange = out_of_range
        self.trained = trained
        """The training that made it, with its notes and the gate's verdict; None where it was opened from the store."""
        self._artifact = artifact
        self._predictor = artifact.predictor
        self._row = getattr(artifact.predictor, "row", None)
        self._validator = Validator(artifact.signature, max_batch=max_batch, out_of_range=out_of_range)
        self._novelty = Novelty(artifact.signature)
        self._max_batch = max_batch

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of an instance, which `GET /schema` answers."""
        examples = shown_examples(self._artifact.examples, self.signature)
        instances = [example.instance for example in examples]
        return json_schema(self.signature, out_of_range=self._out_of_range, examples=instances)

    @overload
    def predict(self, instances: pd.DataFrame, *, coverage: float | None = None) -> pd.DataFrame: ...

    @overload
    def predict(self, instances: Mapping[str, Any] | Sequence[Any], *, coverage: float | None = None) -> Answer: ...

    def predict(
        self, instances: pd.DataFrame | Mapping[str, Any] | Sequence[Any], *, coverage: float | None = None
    ) -> Any:
        """The answer of `POST /predict` to an instance or a list of them; for a DataFrame a DataFrame.

        A DataFrame has the columns of a training table, named by dotted paths, in any order. The answer has its index
        and the columns `label` and `probabilities.CLASS`, or `value`, and `warnings`. `coverage` adds the member `set`
        or `interval`, to a DataFrame the columns `set`, or `low` and `high`.

        Raises `InvalidInput` with the findings of a 422, and `AskedWrongly` for a coverage that the version cannot
        promise."""
        return self._answer(instances, None if coverage is None else Covering(self._artifact, coverage))

    @overload
    def explain(
        self, instances: pd.DataFrame, *, class_: str | None = None, top: int | None = None
    ) -> pd.DataFrame: ...

    @overload
    def explain(
        self, instances: Mapping[str, Any] | Sequence[Any], *, class_: str | None = None, top: int | None = None
    ) -> Answer: ...

    def explain(
        self,
        instances: pd.DataFrame | Mapping[str, Any] | Sequence[Any],
        *,
        class_: str | None = None,
        top: int | None = None,
    ) -> Any:
        """The answer of `POST /explain` to an instance or a list of them; for a DataFrame a DataFrame.

        `class_` is the class to explain, by default each row's own label; `top` how many contributions are listed. To
        the columns of `predict` a DataFrame adds `explanation`, the object of each row's answer.

        Raises `InvalidInput` with the findings of a 422, and `AskedWrongly` for a class that the model does not have,
        for a `top` below 1, and for a version that was made without explanations."""
        return self._answer(instances, Explaining(self._artifact, class_, top))

    def answers(self, instances: list[Any], beside: Beside | None = None) -> list[Answer]:
        """The predictions for these instances; the pointers of their warnings begin at the instance."""
        batch = self._validator.validate_value(instances)
        return self._items(batch, beside, pointed=False)

    def _answer(self, instances: Any, beside: Beside | None) -> Any:
        try:
            if is_frame(instances):
                from twinserve.inprocess.frames import predict_frame

                ask = partial(self.answers, beside=beside)
                return predict_frame(instances, self.signature, ask, self._max_batch)
            batch = self._validator.validate_value(instances)
            if batch.is_array:
                items = self._items(batch, beside)
                return {"model": self.name, "version": self.version, "predictions": items}
            item = self._quick_item(batch, beside) or self._items(batch, beside)[0]
            return {"model": self.name, "version": self.version, **item}
        except InvalidInput as error:
            raise with_notes(error) from None

    def _quick_item(self, batch: Batch, beside: Beside | None) -> Answer | None:
        """The prediction for one ordinary row of a linear model, in Python numbers; None for any other.

        With it an answer takes 8 us and without it 10.5; `bench/inprocess.py` measures the former."""
        columns = batch.columns
        row = None if self._row is None or columns.unseen or batch.spelled else self._row(columns.matrix)
        if row is None or self._novelty.find(columns):
            return None
        more = {} if beside is None else beside.of_row(row, columns.matrix)
        if more is None:
            return None
        if self.classes is None:
            return {"value": row["value"], **more, "warnings": []}
        likely = row.get("probabilities")
        probabilities = None if likely is None else dict(zip(self.classes, likely, strict=True))
        return {"label": self.classes[row["label"]], "probabilities": probabilities, **more, "warnings": []}

    def _items(self, batch: Batch, beside: Beside | None, *, pointed: bool = True) -> list[Answer]:
        """Each prediction as in an answer."""
        columns, is_array = batch.columns, batch.is_array
        try:
            predictions = self._predictor.predict(columns)
        except CannotPredict:
            refused = refused_rows(self._predictor, columns, MAX_ERRORS + 1)
            raise unpredictable(refused, is_array=is_array) from None
        if not are_answered(predictions):
            raise unpredictable(np.flatnonzero(~answered(predictions)).tolist(), is_array=is_array)
        found = self._novelty.find(columns)
        warnings = found if batch.spelled is None else batch.spelled.warnings(found)
        items = self.manifest.target.describe(predictions)
        if beside is not None:
            for item, more in zip(items, beside(columns, predictions, is_array=is_array), strict=True):
                item |= more
        for row, item in enumerate(items):
            prefix = (row,) if is_array and pointed else ()
            item["warnings"] = [render(Finding((*prefix, *f.path), f.code, f.detail)) for f in warnings.get(row, ())]
        return items

    def __repr__(self) -> str:
        """One line: name, version, and the metric that decides, where it was measured."""
        metric = self.manifest.metric
        value = f"{self.metrics[metric]:.4g} on the hold-out" if metric in self.metrics else "not measured"
        return f"<Model {self.name} version {self.version}, {metric} {value}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from twinserve.inprocess.html import as_html

        return as_html(self)


def is_frame(value: Any) -> TypeIs[pd.DataFrame]:
    """Is it a DataFrame of pandas? Who has one has loaded pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def are_answered(predictions: Predictions) -> bool:
    """Has each row an answer? For one row a sum of Python floats takes 0.4 us, `answered` 6."""
    labels, _, values, _ = predictions
    if len(values if labels is None else labels) > 1:  # type: ignore[arg-type]  # One of them is there.
        return bool(answered(predictions).all())
    numbers = [array for array in predictions[1:] if array is not None]
    if labels is not None and min(labels.ravel().tolist()) < 0:
        return False
    return all(isfinite(sum(array.ravel().tolist())) for array in numbers)


def with_notes(error: InvalidInput) -> InvalidInput:
    """The error with the first findings below its traceback, as a notebook shows them."""
    for line in error.errors[:SHOWN]:
        error.add_note(f"{line['pointer'] or '(the instance)'}: {line['detail']} [{line['code']}]")
    if error.total > SHOWN:
        error.add_note("...")
    return error

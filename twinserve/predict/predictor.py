"""Predictors: columns in, predictions out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Final, Literal, NamedTuple, Protocol

from twinserve.arrays import FloatArray, IntArray
from twinserve.errors import ModelError
from twinserve.signature import Columns

REFUSALS: Final = (ValueError, TypeError, LookupError, ArithmeticError)
"""What code raises that cannot do with a value: CategoricalNB looks a number up in a table, a function of somebody's
own may compute with None."""

PredictorKind = Literal["compiled", "scikit-learn"]


class CannotPredict(ModelError, ValueError):
    """The fitted pipeline raises on some of these rows, such as a number that float32 cannot hold before its trees."""


class Predictions(NamedTuple):
    """What a model says of n rows; a classification fills `labels`, a regression `values`."""

    labels: IntArray | None = None
    """`[n]`: positions in the model's list of classes."""
    probabilities: FloatArray | None = None
    """`[n, classes]`, in the order of the classes; None where the model gives labels only."""
    values: FloatArray | None = None
    """`[n]`: what a regression predicts."""


class Predictor(Protocol):
    """A model ready to predict; safe to call from several threads."""

    @property
    def kind(self) -> PredictorKind:
        """How it computes."""

    def predict(self, columns: Columns) -> Predictions:
        """The predictions for n rows, in their order."""


def openmp_limit() -> Callable[[], AbstractContextManager[Any]]:
    """What keeps OpenMP at one thread while it is entered; nothing where it has no more, as in our own servers.

    Its other threads would outnumber the cores where many requests are answered, and a process that is forked from one
    that had them waits for them for ever. Entering it takes 12 us.
    """
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController().select(user_api="openmp")
    has_more = any(library.num_threads > 1 for library in controller.lib_controllers)
    return partial(controller.limit, limits=1) if has_more else nullcontext


def describe(predictions: Predictions, classes: Sequence[str] | None) -> list[dict[str, Any]]:
    """Each prediction as the JSON object that a reply holds, warnings aside."""
    if predictions.values is not None:
        return [{"value": float(value)} for value in predictions.values]
    if predictions.labels is None or classes is None:
        raise TypeError("Predictions hold either labels or values.")
    labels = [{"label": classes[code]} for code in predictions.labels]
    if predictions.probabilities is None:
        return [label | {"probabilities": None} for label in labels]
    rows = predictions.probabilities.tolist()
    return [
        label | {"probabilities": dict(zip(classes, row, strict=True))} for label, row in zip(labels, rows, strict=True)
    ]

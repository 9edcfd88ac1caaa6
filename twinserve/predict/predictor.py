"""The interface of predictors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Final, Literal, NamedTuple, Protocol

from twinserve.arrays import FloatArray, IntArray
from twinserve.errors import ModelError
from twinserve.signature import Columns

REFUSALS: Final = (ValueError, TypeError, LookupError, ArithmeticError)
"""The exceptions of a pipeline that cannot take a value: CategoricalNB uses values as indexes, a user's function may
compute with None."""

PredictorKind = Literal["compiled", "scikit-learn"]

TOLERANCE: Final = 1e-9
"""Largest difference of a probability, or of a value relative to its size, that still counts as the same answer."""


class CannotPredict(ModelError, ValueError):
    """The fitted pipeline raises on some of these rows, such as a number that float32 cannot hold before its trees."""


class BadPrediction(Exception):
    """A predictor's result is invalid: NaN, infinity, no label, the wrong number of rows, or another target's."""


class Predictions(NamedTuple):
    """The predictions for n rows: which of these there are depends on the target (`twinserve/predict/targets/`)."""

    labels: IntArray | None = None
    """`[n]`: indexes into the model's list of classes; `[n, targets]` of several."""
    probabilities: FloatArray | None = None
    """`[n, classes]`, in the order of the classes; None if the model gives labels only."""
    values: FloatArray | None = None
    """`[n]`, in the unit of the target; `[n, targets]` of several."""
    quantiles: FloatArray | None = None
    """`[n, others]`: further quantiles of the target, of which `values` has the middle one."""


def agree(*, rows: int, label_flips: int, answered_by_one: int, largest_difference: float) -> bool:
    """Are the answers that were compared for these rows the same? False where none were."""
    return rows > 0 and not (label_flips or answered_by_one) and largest_difference <= TOLERANCE


class Predictor(Protocol):
    """A model ready to predict, safe to call from several threads."""

    @property
    def kind(self) -> PredictorKind:
        """Whether it runs a compiled model or scikit-learn."""

    def predict(self, columns: Columns) -> Predictions:
        """The predictions for n rows, in their order."""


def openmp_limit() -> Callable[[], AbstractContextManager[Any]]:
    """A function that gives a context in which OpenMP uses one thread.

    The context does nothing where OpenMP has one thread anyway, as in our own servers; else entering it takes 12 us.
    With several requests at a time, more threads would outnumber the cores, and a process forked from one that has
    OpenMP threads waits for them for ever.
    """
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController().select(user_api="openmp")
    has_more = any(library.num_threads > 1 for library in controller.lib_controllers)
    return partial(controller.limit, limits=1) if has_more else nullcontext

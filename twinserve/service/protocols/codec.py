"""What a protocol must give to be spoken here: its paths, how it is read and written, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from twinserve.predict.predictor import Predictions
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import Route
from twinserve.service.settings import Settings
from twinserve.signature import Finding
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import Opened

Warnings = Mapping[int, Sequence[Finding]]
"""The warnings of each row that has some."""


class BadPrediction(Exception):
    """The predictor returned something that is no prediction: NaN, infinity, or the wrong number of rows."""


class Codec(Protocol):
    """How a protocol reads and writes what one version of a model is asked; safe to share between threads."""

    def read(self, body: bytes) -> Batch:
        """The columns of a request; raises `Problem` for a body that is the caller's mistake."""

    def write(self, batch: Batch, predictions: Predictions, warnings: Warnings) -> Reply:
        """The reply to that request; raises `BadPrediction` where these are no predictions of its rows."""


@dataclass(frozen=True)
class Dialect:
    """A protocol that clients speak."""

    name: str
    routes: tuple[Route, ...]
    codec: Callable[[Opened, str, Settings], Codec]
    """Made once for each version: from what was opened, its number and the settings."""
    refuse: Callable[[Problem, str], Reply]
    """The reply to a request with this id that is refused, in the protocol's own shape."""

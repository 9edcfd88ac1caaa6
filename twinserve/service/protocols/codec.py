"""What a protocol must give to be spoken here: its paths, how it is read and written, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from twinserve.predict.predictor import Predictions
from twinserve.service.http.headers import NO_HEADERS, HeaderLookup
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import Route
from twinserve.service.settings import Settings
from twinserve.signature import Finding
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact

Warnings = Mapping[int, Sequence[Finding]]
"""The warnings of each row that has some."""


class Asked(NamedTuple):
    """What a request says beside its body."""

    parameters: Mapping[str, str] = {}
    """The given parts of its path."""
    query: Mapping[str, Any] = {}
    """The query parameters, checked."""
    header: HeaderLookup = NO_HEADERS
    base: str = "/"
    """Where the service's paths begin."""


NOTHING: Final = Asked()


class Served(Protocol):
    """The service, as far as what is only read may ask it."""

    settings: Settings
    routes: tuple[Route, ...]

    def schema(self) -> Reply: ...

    def openapi(self, base: str) -> Reply: ...

    def model(self) -> Reply: ...

    def live(self) -> Reply: ...

    def ready(self) -> Reply: ...

    def metrics(self) -> Reply: ...


Read = Callable[[Served, Asked], Reply]


class BadPrediction(Exception):
    """The predictor returned something that is no prediction: NaN, infinity, or the wrong number of rows."""


class Codec(Protocol):
    """How a protocol reads and writes what one version of a model is asked; safe to share between threads."""

    def read(self, body: bytes, asked: Asked) -> Batch:
        """The columns of a request; raises `Problem` for a body that is the caller's mistake."""

    def write(self, batch: Batch, predictions: Predictions, warnings: Warnings, asked: Asked) -> Reply:
        """The reply to that request; raises `BadPrediction` where these are no predictions of its rows."""


@dataclass(frozen=True)
class Dialect:
    """A protocol that clients speak."""

    name: str
    routes: tuple[Route, ...]
    admit: Callable[[HeaderLookup], None]
    """Raises `Problem` (415) where these headers say that the body is nothing for this protocol."""
    codec: Callable[[LoadedArtifact, str, Settings], Codec]
    """Made once for each version: from what was opened, its number and the settings."""
    refuse: Callable[[Problem, str], Reply]
    """The reply to a request with this id that is refused, in the protocol's own shape."""
    reads: Mapping[str, Read]
    """What answers each route that is only read, by its name."""

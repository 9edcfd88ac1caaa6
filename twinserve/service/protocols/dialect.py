"""`Dialect` and `Codec`: what a protocol must provide: routes, reading of requests, writing of replies and errors."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol

from twinserve.predict.predictor import Predictions
from twinserve.predict.rendering import Predict, Warnings
from twinserve.service.http.headers import NO_HEADERS, HeaderLookup
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Header, Reply
from twinserve.service.http.routes import Route
from twinserve.service.pages.frame import Shown
from twinserve.service.protocols.beside import Beside
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact


class Asked(NamedTuple):
    """A request apart from its body."""

    parameters: Mapping[str, str] = {}
    """The values of the path parameters, by name."""
    query: Mapping[str, Any] = {}
    """The values of the query parameters, checked, by name."""
    header: HeaderLookup = NO_HEADERS
    allowed: Container[str] | None = None
    """The names of the models that the caller may ask for; None: all."""
    explains: bool = False
    """Must the reply say why the predictions are what they are?"""
    form: Any = None
    """What the codec that read the body needs for its reply."""


NOTHING: Final = Asked()


class Described(Shown, Protocol):
    """The part of a version of a model that routes of the kind `read` publish."""

    description: Reply

    @property
    def schema(self) -> Reply:
        """The JSON Schema of an instance."""

    def openapi(self, routes: tuple[Route, ...], /) -> Reply:
        """The OpenAPI document of a service with these routes."""

    @property
    def own_openapi(self) -> Reply:
        """The OpenAPI document of the paths of this model alone."""

    def codec(self, dialect: Dialect, /) -> Codec:
        """Its codec for a dialect."""

    def require(self, asked: Asked) -> None:
        """Raise `Problem` unless it is what was asked for, and has that (400, 404, 501)."""


class Listed(NamedTuple):
    """A model in a list."""

    name: str
    version: str | None
    """The version that answers; None as long as none is open."""
    state: Literal["open", "closed", "refused"]
    """`closed`: it is opened when it is asked for. `refused`: its champion cannot be opened."""


class Models(Protocol):
    """The models of a service, as routes of the kind `read` see them."""

    def current(self, name: str | None = None) -> Described:
        """The current version of a model, of the default model if `name` is None; raises `Problem` (404, 503)."""

    def listed(self, after: str, limit: int, allowed: Container[str] | None) -> tuple[Sequence[Listed], str | None]:
        """At most so many of the models, by name, behind this name; and the name behind which there are more."""

    def progress(self, name: str | None = None) -> Mapping[str, Mapping[str, str]]:
        """The state of a new champion: `opening`, `refused`, or empty."""

    def hold(self, name: str | None = None) -> Mapping[str, str] | None:
        """Since when a rollback holds the champion, and its version; None where none does."""


class Served(Protocol):
    """The part of the service from which routes of the kind `read` are answered."""

    settings: Settings
    metrics: Metrics
    is_draining: bool

    @property
    def routes(self) -> tuple[Route, ...]: ...
    @property
    def models(self) -> Models: ...


Read = Callable[[Served, Asked], Reply]


class Codec(Protocol):
    """Reads requests and writes replies of one protocol for one version of a model; safe to share between threads."""

    def read(self, body: bytes, asked: Asked) -> Batch:
        """The columns of a request; raises `Problem` for an invalid body."""

    def write(self, batch: Batch, predictions: Predictions, warnings: Warnings, asked: Asked, beside: Beside) -> Reply:
        """The reply to that request; raises `BadPrediction` if the predictions are invalid or do not fit its rows."""


class Native(Protocol):
    """A version of a model as one request of a composed protocol asks it, in the native JSON."""

    request_id: str

    def ask(self, body: bytes, asked: Asked) -> bytes:
        """The body of the answer to a body; raises `Problem`, 504 once the request is too late."""

    def read(self, body: bytes) -> None:
        """Raise `Problem` unless a body is valid; nothing is predicted."""

    def count(self, problem: Problem) -> None:
        """Count a problem that becomes a part of an answer."""


class Composer(Protocol):
    """Answers requests of one protocol for one version of a model, each from any number of native answers; safe to
    share between threads."""

    def compose(self, body: bytes, asked: Asked, native: Native) -> Reply:
        """The reply to a request, which asks `native`; raises `Problem` where all of the request is refused."""


class Stream(Protocol):
    """One request that is answered while its body arrives. It does no I/O: a door feeds it pieces of the body and sends
    the bytes that it returns. It works in the pool, a few milliseconds at a time, under the deadline of a prediction.

    A `Problem` that is raised before any bytes were returned becomes the reply; a later one cuts the answer off.
    """

    media_type: str
    """The media type of the answer."""
    headers: tuple[Header, ...]
    """Further headers of the answer."""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Take a piece of the body; the pieces of the answer that are ready, some of which may be empty: each should
        take little time."""

    def end(self) -> Iterator[bytes]:
        """The rest of the answer; called after the last piece of the body."""

    def close(self) -> None:
        """Drop what it holds; called once, when no step runs any more, however the request ended."""


@dataclass(frozen=True)
class Dialect:
    """A protocol for prediction requests."""

    name: str
    routes: tuple[Route, ...]
    admit: Callable[[HeaderLookup], None]
    """Raises `Problem` (415) if the headers say that the body has another format."""
    codec: Callable[[LoadedArtifact, str, Settings], Codec]
    """Makes the codec of a version, from its artifact, its number and the settings; called once for each version."""
    refuse: Callable[[Problem, str], Reply]
    """The error reply, in the protocol's own format, to the request with this id."""
    reads: Mapping[str, Read]
    """The function that answers each route of the kind `read`, by the route's name."""
    stream: Callable[[Codec, Predict, Asked], Stream] | None = None
    """Makes the stream that answers a request to a route of the kind `stream`; None if there is no such route."""
    takes_over: bool = False
    """Do its paths take the place of others', our own among them? Else what has a path first keeps it."""
    is_light: Callable[[bytes, Asked], bool] | None = None
    """Is a short body answered as quickly as one of the native JSON? Others are answered in the pool, one at a time.
    None: it always is."""
    glance: Callable[[Codec, bytes, Asked], Batch | None] | None = None
    """Reads a long body in microseconds, where that is possible: numbers as the machine has them, all valid. None, or
    where it gives None: the body takes as long as others do. Raises `Problem` as the codec does."""
    composer: Callable[[LoadedArtifact, str, Settings], Composer] | None = None
    """Makes what answers requests of the kind `predict` in place of the codec, for a version as `codec` does."""

"""One request and its reply: request id, timing, log line and metrics."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Container
from http import HTTPStatus
from typing import Final

from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Header, Reply, StreamedReply
from twinserve.service.protocols.dialect import NOTHING, Dialect
from twinserve.service.protocols.elsewhere import placed
from twinserve.service.telemetry.logs import log, where
from twinserve.service.telemetry.metrics import Metrics
from twinserve.service.telemetry.tracing import ServerSpan, TracePosition

LONGEST_PATH: Final = 200


REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


def new_id() -> str:
    """A new request id; unique, not secret."""
    return f"{random.getrandbits(128):032x}"  # 0.4 us; uuid4 asks the kernel and takes 1.6 us.


def id_of(given: str | None) -> str:
    """The request id that was sent, if it is valid; else a new one."""
    return given if given and REQUEST_ID.match(given) else new_id()


class Exchange:
    """One request and its reply: created when the headers have been read, finished when the reply is made."""

    __slots__ = (
        *("_access_log", "_cors", "_metrics", "_position", "_span", "_paths", "_started"),
        *("allowed", "asked", "client", "dialect", "is_authorized", "method", "model", "path", "request_id", "route"),
        "version",
    )

    def __init__(
        self,
        metrics: Metrics,
        *,
        method: str,
        path: str,
        route: str,
        dialect: Dialect,
        given_id: str | None,
        access_log: bool,
        cors: tuple[Header, ...] = (),
        position: TracePosition | None = None,
        span: ServerSpan | None = None,
        paths: Container[str] = (),
    ) -> None:
        """`paths` are those of the table of routes, for refusals that name one."""
        self._started = time.perf_counter()
        self._metrics = metrics
        self._access_log, self._cors = access_log, cors
        self._position, self._span, self._paths = position, span, paths
        self.method, self.path, self.route = method, path, route
        self.dialect = dialect
        """The protocol of the request's route; of a request in bulk, the door sets `BULK`."""
        self.asked = NOTHING
        """The request apart from its body: path and query parameters, headers. Set by `Service.admit`."""
        self.request_id = id_of(given_id)
        self.model: str | None = None
        """The name of the model that answers, once it is known."""
        self.version: str | None = None
        """Its version."""
        self.client: str | None = None
        """The caller's name, once it is authenticated; None where no credentials are required."""
        self.allowed: Container[str] | None = None
        """The models that the caller may ask for; None: all."""
        self.is_authorized = False
        """Has this request been authorized?"""

    def refuse(self, error: Exception) -> Reply:
        """The reply to an exception: a `Problem` as it is; anything else is logged, counted and answered with 500."""
        if not isinstance(error, Problem):
            log.error("fault", request_id=self.request_id, path=self.path[:LONGEST_PATH], traceback=where(error))
            self._metrics.faults.inc()
            error = Problem("internal", "The service failed; its log has more under this request's id.")
        self._metrics.problems.labels(error.kind).inc()
        return self.dialect.refuse(placed(error, self._paths) if error.errors else error, self.request_id)

    @property
    def headers(self) -> tuple[Header, ...]:
        """The headers of this request's reply that `Reply.fixed` does not have: its id, the time that it took, and who
        may read it."""
        return self._headers(time.perf_counter() - self._started)

    def _headers(self, seconds: float) -> tuple[Header, ...]:
        timing = ("Server-Timing", f"total;dur={seconds * 1000:.3f}")
        return ("X-Request-Id", self.request_id), timing, *self._cors

    def cut(self, error: Exception, reply: StreamedReply) -> None:
        """Log and count a streamed reply that was cut off by this error after its status was sent."""
        problem = error if isinstance(error, Problem) else None
        is_ours = (
            problem is None or problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        )  # Otherwise the client left, or its request was invalid.
        tell = log.error if is_ours else log.info
        reason = where(error) if problem is None else problem.kind
        tell("cut", request_id=self.request_id, path=self.path[:LONGEST_PATH], reason=reason)
        if is_ours:
            self._metrics.faults.inc()
        self.finish(reply)

    def finish(self, reply: Reply | StreamedReply) -> tuple[Header, ...]:
        """Count and log the request, whose reply is complete; returns the headers that depend on the request."""
        seconds = time.perf_counter() - self._started
        self._metrics.count(self.route, self.method, reply.status, seconds)
        if self._access_log:
            log.info(
                "request",
                request_id=self.request_id,
                method=self.method,
                path=self.path[:LONGEST_PATH],
                status=int(reply.status),
                ms=round(seconds * 1000, 3),
                model=self.model,
                version=self.version,
                **({} if self.client is None else {"client": self.client}),
                **({} if self._position is None else self._position._asdict()),
            )
        if self._span is not None:
            self._span.end(int(reply.status), self.model, self.version)
        return self._headers(seconds)

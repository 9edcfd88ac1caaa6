"""The paths of the contract and the methods that each takes; the doors register exactly these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal, get_args

from twinserve.service.http.problem import Problem
from twinserve.service.http.query import Parameter
from twinserve.service.http.reply import Reply

Kind = Literal["predict", "read", "token"]
"""How a path is answered: by the model, by what is only read, or with a token. Each door has one function for each."""
Scope = Literal["predict", "read", "manage"]
PART: Final = re.compile(r"\{(\w+)\}")
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


@dataclass(frozen=True)
class Route:
    """One path; `name`, of letters, digits and underscores, labels it in metrics."""

    name: str
    path: str
    """It may hold parts that are given, as `/models/{name}`: each is anything but empty, and no slash."""
    methods: tuple[str, ...]
    scope: Scope | None
    """What a caller must be allowed; None opens the path to everybody, so it has to be said for each."""
    summary: str
    kind: Kind = "read"
    query: tuple[Parameter, ...] | None = None
    """The query parameters that it takes; None: whatever the query says is left alone."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parts that are given."""
        return tuple(PART.findall(self.path))

    @property
    def allow(self) -> str:
        """The value of the Allow header, sorted."""
        return ", ".join(sorted({*self.methods, "OPTIONS"}))


READ: Final = ("GET", "HEAD")

ROUTES: Final = (
    Route("predict", "/predict", ("POST",), "predict", "Predict for one instance or for an array of them", "predict"),
    Route("schema", "/schema", READ, "read", "The JSON Schema of one instance"),
    Route("openapi", "/openapi.json", READ, "read", "This service as an OpenAPI document"),
    Route("docs", "/docs", READ, "read", "The OpenAPI document as a page"),
    Route("model", "/model", READ, "read", "What the model is, how good it is and where it comes from"),
    Route("live", "/health/live", READ, None, "Is the process alive?"),
    Route("ready", "/health/ready", READ, None, "May it take traffic?"),
    Route("metrics", "/metrics", READ, "manage", "Metrics for Prometheus"),
    Route("index", "/", READ, None, "What there is"),
)
TOKEN: Final = Route(
    "token", "/oauth/token", ("POST",), None, "A token for a client (RFC 6749, client credentials)", "token"
)
"""In the table only where this service gives tokens: its caller proves who it is in the request itself."""
BY_NAME: Final[Mapping[str, Route]] = {route.name: route for route in (*ROUTES, TOKEN)}


def to_other_method(route: Route, method: str) -> Reply:
    """The reply to a method that a path does not take: OPTIONS is answered, anything else raises `Problem` (405)."""
    allow = (("Allow", route.allow),)
    if method == "OPTIONS":
        return Reply(HTTPStatus.NO_CONTENT, b"", None, allow)
    raise Problem("method-not-allowed", f"This path takes {route.allow}.", headers=allow)


def no_such_path() -> Problem:
    """No route has this path."""
    return Problem("not-found", "There is nothing at this path; the index at / lists what there is.")

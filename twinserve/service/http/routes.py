"""The paths of the contract and the methods that each takes; the doors register exactly these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

Scope = Literal["predict", "read", "manage"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


@dataclass(frozen=True)
class Route:
    """One path; `name` labels it in metrics and names its function in both doors."""

    name: str
    path: str
    methods: tuple[str, ...]
    scope: Scope | None
    """What a caller must be allowed; None opens the path to everybody, so it has to be said for each."""
    summary: str

    @property
    def allow(self) -> str:
        """The value of the Allow header, sorted."""
        return ", ".join(sorted({*self.methods, "OPTIONS"}))


READ: Final = ("GET", "HEAD")

ROUTES: Final = (
    Route("predict", "/predict", ("POST",), "predict", "Predict for one instance or for an array of them"),
    Route("schema", "/schema", READ, "read", "The JSON Schema of one instance"),
    Route("openapi", "/openapi.json", READ, "read", "This service as an OpenAPI document"),
    Route("docs", "/docs", READ, "read", "The OpenAPI document as a page"),
    Route("model", "/model", READ, "read", "What the model is, how good it is and where it comes from"),
    Route("live", "/health/live", READ, None, "Is the process alive?"),
    Route("ready", "/health/ready", READ, None, "May it take traffic?"),
    Route("metrics", "/metrics", READ, "manage", "Metrics for Prometheus"),
    Route("index", "/", READ, None, "What there is"),
)
TOKEN: Final = Route("token", "/oauth/token", ("POST",), None, "A token for a client (RFC 6749, client credentials)")
"""In the table only where this service gives tokens: its caller proves who it is in the request itself."""
BY_NAME: Final[Mapping[str, Route]] = {route.name: route for route in (*ROUTES, TOKEN)}

"""The paths of the contract and the methods that each takes; the doors register exactly these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Route:
    """One path; `name` labels it in metrics and names its function in both doors."""

    name: str
    path: str
    methods: tuple[str, ...]
    summary: str

    @property
    def allow(self) -> str:
        """The value of the Allow header, sorted."""
        return ", ".join(sorted({*self.methods, "OPTIONS"}))


READ: Final = ("GET", "HEAD")

ROUTES: Final = (
    Route("predict", "/predict", ("POST",), "Predict for one instance or for an array of them"),
    Route("schema", "/schema", READ, "The JSON Schema of one instance"),
    Route("openapi", "/openapi.json", READ, "This service as an OpenAPI document"),
    Route("docs", "/docs", READ, "The OpenAPI document as a page"),
    Route("model", "/model", READ, "What the model is, how good it is and where it comes from"),
    Route("live", "/health/live", READ, "Is the process alive?"),
    Route("ready", "/health/ready", READ, "May it take traffic?"),
    Route("metrics", "/metrics", READ, "Metrics for Prometheus"),
    Route("index", "/", READ, "What there is"),
)
BY_NAME: Final[Mapping[str, Route]] = {route.name: route for route in ROUTES}

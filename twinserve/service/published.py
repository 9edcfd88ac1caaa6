"""What a service says of itself and of its models: every path that is only read."""

from __future__ import annotations

import json
from http import HTTPStatus

from twinserve.service.http.problem import unavailable
from twinserve.service.http.reply import Reply
from twinserve.service.inference.shelf import Shelf
from twinserve.service.telemetry.metrics import CONTENT_TYPE, Metrics


class Published:
    """The half of a service that needs no request but its path."""

    models: Shelf
    _metrics: Metrics
    _draining: bool

    def schema(self) -> Reply:
        """`GET /schema`."""
        return self.models.current().schema

    def openapi(self, base: str) -> Reply:
        """`GET /openapi.json`; `base` is `/` unless the service is mounted elsewhere."""
        return self.models.current().openapi(base)

    def model(self) -> Reply:
        """`GET /model`."""
        return self.models.current().description

    def live(self) -> Reply:
        """`GET /health/live`; touches nothing, so it answers as long as the process does."""
        return Reply(HTTPStatus.OK, b'{"status":"alive"}')

    def ready(self) -> Reply:
        """`GET /health/ready`."""
        if self._draining:
            raise unavailable("The service is shutting down.")
        version = self.models.current()
        content = {"status": "ready", "model": version.model, "version": version.version, **self.models.progress()}
        return Reply(HTTPStatus.OK, json.dumps(content, separators=(",", ":")).encode())

    def metrics(self) -> Reply:
        """`GET /metrics`."""
        return Reply(HTTPStatus.OK, self._metrics.render(), CONTENT_TYPE)

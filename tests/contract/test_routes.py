"""The route table; the replies of each path are tested in `twinserve.testing.contract.routes`."""

from __future__ import annotations

from twinserve.service.http.routes import ROUTES


def test_the_table_is_the_contracts() -> None:
    """The table has exactly the paths that docs/contract.md names."""
    assert {route.path for route in ROUTES} == {
        "/predict",
        "/explain",
        "/schema",
        "/openapi.json",
        "/openapi/bulk.json",
        "/docs",
        "/model",
        "/health/live",
        "/health/ready",
        "/healthz",
        "/livez",
        "/readyz",
        "/metrics",
        "/",
        "/card",
        "/live",
        "/assets/{name}",
        "/models",
        "/models/{name}",
        "/models/{name}/predict",
        "/models/{name}/explain",
        "/models/{name}/schema",
        "/models/{name}/openapi.json",
        "/models/{name}/card",
    }

"""The table of routes; what each path takes and refuses is `twinserve.testing.contract.routes`."""

from __future__ import annotations

from twinserve.service.http.routes import ROUTES


def test_the_table_is_the_contracts() -> None:
    """Exactly the paths that the contract names."""
    assert {route.path for route in ROUTES} == {
        "/predict",
        "/schema",
        "/openapi.json",
        "/docs",
        "/model",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/",
    }

"""What `deploy/` has for Azure Machine Learning fits the paths, the ports and the settings."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from harness import ROOT
from twinserve.service.http.routes import ROUTES
from twinserve.testing.fakes import settings_of

FOLDER: Final = ROOT / "deploy" / "azureml"


def content(name: str) -> Any:
    """A file of the folder."""
    return yaml.safe_load((FOLDER / name).read_text())


def test_the_three_routes_are_paths_of_the_service_on_a_port_of_the_image() -> None:
    routes = content("deployment.yml")["environment"]["inference_config"]
    assert set(routes) == {"liveness_route", "readiness_route", "scoring_route"}
    exposed = re.findall(r"\d+", re.search(r"^EXPOSE (.*)$", (ROOT / "Dockerfile").read_text(), re.M)[1])  # type: ignore[index]
    methods = {route.path: route.methods for route in ROUTES}
    for name, route in routes.items():
        assert ("POST" if name == "scoring_route" else "GET") in methods[route["path"]]
        assert str(route["port"]) in exposed


def test_its_limits_are_those_of_the_settings() -> None:
    """The platform waits a little longer than the service, whose answer then arrives."""
    asked, settings = content("deployment.yml")["request_settings"], settings_of()
    assert asked["request_timeout_ms"] > settings.predict_timeout * 1000
    assert asked["max_concurrent_requests_per_instance"] == settings.max_concurrent


def test_the_deployment_belongs_to_the_endpoint() -> None:
    assert content("deployment.yml")["endpoint_name"] == content("endpoint.yml")["name"]

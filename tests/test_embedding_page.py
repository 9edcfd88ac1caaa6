"""The apps of docs/embedding.md, as they are written there: with credentials of their own, and open to probes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from harness import ROOT
from harness.running import golden

PAGE = (ROOT / "docs" / "embedding.md").read_text()
SOURCES = dict(re.findall(r"```python\n# (own_\w+)\.py\n(.*?)```", PAGE, re.DOTALL))
GOOD = {"Authorization": "Bearer your own check", "Content-Type": "application/json"}
PREFLIGHT = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}


@pytest.fixture(autouse=True)
def settings(artifacts: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The store, for an app that is started elsewhere, and a page on another origin."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWINSERVE_ARTIFACTS", str(artifacts))
    monkeypatch.setenv("TWINSERVE_CORS_ORIGINS", PREFLIGHT["Origin"])


@pytest.fixture(params=sorted(SOURCES))
def ask(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A function that gives the status of a request to one of the apps."""
    module: dict[str, Any] = {"__name__": request.param}
    exec(SOURCES[request.param], module)  # What the page shows.
    app = module["create_app"]()
    if "fastapi" in request.param:
        with TestClient(app) as client:
            yield lambda method, path, **more: client.request(method, path, **more).status_code
        return
    client = app.test_client()
    yield lambda method, path, content=None, **more: client.open(path, method=method, data=content, **more).status_code


def test_there_is_an_app_of_each_framework() -> None:
    assert sorted(SOURCES) == ["own_fastapi", "own_flask"]


def test_the_app_asks_for_its_credentials_and_lets_probes_pass(ask: Any, artifacts: Path) -> None:
    body = golden(artifacts)
    assert ask("POST", "/ml/predict", content=body, headers=GOOD) == 200
    assert ask("POST", "/ml/predict", content=body, headers=GOOD | {"Authorization": "Bearer other"}) == 401
    assert ask("GET", "/ml/metrics") == 401
    for path in ("/health/live", "/health/ready", "/healthz", "/livez", "/readyz"):
        assert ask("GET", f"/ml{path}") == 200, path


def test_a_page_on_another_origin_may_ask_first(ask: Any) -> None:
    """The preflight request of a browser, which has no credentials."""
    assert ask("OPTIONS", "/ml/predict", headers=PREFLIGHT) in (200, 204)

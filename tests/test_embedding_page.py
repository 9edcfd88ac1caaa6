"""The apps of docs/embedding.md, as they are written there: with credentials of their own, and open to probes."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from harness import ROOT
from harness.ports import free_port
from harness.running import DEADLINE, golden, is_open, launch, wait_for

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


@pytest.fixture(params=[*sorted(SOURCES), "own_django, ASGI"])
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A function that gives the status of a request to one of the apps."""
    if "django" in request.param:
        with django_served(tmp_path, is_asgi="ASGI" in request.param) as client:
            yield lambda method, path, **more: client.request(method, path, **more).status_code
        return
    module: dict[str, Any] = {"__name__": request.param}
    exec(SOURCES[request.param], module)  # What the page shows.
    app = module["create_app"]()
    if "fastapi" in request.param:
        with TestClient(app) as client:
            yield lambda method, path, **more: client.request(method, path, **more).status_code
        return
    client = app.test_client()
    yield lambda method, path, content=None, **more: client.open(path, method=method, data=content, **more).status_code


@contextmanager
def django_served(folder: Path, *, is_asgi: bool) -> Iterator[httpx2.Client]:
    """The project under a real server, as Django has one configuration for a process; then that it ends by itself."""
    source, port, log = SOURCES["own_django"], free_port(), folder / "log"
    if is_asgi:
        source = source.replace("wsgi", "asgi")
    (folder / "own_django.py").write_text(source)
    server = ["uvicorn", "--port", str(port), "--factory", "own_django:create_app"]
    if not is_asgi:
        server = ["gunicorn", "-b", f"127.0.0.1:{port}", "-k", "gthread", "--threads", "4", "own_django:create_app()"]
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        **{name: value for name, value in os.environ.items() if name.startswith("TWINSERVE_")},
    }
    process = launch([sys.executable, "-m", *server], folder, variables, log)
    try:
        wait_for(process, lambda: is_open(port))
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE, trust_env=False) as client:
            yield client
        process.terminate()
        assert process.wait(DEADLINE) == (-signal.SIGTERM if is_asgi else 0), log.read_text()  # As uvicorn ends.
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait(DEADLINE)


def test_there_is_an_app_of_each_framework() -> None:
    assert sorted(SOURCES) == ["own_django", "own_fastapi", "own_flask"]


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

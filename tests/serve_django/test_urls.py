"""URL patterns with the service of the settings: it is opened by the first request, and closed at the end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT

PROJECT = """
import sys, threading
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
import django
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import Client
from django.urls import include, path
django.setup()
urlpatterns = [path("ml/", include("serve_django.urls"))]
call_command("check")
assert run_checks() == [] and threading.active_count() == 1, "nothing is opened for a command"
client = Client(raise_request_exception=False)
print(*(client.get(path).status_code for path in sys.argv[1:]))
"""


PATHS = ("/ml/model", "/ml/health/ready")


def run(folder: Path, artifacts: Path, *paths: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the project in a process of its own, with these variables more; it asks for the paths."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TWINSERVE_ARTIFACTS": str(artifacts), **more}
    (folder / "project.py").write_text(PROJECT)
    command = [sys.executable, "-m", "project", *(paths or PATHS)]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def test_the_service_is_opened_by_the_first_request_and_closed_at_the_end(tmp_path: Path, artifacts: Path) -> None:
    """A management command that reads the URLs opens nothing, and the process ends by itself."""
    done = run(tmp_path, artifacts)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "200 200"), done.stderr


def test_without_a_champion_commands_work_and_requests_fail(tmp_path: Path) -> None:
    """As an answer of the project, whose log says what to do."""
    done = run(tmp_path, tmp_path / "nothing")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "500 500"), done.stderr
    assert "not opened" in done.stdout


def test_what_the_settings_turn_on_and_off_is_there_and_is_not(tmp_path: Path, artifacts: Path) -> None:
    """The table of routes is that of the service, which is not open yet."""
    paths = ("/ml/graphql?query={model{name}}", "/ml/card", "/ml/live")
    done = run(tmp_path, artifacts, *paths, TWINSERVE_GRAPHQL="true", TWINSERVE_PAGES="false")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "200 404 404"), done.stderr


def test_there_is_nothing_else_in_the_module() -> None:
    from serve_django import urls

    with pytest.raises(AttributeError, match="handler404"):
        urls.handler404  # noqa: B018  # Django asks for it.
    assert urls.app_name == "twinserve"

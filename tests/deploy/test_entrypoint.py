"""The entry point of the image: each command starts its program; any other is an error of one sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.entrypoint import COMMANDS, USAGE, as_on_a_platform, of_kserve
from harness import ROOT

DEADLINE = 60.0


def image(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the image's entry point, with the files where the image has them."""
    return subprocess.run(
        [sys.executable, "deploy/entrypoint.py", *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_is_the_usage(option: str) -> None:
    process = image(option)
    assert (process.returncode, process.stdout, process.stderr) == (0, f"{USAGE}\n", "")


def test_the_usage_names_every_command() -> None:
    named = {line.split()[0] for line in USAGE.splitlines() if re.match(r"  \w", line)}
    assert named == {*COMMANDS, "health"}


@pytest.mark.parametrize("command", ["server", "", "--workers"])
def test_an_unknown_command_is_told_with_the_ones_there_are(command: str) -> None:
    process = image(command)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == (
        f"There is no command {command!r}; choose one of: fastapi, flask, django, serve, train, keys, health.\n"
    )


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("fastapi", "serve_fastapi"),
        ("flask", "serve_flask"),
        ("django", "serve_django"),
        ("serve", "serve_fastapi"),
        ("train", "train.py"),
        ("keys", "twinserve keys"),
    ],
)
def test_every_command_becomes_its_program_with_the_options_behind_it(command: str, program: str) -> None:
    process = image(command, "--help")
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.startswith(f"usage: {program} ")


def test_as_on_a_platform_the_port_and_the_store_are_the_platforms(tmp_path: Path) -> None:
    """What is set stays, but for the store, which the image itself sets."""
    assert as_on_a_platform({}, tmp_path / "none") == {"TWINSERVE_PORT": "8080"}
    assert as_on_a_platform({"PORT": "9000"}, tmp_path)["TWINSERVE_PORT"] == "9000"
    assert as_on_a_platform({"PORT": "9000", "AIP_HTTP_PORT": "9001"}, tmp_path)["TWINSERVE_PORT"] == "9001"
    assert as_on_a_platform({"TWINSERVE_PORT": "1"}, tmp_path) == {}
    (tmp_path / "loans").mkdir()
    (tmp_path / "loans" / "champion").write_text("1\n")
    given = {"TWINSERVE_ARTIFACTS": "/srv/artifacts", "TWINSERVE_PORT": "1"}
    assert as_on_a_platform(given, tmp_path) == {"TWINSERVE_ARTIFACTS": str(tmp_path), "TWINSERVE_MODEL": "loans"}
    (tmp_path / "churn").mkdir()
    (tmp_path / "churn" / "champion").write_text("1\n")
    assert as_on_a_platform(given, tmp_path) == {"TWINSERVE_ARTIFACTS": str(tmp_path)}


def test_options_of_kserve_are_settings() -> None:
    """With a blank or an equals sign; what else there is goes to the door."""
    options = ["--model_name=loans", "--model_dir", "/mnt/models", "--http_port", "8081", "--workers", "2"]
    settings = {"TWINSERVE_MODEL": "loans", "TWINSERVE_ARTIFACTS": "/mnt/models", "TWINSERVE_PORT": "8081"}
    assert of_kserve(options) == (settings, ["--workers", "2"])
    assert of_kserve(["--model_name"]) == ({"TWINSERVE_MODEL": ""}, [])


def test_a_model_that_the_store_of_kserve_does_not_have_is_told_with_the_ones_there_are(artifacts: Path) -> None:
    process = image("serve", "--model_name=loans", f"--model_dir={artifacts}", "--http_port=0")
    assert process.returncode == 2
    assert "'loans'" in process.stderr
    assert "tumor" in process.stderr


def test_every_file_that_a_command_needs_is_copied_into_the_image() -> None:
    copied = {
        word.rstrip("/")
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ")
        for word in line.split()[1:-1]
    }
    needed = {words[1].partition(".")[0] if words[0] == "-m" else words[0] for words in COMMANDS.values()}
    assert needed | {"deploy/entrypoint.py"} <= copied


@contextmanager
def answering(status: HTTPStatus) -> Iterator[int]:
    """A server that answers health with this status, and its port."""

    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/ready" else HTTPStatus.NOT_FOUND)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Ready) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "code"), [(HTTPStatus.OK, 0), (HTTPStatus.SERVICE_UNAVAILABLE, 1)])
def test_health_is_what_the_door_says_of_itself(status: HTTPStatus, code: int) -> None:
    with answering(status) as port:
        process = image("health", TWINSERVE_PORT=str(port))
    assert (process.returncode, process.stdout, process.stderr) == (code, "", "")


def test_health_is_asked_without_a_proxy() -> None:
    """Docker gives every container the proxy of its configuration."""
    with answering(HTTPStatus.OK) as port, answering(HTTPStatus.BAD_GATEWAY) as proxy:
        process = image("health", TWINSERVE_PORT=str(port), http_proxy=f"http://127.0.0.1:{proxy}")
    assert process.returncode == 0


def test_health_without_a_door_is_1() -> None:
    with answering(HTTPStatus.OK) as port:
        pass
    assert image("health", TWINSERVE_PORT=str(port)).returncode == 1

"""`make serve`: both doors, side by side."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from harness import ROOT
from harness.ports import free_ports
from harness.running import DEADLINE, golden

pytestmark = [pytest.mark.slow, pytest.mark.long]


def start(artifacts: Path, port: int, host: str = "127.0.0.1") -> subprocess.Popen[str]:
    """The program, with a port for its first door."""
    settings = {"TWINSERVE_ARTIFACTS": str(artifacts), "TWINSERVE_PORT": str(port), "TWINSERVE_HOST": host}
    command = [sys.executable, "-m", "twinserve.cli.serve"]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_both_doors_answer_alike_and_ctrl_c_ends_both(artifacts: Path) -> None:
    port = free_ports()
    with start(artifacts, port) as process:
        assert process.stdout is not None
        welcome = [process.stdout.readline() for _ in range(4)]
        assert f"http://127.0.0.1:{port} " in welcome[0]
        assert f"http://127.0.0.1:{port + 1} " in welcome[1]
        answers = {predict(number, golden(artifacts)) for number in (port, port + 1)}
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE)
    assert len(answers) == 1
    assert process.returncode == 0
    for number in (port, port + 1):
        socket.create_server(("127.0.0.1", number)).close()


def test_a_door_that_is_named_runs_alone(artifacts: Path) -> None:
    """Django, too, which does not run beside the others."""
    port = free_ports()
    given = {"TWINSERVE_ARTIFACTS": str(artifacts), "TWINSERVE_PORT": str(port), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "twinserve.cli.main", "serve", "django"]
    with subprocess.Popen(command, env=os.environ | given, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert re.match(rf"Django +http://127\.0\.0\.1:{port} ", process.stdout.readline())
        assert b'"label"' in predict(port, golden(artifacts))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE)
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux has all of 127.0.0.0/8 without being told.")
def test_the_doors_are_asked_at_the_address_that_they_listen_on(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And without the proxy that an office's terminal names."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    port = free_ports()
    with start(artifacts, port, "127.0.0.2") as process:
        assert process.stdout is not None
        assert f"http://127.0.0.2:{port} " in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE)
    assert process.returncode == 0


def test_a_door_that_cannot_start_ends_the_other(artifacts: Path, tmp_path: Path) -> None:
    """With its exit code, after its sentence."""
    store = Path(shutil.copytree(artifacts, tmp_path / "artifacts"))
    (store / "tumor" / "champion").write_text("9\n")
    with start(store, free_ports()) as process:
        output, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert " has ended; stopping the other." in output
    assert "http://" not in output
    assert "serve_fastapi: " in errors or "serve_flask: " in errors


@pytest.mark.parametrize("place", [0, 1])
def test_a_taken_port_is_told_before_any_door_is_started(artifacts: Path, place: int) -> None:
    """In one sentence, whichever of the two it is; nobody is welcomed to a door of somebody else's."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start(artifacts, port - place) as process:
            output, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, output) == (2, "")
    assert errors.startswith(f"serve: cannot listen on 127.0.0.1 port {port} (")
    assert errors.endswith("; choose another with TWINSERVE_PORT.\n")
    assert errors.count("\n") == 1


def test_the_last_port_leaves_none_for_the_other_door(artifacts: Path) -> None:
    """One sentence, too."""
    with start(artifacts, 65535) as process:
        _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert "port 65536 (the port number is out of range)" in errors


def test_a_wrong_setting_is_told_on_standard_error(artifacts: Path) -> None:
    """In one sentence: a reader of standard output, such as a pipe, does not get it."""
    with start(artifacts, free_ports(), host="0.0.0.0") as process:  # Refused, as there is no AUTH.
        output, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, output) == (2, "")
    assert errors.startswith("serve: TWINSERVE_HOST=0.0.0.0 can be reached from other machines: ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], r"The store artifacts has several models; --name takes one of: pear, plum\."),
        (["--name", "fig"], r"There is no model 'fig' in /.*/artifacts; it has: pear, plum\."),
        (["--name", "pear"], r"'pear' has no champion in /.*/artifacts; promote one of its versions, such as 1\."),
        (["--artifacts", "none"], r"There are no models in /.*/none yet; train one, or name .*"),
    ],
)
def test_a_model_that_is_not_there_is_told_with_those_that_are(
    arguments: list[str], sentence: str, tmp_path: Path
) -> None:
    """Nobody is told the default name, which they never gave."""
    for version in ("pear/1", "plum/1"):
        (tmp_path / "artifacts" / version).mkdir(parents=True)
    command = [sys.executable, "-m", "twinserve.cli.main", "serve", *arguments]
    environment = os.environ | {"TWINSERVE_PORT": str(free_ports()), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=DEADLINE
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(f"serve: {sentence}\n", done.stderr), done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "in_file", "trains"),
    [
        ([], {}, "", True),
        ([], {}, "TWINSERVE_MODEL=pear", True),  # As a project of `twinserve new` names its own model.
        ([], {"TWINSERVE_MODEL": "pear"}, "TWINSERVE_MODEL=pear", True),
        (["--name", "tumor"], {}, "", True),
        (["--name", "pera"], {}, "", False),
        (["--name", "pera"], {}, "TWINSERVE_MODEL=pear", False),
        ([], {"TWINSERVE_MODEL": "pera"}, "", False),
        ([], {"TWINSERVE_MODEL": "pera"}, "TWINSERVE_MODEL=pear", False),
    ],
)
def test_only_the_projects_own_model_is_trained_by_itself(
    arguments: list[str], variables: dict[str, str], in_file: str, trains: bool, tmp_path: Path
) -> None:
    """By a mistyped name another model would get it."""
    (tmp_path / "train.py").write_text("raise SystemExit('trained')")
    (tmp_path / ".env").write_text(in_file)
    command = [sys.executable, "-m", "twinserve.cli.main", "serve", *arguments]
    environment = os.environ | {"TWINSERVE_PORT": str(free_ports()), "PYTHONPATH": str(ROOT)} | variables
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=DEADLINE
    )
    assert ("trained" in done.stderr) is trains
    assert done.returncode == (1 if trains else 2)


def predict(port: int, body: bytes) -> bytes:
    """The answer to a prediction request."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/predict", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=DEADLINE) as response:
        content: bytes = response.read()
    return content

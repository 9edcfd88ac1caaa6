"""`twinserve new` from the installed wheel, outside the checkout: it trains, serves through both doors and passes its
own tests."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from harness.ports import free_ports
from harness.running import DEADLINE, is_open
from harness.wheel import build_wheel, clean, done, environment, installed
from tests.twinserve.scaffold.tables import loans

pytestmark = [pytest.mark.slow, pytest.mark.extended]
TRAINING: Final = 120.0
"""Seconds for the first training, on a busy machine."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def settings(wheel: Path) -> Mapping[str, str]:
    """What `make` in the project gets: the wheel, and that nothing is downloaded."""
    return {"TWINSERVE_WHEEL": str(wheel), "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"}


@pytest.fixture(scope="module")
def project(wheel: Path, settings: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that `twinserve new` has made beside its data, after `make setup`; its environment finds the
    libraries."""
    folder = tmp_path_factory.mktemp("somewhere")
    loans().to_csv(folder / "loans.csv", index=False)
    python = installed(wheel, tmp_path_factory.mktemp("installed") / "environment")
    command: list[str | Path] = [
        python,
        "-m",
        "twinserve.cli.main",
        "new",
        "loans",
        "--data",
        "loans.csv",
        "--target",
        "defaulted",
    ]
    assert "make serve" in done(command, folder)
    environment(folder / "loans" / ".venv")
    done(["make", "setup"], folder / "loans", settings)
    return folder / "loans"


def test_the_data_stays_where_it_is(project: Path) -> None:
    """No file of the project holds it; the recipe names it."""
    row = (project.parent / "loans.csv").read_bytes().splitlines()[1]
    ours = [path for path in project.rglob("*") if path.is_file() and ".venv" not in path.parts]
    assert not [path for path in ours if row in path.read_bytes()]
    assert 'Path(__file__).parents[2] / "loans.csv"' in (project / "model" / "loans.py").read_text()


def test_mypy_accepts_it(project: Path) -> None:
    """With the settings of its own pyproject.toml, and the types of the wheel."""
    done([sys.executable, "-m", "mypy", "--python-executable", project / ".venv" / "bin" / "python", "."], project)


def test_make_serve_trains_a_model_and_both_doors_answer(project: Path, settings: Mapping[str, str]) -> None:
    with served(project, settings) as port:
        request = json.loads((project / "artifacts" / "loans" / "1" / "golden.json").read_text())[0]["request"]
        answers = [predicted(number, request) for number in (port, port + 1)]
    assert answers[0] == answers[1]
    assert json.loads(answers[0])["model"] == "loans"


def test_make_test_passes(project: Path, settings: Mapping[str, str]) -> None:
    """The recipe trains, and both apps keep the contract."""
    assert re.search(r"^2[0-9]{3} passed", done(["make", "test"], project, settings), re.MULTILINE)


def predicted(port: int, request: object) -> bytes:
    """The answer of a door."""
    headers = {"Content-Type": "application/json", "X-Request-Id": "mine"}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/predict", json.dumps(request).encode(), headers)
    with urllib.request.urlopen(asked, timeout=DEADLINE) as answer:
        body: bytes = answer.read()
        return body


@contextmanager
def served(project: Path, settings: Mapping[str, str]) -> Iterator[int]:
    """The port of the first door, while `make serve` runs."""
    port = free_ports()
    given = clean(project, {**settings, "TWINSERVE_PORT": str(port)})
    process = subprocess.Popen(["make", "serve"], cwd=project, env=given, start_new_session=True)
    try:
        end = time.monotonic() + TRAINING
        while not (is_open(port) and is_open(port + 1)):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.2)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE)

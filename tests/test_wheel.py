"""The wheel: three importable names, every file that is read at run time, and both doors run from it alone.

It is installed outside the checkout, for a project that has a `model.py`, a `service/`, a `train.py` and a `serve.py`
of its own.
"""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Final

import pytest

from harness import ROOT
from harness.running import DJANGO, DOORS, running
from harness.wheel import build_wheel, done, installed
from twinserve.service.http.routes import ROUTES
from twinserve.testing.contract.suite import example_path

pytestmark = [pytest.mark.slow, pytest.mark.long]

PACKAGES: Final = ("twinserve", "serve_flask", "serve_fastapi", "serve_django", "serve_ray")
MINE: Final = {
    "model.py": "ORIGIN = 'mine'\n",
    "serve.py": "ORIGIN = 'mine'\n",
    "service/__init__.py": "ORIGIN = 'mine'\n",
    "train.py": """\
import sys
from pathlib import Path

import model
import serve
import service

import numpy as np
import pandas as pd
import serve_django.app
import serve_fastapi.app
import serve_flask.app
from sklearn.linear_model import LogisticRegression

from twinserve.release.from_estimator import package
from twinserve.store.registry import Registry

ORIGIN = "mine"

if __name__ == "__main__":
    assert {model.ORIGIN, serve.ORIGIN, service.ORIGIN} == {"mine"}
    X = pd.DataFrame({"length": np.arange(200.0), "width": np.arange(200.0) % 7})
    y = np.where(X["length"] < 100, "short", "long")
    version = package(LogisticRegression().fit(X, y), X, y, name="sticks")
    Registry(Path("artifacts"), "sticks").promote(version)
    roots = ("twinserve", "serve_flask", "serve_fastapi", "serve_django")
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] in roots:
            print(module.__file__)
""",
}
"""The files of somebody's own project; the training prints where each module of the wheel came from."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the wheel in it."""
    return installed(wheel, tmp_path_factory.mktemp("installed") / "environment")


@pytest.fixture(scope="module")
def project(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A separate project, after its training."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in MINE.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    modules = [Path(line) for line in done([python, "train.py"], folder).splitlines()]
    assert len(modules) > 50
    assert [path for path in modules if not path.is_relative_to(python.parents[1])] == []
    return folder


def test_the_wheel_holds_three_packages_and_no_other_name(wheel: Path) -> None:
    """`model`, `service` and `train` stay free for a project's own modules."""
    with zipfile.ZipFile(wheel) as archive:
        top = {name.partition("/")[0] for name in archive.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)
    assert len(top) == len(PACKAGES) + 1


def test_the_wheel_holds_every_file_of_its_packages(wheel: Path) -> None:
    """Pages, scripts, styles and `py.typed` files are in the wheel."""
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    assert {name for name in names if ".dist-info/" not in name} == ours
    assert {"twinserve/service/pages/docs.js", *(f"{package}/py.typed" for package in PACKAGES)} <= ours


def test_the_wheel_is_licensed_and_asks_for_a_python(wheel: Path) -> None:
    """The metadata has the licence and the Python version."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
        assert metadata.replace("METADATA", "licenses/LICENSE") in archive.namelist()
    assert "\nLicense-Expression: MIT\n" in text
    assert "\nRequires-Python: >=3.11\n" in text


@pytest.mark.slow
def test_the_names_of_a_project_stay_its_own(python: Path, project: Path) -> None:
    """A project that installs the wheel still imports its own `model`, `service`, `train` and `serve`."""
    program = "import model, serve, service, train; print({model.ORIGIN, serve.ORIGIN, service.ORIGIN, train.ORIGIN})"
    assert done([python, "-c", program], project) == "{'mine'}\n"


@pytest.mark.slow
@pytest.mark.parametrize("door", [*DOORS, DJANGO])
def test_a_door_of_the_wheel_answers_every_path(door: str, python: Path, project: Path) -> None:
    """All files are read from the wheel: `/docs` needs a page, two scripts and a style."""
    golden = json.loads((project / "artifacts" / "sticks" / "1" / "golden.json").read_text())[0]["request"]
    with running(door, project, project / "artifacts", python=python, model="sticks") as server:
        statuses = {
            route.path: server.request(method, example_path(route, "sticks")).status
            for route in ROUTES
            for method in route.methods
            if method != "POST"
        }
        assert statuses == {route.path: 200 for route in ROUTES if "GET" in route.methods}
        assert server.request("POST", "/predict", json.dumps(golden).encode()).status == 200
        page = server.request("GET", "/docs").body
    script = (ROOT / "twinserve" / "service" / "pages" / "docs.js").read_bytes().strip()
    assert script
    assert script in page


SUITE: Final = """\
from contextlib import contextmanager

import serve_flask
from twinserve.testing import Answer, DoorSuite


class TestDoor(DoorSuite):
    @classmethod
    @contextmanager
    def open(cls, service):
        client = serve_flask.create_app(service).test_client()

        def send(method, path, body, headers):
            response = client.open(path, method=method, data=body, headers=dict(headers))
            return Answer.of(response.status_code, response.headers, response.data)

        yield send
"""


@pytest.mark.slow
def test_the_wheel_brings_the_contract_suite(python: Path, tmp_path: Path) -> None:
    """The suite runs with its corpus in a folder without pytest settings; tested with all paths and the malformed
    bodies."""
    (tmp_path / "test_door.py").write_text(SUITE)
    command: list[str | Path] = [
        python,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "malformed or options or refusal",
    ]
    assert re.search(r"^[0-9]{3} passed, [0-9]+ deselected", done(command, tmp_path), re.MULTILINE)

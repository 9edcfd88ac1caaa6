"""Real servers on a store with hostile versions: the previous version serves on, and health has the reason."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from harness import ROOT
from harness.processes import family
from harness.running import DEADLINE, DOORS, Running, running, wait_for
from harness.swapping import BODY
from tests import hostile
from tests.hostile import Damage
from twinserve.store import artifact
from twinserve.store.artifact import read_manifest
from twinserve.store.registry import Registry
from twinserve.store.seal import new_keys

pytestmark = [pytest.mark.slow, pytest.mark.long]
each_door = pytest.mark.parametrize("door", DOORS)

PATIENCE: Final = 10.0
GROWTH: Final = 60
"""Megabytes that a server may take more while it refuses: the file that it looks at, and what it is read with."""
SOON: Final = 20.0
"""Seconds within which a server must have refused, on a machine under load; most of that is the trial's start."""


def with_graph(make: Callable[[], Any]) -> Damage:
    """A version with this compiled model."""
    return lambda folder: hostile.with_graph(folder, make())


SHAPES: Final[Mapping[str, tuple[Damage, str]]] = {
    "a sparse file": (hostile.sparse_file, "The file golden.json has more than"),
    "a sparse manifest": (hostile.sparse_manifest, "The file manifest.json has more than"),
    "many parts": (hostile.many_parts, "The file golden.json has more parts than such a file may have"),
    "many features": (hostile.many_features, "The file signature.json has more parts than such a file may have"),
    "a pipe": (hostile.pipe, "golden.json is neither a file nor a folder"),
    "a link": (hostile.link, "golden.json is neither a file nor a folder"),
    "many files": (hostile.many_files, "The artifact holds more files than any artifact has"),
    "data in another file": (with_graph(hostile.external_data), "keeps numbers in another file"),
    "a bomb": (with_graph(hostile.bomb), "has an operation that none of ours has"),
    "a repeated row": (with_graph(hostile.spread), "repeats something that is no row"),
    "constants side by side": (with_graph(hostile.outer_product), "makes more numbers of a row than it has bytes"),
    "doubling": (with_graph(hostile.doubled), "makes more numbers of a row than it has bytes"),
    "an endless loop": (with_graph(hostile.endless), "has a graph inside of an operation"),
    "a deep tree": (with_graph(hostile.deep_tree), "go in circles or too deep"),
    "a pipeline that unpacks": (hostile.skops_bomb, "The pipeline unpacks to more than"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The working directory of a server, with a secret file."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / hostile.SECRET_FILE).write_bytes(hostile.SECRET)
    return tmp_path / "here"


def ready(server: Running) -> Any:
    """The reply of `/health/ready`, which must be 200."""
    response = server.request("GET", "/health/ready")
    assert response.status == 200
    return json.loads(response.body)


def megabytes(server: Running) -> float:
    """The memory of the server's processes."""
    pages = sum(int(Path(f"/proc/{one.number}/statm").read_text().split()[1]) for one in family(server.process.pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def damaged(registry: Registry, damage: Damage) -> int:
    """A new version: a damaged copy of the first."""
    number = registry.versions()[-1] + 1
    damage(Path(shutil.copytree(registry.path(1), registry.path(number))))
    return number


def refused(registry: Registry, server: Running, number: int) -> str:
    """Promote a version, and wait for the reason why the server refuses it."""
    began = time.monotonic()
    registry.promote(number)
    wait_for(server.process, lambda: ready(server).get("refused", {}).get("version") == str(number))
    assert time.monotonic() - began < SOON
    reason: str = ready(server)["refused"]["reason"]
    assert f'"version": "{number}"' in server.log.read_text()
    assert all(json.loads(line) for line in server.log.read_text().split("\n")[:-1])
    return reason


@pytest.mark.parametrize("door", [DOORS[0], pytest.param(DOORS[1], marks=pytest.mark.extended)])  # One store for both.
def test_whatever_a_version_is_the_one_before_goes_on(registry: Registry, folder: Path, door: str) -> None:
    """One server refuses each of these versions in turn, and then follows a valid one."""
    with running(door, folder, registry.folder.parent, model=registry.name) as server:
        answer, before = server.request("POST", "/predict", BODY).body, megabytes(server)
        for name, (damage, reason) in SHAPES.items():
            assert reason in refused(registry, server, damaged(registry, damage)), name
            assert server.request("POST", "/predict", BODY).body == answer
            assert megabytes(server) - before < GROWTH, name
        registry.promote(2)
        wait_for(server.process, lambda: ready(server) == {"status": "ready", "model": "fruit", "version": "2"})
        assert server.stop() == 0


@each_door
@pytest.mark.parametrize("damage", [hostile.sparse_file, hostile.sparse_manifest, hostile.pipe, hostile.many_files])
def test_at_a_sealed_server_nothing_is_read_before_the_seal_holds(
    registry: Registry, folder: Path, door: str, damage: Damage
) -> None:
    private, public = new_keys()
    (folder / "public.pem").write_bytes(public)
    sealed(registry.path(1), private)
    registry.promote(1)
    options: dict[str, Any] = {"model": registry.name, "seal_key": folder / "public.pem"}
    with running(door, folder, registry.folder.parent, **options) as server:
        before = megabytes(server)
        number = damaged(registry, damage)
        (registry.path(number) / "manifest.seal").write_bytes(bytes(64))
        reason = refused(registry, server, number)
        assert ("seal was made with another key" in reason) or damage is hostile.sparse_manifest
        assert megabytes(server) - before < GROWTH
        assert ready(server)["version"] == "1"


def sealed(folder: Path, key: bytes) -> None:
    """The same version with a seal."""
    facts = read_manifest(folder)
    files = {name: (folder / name).read_bytes() for name in facts.files}
    shutil.rmtree(folder)
    folder.mkdir()
    artifact.write(folder, files, facts, key)


@each_door
def test_a_pipeline_that_never_ends_is_refused_in_time_and_seen_until_then(
    registry: Registry, folder: Path, door: str
) -> None:
    options: dict[str, Any] = {"model": registry.name, "open_timeout": PATIENCE}
    with running(door, folder, registry.folder.parent, **options) as server:
        number, processes = damaged(registry, hostile.endless_tree), len(family(server.process.pid))
        registry.promote(number)
        wait_for(server.process, lambda: "opening" in ready(server))
        seen = ready(server)
        assert (seen["version"], seen["opening"]["version"]) == ("1", str(number))
        assert abs((datetime.now(UTC) - datetime.fromisoformat(seen["opening"]["since"])).total_seconds()) < SOON
        wait_for(server.process, lambda: "refused" in ready(server))
        assert ready(server)["refused"]["reason"].startswith(f"The version was not open after {PATIENCE:g} s")
        assert "opening" not in ready(server)
        assert len(family(server.process.pid)) == processes  # The one that tried it has ended.
        registry.promote(2)
        wait_for(server.process, lambda: ready(server)["version"] == "2")


@each_door
def test_a_pointer_that_is_a_pipe_deafens_no_server(registry: Registry, folder: Path, door: str) -> None:
    pointer = registry.folder / "champion"
    with running(door, folder, registry.folder.parent, model=registry.name) as server:
        pointer.unlink()
        os.mkfifo(pointer)
        wait_for(server.process, lambda: "refused" in ready(server))
        assert ready(server)["refused"]["version"] == "?"
        assert "The champion file of 'fruit' is damaged" in ready(server)["refused"]["reason"]
        pointer.unlink()
        registry.promote(2)
        wait_for(server.process, lambda: ready(server)["version"] == "2")
        assert "refused" not in ready(server)


@each_door
@pytest.mark.parametrize("name", ["champion", "history"])
def test_a_pipe_hangs_no_start(registry: Registry, folder: Path, door: str, name: str) -> None:
    (registry.folder / name).unlink()
    os.mkfifo(registry.folder / name)
    if name == "history":
        with running(door, folder, registry.folder.parent, model=registry.name) as server:
            assert ready(server)["version"] == "1"
        return
    given = {"TWINSERVE_ARTIFACTS": str(registry.folder.parent), "TWINSERVE_MODEL": "fruit", "TWINSERVE_PORT": "0"}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **given}
    command = [sys.executable, "-m", door]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=DEADLINE
    )
    assert done.returncode == 2
    assert "The champion file of 'fruit' is damaged; promote a version to write it anew" in done.stderr


@pytest.fixture(autouse=True)
def no_secret(folder: Path) -> Iterator[None]:
    """No log of these servers holds the secret of the working directory."""
    yield
    for log in folder.glob("stderr"):
        assert hostile.SECRET.decode() not in log.read_text()

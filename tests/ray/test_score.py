"""`twinserve score --ray`: the files of a folder on a cluster, equal to this machine's, also where workers die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from harness.processes import family
from harness.ray_cluster import PATIENCE, Cluster, title, wait_until

pytestmark = [pytest.mark.environments, pytest.mark.timeout(900)]
FILES: Final = 6
ROWS: Final = 50_000
ACTOR: Final = "MapWorker"
"""A part of the name that Ray gives to the process of an actor of Ray Data."""
BAD: Final = 4
"""The exit code where some rows have errors."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parquet files of fruit, one of them in a folder of its own; some rows lack a weight."""
    root = tmp_path_factory.mktemp("fruit")
    rng = np.random.default_rng(0)
    for number in range(FILES):
        weights = rng.uniform(50, 400, ROWS)
        table = pa.table(
            {
                "id": np.arange(ROWS) + number * ROWS,
                "weight": pa.array(weights, mask=rng.random(ROWS) < 1e-4),
                "skin.colour": rng.choice(np.array(["red", "green", "blue"]), ROWS),
                "skin.spots": pa.array(rng.integers(0, 9, ROWS), mask=rng.random(ROWS) < 0.5),
            }
        )
        place = root / ("more" if number == 0 else "") / f"part-{number}.parquet"
        place.parent.mkdir(exist_ok=True)
        parquet.write_table(table, place)
    return root


def score(ray: Cluster, *arguments: str) -> subprocess.Popen[bytes]:
    """Start the command."""
    command = [sys.executable, "-m", "twinserve.cli.main", "score", *arguments]
    return subprocess.Popen(
        [*command, "--artifacts", str(ray.store), "--model", "fruit", "--pass", "id"],
        cwd=ray.folder, env=ray.environment, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Its exit code and what it said."""
    _, said = process.communicate(timeout=PATIENCE * 3)
    return process.returncode, said.decode()


def content(folder: Path) -> dict[str, bytes]:
    """Each file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def local(ray: Cluster, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The answers of this machine."""
    target = tmp_path_factory.mktemp("local") / "answers"
    assert ended(score(ray, str(folder), str(target)))[0] == BAD
    return content(target)


def test_the_cluster_writes_the_same_files(ray: Cluster, folder: Path, local: dict[str, bytes], tmp_path: Path) -> None:
    assert len(local) == FILES
    code, said = ended(score(ray, str(folder), str(tmp_path / "answers"), "--ray", ray.environment["RAY_ADDRESS"]))
    assert code == BAD, said
    assert f"{FILES * ROWS:,} rows" in said
    assert content(tmp_path / "answers") == local


def test_a_killed_worker_loses_nothing(ray: Cluster, folder: Path, local: dict[str, bytes], tmp_path: Path) -> None:
    process = score(ray, str(folder), str(tmp_path / "answers"), "--ray", ray.environment["RAY_ADDRESS"])
    killed = 0

    def actors() -> list[int]:
        numbers = [one.number for one in family(ray.nodes[0].pid)]
        return [number for number in numbers if ACTOR in title(number)]

    wait_until(actors, "an actor works")
    while killed < 2 and process.poll() is None:
        time.sleep(1.0)
        for number in actors()[:1]:
            os.kill(number, signal.SIGKILL)
            killed += 1
    code, said = ended(process)
    assert code == BAD, said
    assert killed == 2
    assert content(tmp_path / "answers") == local


def test_what_cannot_be_is_told_in_one_sentence(ray: Cluster, folder: Path, tmp_path: Path) -> None:
    (file,) = (folder / "more").iterdir()
    code, said = ended(score(ray, str(file), str(tmp_path / "a.parquet"), "--ray", "auto"))
    assert (code, said.splitlines()[-1].rpartition("error: ")[2]) == (
        2,
        "--ray takes a folder as IN: each of its files is answered by one worker of the cluster",
    )
    code, said = ended(score(ray, str(folder), str(tmp_path / "answers"), "--ray", "127.0.0.1:1"))
    assert code == 1
    assert "No cluster of Ray answers at '127.0.0.1:1'" in said

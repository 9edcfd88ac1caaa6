"""A cluster for each file of tests, and a plain worker of the same store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from harness import swapping
from harness.ray_cluster import Cluster, cluster
from harness.running import Running, running
from twinserve.store.registry import Registry

SETTINGS: Final = {"model": "fruit", "protocols": ""}


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Two versions that answer differently, and a damaged one."""
    return swapping.store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def ray(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[Cluster]:
    """A cluster of one node."""
    with cluster(tmp_path_factory.mktemp("ray"), registry.folder.parent, SETTINGS) as made:
        yield made


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[Running]:
    """The FastAPI door without Ray."""
    folder: Path = tmp_path_factory.mktemp("plain")
    with running("serve_fastapi", folder, registry.folder.parent, auth="none", **SETTINGS) as server:
        yield server

"""The stores that the hosts serve, the wheel that they have installed, and our own server's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from harness import fruit, swapping
from harness.running import Running, running
from tests.hosts.hosting import MAX_BODY, Host, StartUnder, hosting, unpacked


def neighbours(_: int) -> Mapping[str, Any]:
    """A model that scikit-learn serves, in the pool."""
    return {"neighbours": make_pipeline(fruit.columns_encoded(), KNeighborsClassifier(algorithm="brute"))}


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, a compiled one of two versions (`fruit`) and one that scikit-learn serves; not to be changed."""
    root = swapping.store(tmp_path_factory.mktemp("hosts")).folder.parent
    fruit.registered(replace(fruit.FRUIT, name="neighbours", candidates=neighbours), root)
    from twinserve.store.registry import Registry

    Registry(root, "neighbours").promote(1)
    return root


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of the wheel."""
    return unpacked(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def own_door(tmp_path_factory: pytest.TempPathFactory, store: Path) -> Iterator[Running]:
    """Our own server of the same model."""
    folder = tmp_path_factory.mktemp("own")
    with running("serve_fastapi", folder, store, model="fruit", max_body=MAX_BODY) as server:
        yield server


@pytest.fixture(scope="session")
def expected(own_door: Running) -> bytes:
    """The prediction of our own server."""
    return Host(own_door).predict(swapping.BODY, "/predict").body


@pytest.fixture
def start_under(tmp_path: Path, wheel: Path, store: Path) -> StartUnder:
    """How to start an app under a server."""
    return lambda server, app: hosting(server, app, tmp_path, wheel, store)

"""What an actor of Ray's does with a file, without a cluster: `tests/ray` has one."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from twinserve.bulk.files import on_ray
from twinserve.bulk.files.folder import Table
from twinserve.bulk.files.in_use import locked
from twinserve.bulk.files.on_ray import Actor, Work
from twinserve.bulk.options import Options
from twinserve.bulk.version import Opening
from twinserve.store.artifact import NO_TRUST


@pytest.fixture
def actor(pristine_fruit: Path, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """It looks at a locked file again and again."""
    monkeypatch.setattr(on_ray, "AGAIN", 0.01)
    return Actor(Work(Opening(pristine_fruit, "1", NO_TRUST, "warn"), Options(), "ndjson", None, "1"))


@pytest.fixture
def row(tmp_path: Path) -> Mapping[str, Any]:
    """A file of one fruit, and the places of its answers."""
    (tmp_path / "in.ndjson").write_bytes(b'{"weight": 171.5, "skin": {"colour": "red", "spots": null}}\n')
    return Table(tmp_path / "in.ndjson", tmp_path / "out.ndjson", tmp_path / "journal")._asdict()


def held(row: Mapping[str, Any]) -> int:
    """The lock of the answers, as another actor has it."""
    return locked(row["written"].with_name("out.ndjson.partial"), row["written"])


def test_a_lock_that_a_lost_node_left_behind_is_waited_for(actor: Actor, row: Mapping[str, Any]) -> None:
    lock = held(row)
    timer = threading.Timer(0.2, os.close, [lock])
    timer.start()
    assert actor(row) == {"rows": 1, "bad_rows": 0, "failed": ""}
    timer.join()
    assert row["written"].read_bytes().count(b"\n") == 1


def test_a_lock_that_stays_is_told(actor: Actor, row: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_ray, "LOCKED", 0.05)
    lock = held(row)
    assert "Another process writes" in actor(row)["failed"]
    os.close(lock)
    assert not row["written"].exists()

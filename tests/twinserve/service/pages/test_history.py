"""The versions of a model on its page: which are read, and what changed from one to the next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twinserve.service.pages.history import MOST, NOTHING, history
from twinserve.store import manifest
from twinserve.store.artifact import MANIFEST
from twinserve.testing.fakes import FakePredictor, opened, settings_of


def store(root: Path, count: int) -> Path:
    """A model of which each version has another seed, and the second another library."""
    facts = opened(FakePredictor()).manifest
    for version in range(1, count + 1):
        training = facts.training.model_copy(
            update={"seed": version, "libraries": {"scikit-learn": "1.7" if version < 2 else "1.8"}}
        )
        folder = root / "cars" / str(version)
        folder.mkdir(parents=True)
        (folder / MANIFEST).write_bytes(manifest.to_bytes(facts.model_copy(update={"training": training})))
    return root


def test_the_newest_come_first_with_what_changed(tmp_path: Path) -> None:
    """Each is compared with the one before it; the oldest with none."""
    found = history(settings_of(artifacts=store(tmp_path, 3)), "cars")
    assert [(past.version, past.since) for past in found.versions] == [(3, 2), (2, 1), (1, None)]
    assert [tuple(change) for change in found.versions[0].changes] == [("seed", "", "2", "3")]
    assert [tuple(change) for change in found.versions[1].changes] == [
        ("seed", "", "1", "2"),
        ("library", "scikit-learn", "1.7", "1.8"),
    ]
    assert (found.champion, found.metrics) == (None, ("accuracy",))


def test_only_some_are_read(tmp_path: Path) -> None:
    """However many versions there are."""
    found = history(settings_of(artifacts=store(tmp_path, MOST + 3)), "cars")
    assert [past.version for past in found.versions] == [*range(MOST + 3, 3, -1)]


def test_a_damaged_version_is_left_out(tmp_path: Path) -> None:
    """The others are compared with each other."""
    store(tmp_path, 3)
    (tmp_path / "cars" / "2" / MANIFEST).write_text(json.dumps({"format": 1}))
    found = history(settings_of(artifacts=tmp_path), "cars")
    assert [(past.version, past.since) for past in found.versions] == [(3, 1), (1, None)]


@pytest.mark.parametrize("name", ["cars", "no name at all"])
def test_a_missing_folder_is_no_error(tmp_path: Path, name: str) -> None:
    """Nor is a model that no folder can be named after."""
    assert history(settings_of(artifacts=tmp_path / "nothing"), name) == NOTHING

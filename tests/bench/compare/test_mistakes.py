"""The planted mistakes have exactly one place each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.compare.mistakes import CHANGES, MISTAKES, plant
from bench.compare.variants import named


def test_there_are_ten() -> None:
    """In each variant, or none where it has no place for one."""
    assert len(MISTAKES) == 10
    assert {len(changes) for changes in CHANGES.values()} == {10}


@pytest.mark.parametrize("name", CHANGES)
def test_each_changes_the_sources_and_leaves_python(name: str, tmp_path: Path) -> None:
    """A change that finds no place, or two, raises; each gives other sources, and they compile."""
    versions = set()
    for number, change in enumerate([("", ""), *CHANGES[name]]):
        if change is not None:
            plant(named(name), change, folder := tmp_path / f"planted_{number}")
            sources = [path.read_text().replace(folder.name, "") for path in sorted(folder.rglob("*.py"))]
            for source in sources:
                compile(source, name, "exec")
            versions.add(tuple(sources))
    assert len(versions) == 1 + sum(change is not None for change in CHANGES[name])


def test_a_change_without_a_place_raises(tmp_path: Path) -> None:
    """So that a variant can't be changed and its mistakes forgotten."""
    with pytest.raises(ValueError, match="0 times"):
        plant(named("flask_plain"), ("nowhere to be found", ""), tmp_path)

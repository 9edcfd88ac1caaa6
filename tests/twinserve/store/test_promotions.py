"""The champion's file: its number and the hold of a rollback, in one."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.twinserve.store.crashing import in_a_child, kill_at
from tests.twinserve.store.test_registry_history import store
from twinserve.errors import RegistryError
from twinserve.store.promotions import Hold, Standing
from twinserve.store.registry import Registry

SINCE = "2026-02-28T12:00:00Z"


def test_a_rollback_holds_the_version_that_it_goes_back_to(tmp_path: Path) -> None:
    registry = store(tmp_path, 3, 1, 2, 3)
    assert registry.standing() == Standing(3)
    before = datetime.now(UTC).replace(microsecond=0)
    hold = registry.rollback()
    assert registry.standing() == Standing(2, hold)
    assert before <= datetime.fromisoformat(hold.since) <= datetime.now(UTC)
    assert registry.rollback().version == 1
    assert registry.require_champion().hold is not None


@pytest.mark.parametrize("version", [1, 2, 3])
def test_promoting_any_version_ends_the_hold(tmp_path: Path, version: int) -> None:
    """The champion itself, too."""
    registry = store(tmp_path, 3, 1, 2, 3)
    registry.rollback()
    registry.promote(version)
    assert registry.standing() == Standing(version)


def test_the_hold_is_part_of_what_a_promotion_compares_with(tmp_path: Path) -> None:
    registry = store(tmp_path, 2, 1, 2)
    registry.rollback()
    pointer = registry.pointer()
    registry.promote(1)
    assert not registry.promote_after(pointer, 2)
    assert registry.standing() == Standing(1)


@pytest.mark.parametrize("content", ["2", "2\n", " 2 \r\n", "2\n\n"])
def test_a_file_without_a_hold_is_as_it_always_was(tmp_path: Path, content: str) -> None:
    registry = store(tmp_path, 2, 1, 2)
    (registry.folder / "champion").write_text(content)
    assert registry.standing() == Standing(2)


def test_a_file_with_a_hold_is_two_lines(tmp_path: Path) -> None:
    registry = store(tmp_path, 2, 1, 2)
    (registry.folder / "champion").write_text(f"2\nheld since {SINCE}\n")
    assert registry.standing() == Standing(2, Hold(2, SINCE))


@pytest.mark.parametrize("line", ["held", "held since", "held since today", f"held since {SINCE} so", "3", SINCE])
def test_any_other_second_line_is_a_damaged_file(tmp_path: Path, line: str) -> None:
    registry = store(tmp_path, 2, 1, 2)
    (registry.folder / "champion").write_text(f"2\n{line}\n")
    with pytest.raises(RegistryError, match="champion file of 'fruit' is damaged"):
        registry.standing()


@pytest.mark.parametrize("act", ["rollback", "promote"])
def test_killed_at_every_step_champion_and_hold_are_both_as_before_or_both_as_after(tmp_path: Path, act: str) -> None:
    seen, where, after = set(), (2, True), (1, True) if act == "rollback" else (4, False)
    for step in range(1, 40):
        registry = store(tmp_path / str(step), 4, 1, 2, 3)
        hold = registry.rollback()
        code = in_a_child(lambda at=step, to=registry: killed(to, act, at))  # type: ignore[misc]  # Bound now.
        standing = registry.require_champion()
        where = (standing.version, standing.hold is not None)
        assert where == after or standing == Standing(2, hold)
        assert registry.predecessor() in ((1, None) if act == "rollback" else (1, 2))
        seen.add(where)
        with registry.staging():
            pass
        left = {path.name for path in registry.folder.iterdir()}
        assert left == {"1", "2", "3", "4", "champion", "history", "lock"}
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert seen == {(2, True), after}
    assert step > 4
    assert where == after


def killed(registry: Registry, act: str, step: int) -> None:
    """Roll back, or promote version 4, and end right before a step in the store."""
    kill_at(step, os.fspath(registry.folder))
    if act == "rollback":
        registry.rollback()
    else:
        registry.promote(4)

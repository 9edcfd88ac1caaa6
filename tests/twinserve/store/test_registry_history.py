"""Rollback and pruning: the order in which versions served, and which of them may be removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinserve.errors import RegistryError
from twinserve.store.registry import Registry


def store(root: Path, versions: int, *promoted: int) -> Registry:
    """A registry with so many versions of one file each, promoted in this order."""
    registry = Registry(root, "fruit")
    for _ in range(versions):
        with registry.staging() as folder:
            (folder / "file").write_text("content")
            registry.register(folder)
    for version in promoted:
        registry.promote(version)
    return registry


@pytest.mark.parametrize(
    ("promoted", "champion", "predecessor"),
    [
        ((), None, None),
        ((1,), 1, None),
        ((1, 2), 2, 1),
        ((2, 1), 1, 2),
        ((1, 2, 2, 2), 2, 1),
        ((1, 1), 1, None),
        ((1, 2, 1), 1, 2),
        ((1, 2, 1, 2), 2, 1),
        ((3, 1, 2), 2, 1),
    ],
)
def test_the_predecessor_is_the_version_that_served_before(
    tmp_path: Path, promoted: tuple[int, ...], champion: int | None, predecessor: int | None
) -> None:
    registry = store(tmp_path, 3, *promoted)
    assert (registry.champion(), registry.predecessor()) == (champion, predecessor)


def test_rolling_back_goes_back_one_by_one_to_the_first(tmp_path: Path) -> None:
    registry = store(tmp_path, 3, 1, 3, 2, 3)
    assert [registry.rollback().version for _ in range(3)] == [2, 3, 1]
    assert (registry.champion(), registry.predecessor()) == (1, None)


def test_there_and_back(tmp_path: Path) -> None:
    """After a way back, promoting again makes the same way back again."""
    registry = store(tmp_path, 2, 1, 2)
    for _ in range(3):
        assert registry.rollback().version == registry.champion() == 1
        registry.promote(2)
        assert (registry.champion(), registry.predecessor()) == (2, 1)


def test_without_a_predecessor_there_is_no_way_back_and_nothing_changes(tmp_path: Path) -> None:
    registry = store(tmp_path, 1, 1)
    with pytest.raises(
        RegistryError, match=r"^No version of 'fruit' served before this one; promote one by its number"
    ):
        registry.rollback()
    assert registry.champion() == 1
    with pytest.raises(RegistryError, match="There are no models in "):
        store(tmp_path / "other", 0).rollback()


def test_a_predecessor_that_was_removed_is_no_way_back_and_nothing_changes(tmp_path: Path) -> None:
    registry = store(tmp_path, 2, 1, 2)
    registry.path(1).rename(registry.folder / ".aside")
    with pytest.raises(RegistryError, match=r"^There is no version 1 of 'fruit'; it has the versions 2\.$"):
        registry.rollback()
    assert registry.champion() == 2


# ---- files that a killed promotion or a person left ------------------------------------------------------------------


def test_a_promotion_that_was_killed_between_its_two_files_never_happened(tmp_path: Path) -> None:
    """Its number stands in the history and never served."""
    registry = store(tmp_path, 4, 1, 2)
    (registry.folder / "history").write_text("1\n2\n3\n")
    assert (registry.champion(), registry.predecessor()) == (2, 1)
    registry.promote(4)
    assert (registry.champion(), registry.predecessor()) == (4, 2)
    assert [registry.rollback().version, registry.rollback().version] == [2, 1]


def test_the_first_promotion_that_was_killed_between_its_two_files_never_happened(tmp_path: Path) -> None:
    registry = store(tmp_path, 2)
    (registry.folder / "history").write_text("1\n")
    assert (registry.champion(), registry.predecessor()) == (None, None)
    registry.promote(2)
    assert registry.predecessor() is None


def test_a_rollback_that_was_killed_between_its_two_files_is_done(tmp_path: Path) -> None:
    registry = store(tmp_path, 3, 1, 2, 3)
    (registry.folder / "champion").write_text("2\n")
    assert (registry.champion(), registry.predecessor()) == (2, 1)
    registry.promote(3)
    assert [registry.rollback().version, registry.rollback().version] == [2, 1]


def test_a_champion_written_by_hand_is_part_of_the_history(tmp_path: Path) -> None:
    registry = store(tmp_path, 3)
    (registry.folder / "champion").write_text("1\n")
    assert registry.predecessor() is None
    registry.promote(2)
    assert registry.predecessor() == 1


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x\ny\n", b"\x00"])
def test_a_damaged_history_costs_the_way_back_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    registry = store(tmp_path, 2, 1, 2)
    (registry.folder / "history").write_bytes(content)
    assert (registry.champion(), registry.predecessor()) == (2, None)
    registry.promote(1)
    assert registry.predecessor() == 2


def test_with_a_damaged_champion_nobody_knows_the_way_back(tmp_path: Path) -> None:
    registry = store(tmp_path, 2, 1, 2)
    (registry.folder / "champion").write_text("?")
    for ask in (registry.predecessor, registry.rollback):
        with pytest.raises(RegistryError, match="champion file of 'fruit' is damaged"):
            ask()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=8))
def test_any_promotions_and_rollbacks_go_the_way_that_a_list_would(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    """0 rolls back; a number promotes that version."""
    registry, expected = store(tmp_path_factory.mktemp("registry"), 3), list[int]()
    for step in steps:
        if step and expected[-1:] != [step]:
            expected.append(step)
        if step:
            registry.promote(step)
        elif len(expected) > 1:
            expected.pop()
            assert registry.rollback().version == expected[-1]
        assert registry.champion() == (expected[-1] if expected else None)
        assert registry.predecessor() == (expected[-2] if len(expected) > 1 else None)


# ---- pruning ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promoted", "keep", "left"),
    [
        ((5,), 1, [5]),
        ((5,), 2, [4, 5]),
        ((1,), 1, [1, 5]),
        ((1, 2), 1, [1, 2, 5]),
        ((2, 1), 2, [1, 2, 4, 5]),
        ((1, 2, 3), 1, [2, 3, 5]),
        ((), 2, [4, 5]),
        ((3,), 5, [1, 2, 3, 4, 5]),
        ((3,), 50, [1, 2, 3, 4, 5]),
    ],
)
def test_the_newest_the_champion_and_its_predecessor_are_kept(
    tmp_path: Path, promoted: tuple[int, ...], keep: int, left: list[int]
) -> None:
    registry = store(tmp_path, 5, *promoted)
    assert registry.prune(keep) == [version for version in range(1, 6) if version not in left]
    assert registry.versions() == left
    assert {path.name for path in registry.folder.iterdir()} <= {*map(str, left), "champion", "history", "lock"}


def test_after_pruning_the_way_back_is_open(tmp_path: Path) -> None:
    registry = store(tmp_path, 5, 1, 2, 3)
    registry.prune(1)
    assert registry.rollback().version == 2


@pytest.mark.parametrize("keep", [0, -1])
def test_one_version_has_to_be_kept(tmp_path: Path, keep: int) -> None:
    """Else its number would be given again, to another model."""
    registry = store(tmp_path, 3, 1)
    with pytest.raises(RegistryError, match=r"^Keep at least one version: "):
        registry.prune(keep)
    assert registry.versions() == [1, 2, 3]


def test_pruning_gives_no_number_twice(tmp_path: Path) -> None:
    registry = store(tmp_path, 3, 1)
    registry.prune(1)
    with registry.staging() as folder:
        assert registry.register(folder) == 4


def test_with_a_damaged_champion_nothing_is_removed(tmp_path: Path) -> None:
    registry = store(tmp_path, 3, 1)
    (registry.folder / "champion").write_text("?")
    with pytest.raises(RegistryError):
        registry.prune(1)
    assert registry.versions() == [1, 2, 3]


def test_a_store_that_is_not_there_has_nothing_to_prune(tmp_path: Path) -> None:
    assert Registry(tmp_path, "fruit").prune(1) == []
    assert list(tmp_path.iterdir()) == []

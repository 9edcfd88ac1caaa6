"""Versions have numbers, one of them is the champion, and every change is atomic."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from twinserve.errors import AskedWrongly, RegistryError
from twinserve.store.registry import Registry


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """An empty store."""
    return Registry(tmp_path / "artifacts", "fruit")


def add(registry: Registry) -> int:
    """Register a version of one file."""
    with registry.staging() as folder:
        (folder / "file").write_text("content")
        return registry.register(folder)


def names(registry: Registry) -> list[str]:
    """Everything in the model's folder but the lock, which stays for ever."""
    return sorted(path.name for path in registry.folder.iterdir() if path.name != "lock")


@pytest.mark.parametrize("name", ["a", "0", "tumor", "a-b_c", "x" * 64])
def test_plain_names_are_taken(tmp_path: Path, name: str) -> None:
    assert Registry(tmp_path, name).folder == tmp_path / name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "/etc", "a\\b", "A", "é", "-a", "_a", "a.b", "a b", "a\n", "a\0", "x" * 65]
)
def test_no_name_leads_out_of_the_store(tmp_path: Path, name: str) -> None:
    with pytest.raises(AskedWrongly, match=r"cannot name a model; use .*\.$"):
        Registry(tmp_path, name)


def test_a_store_that_is_not_there_has_nothing(registry: Registry) -> None:
    assert (registry.versions(), registry.champion()) == ([], None)


def test_looking_makes_no_folder(registry: Registry) -> None:
    registry.versions()
    registry.champion()
    assert not registry.folder.exists()


def test_numbers_count_from_one_and_sort_as_numbers(registry: Registry) -> None:
    assert [add(registry) for _ in range(11)] == list(range(1, 12))
    assert registry.versions() == list(range(1, 12))


def test_a_number_is_not_given_again_while_a_later_one_is_there(registry: Registry) -> None:
    for _ in range(3):
        add(registry)
    registry.path(2).rename(registry.folder / ".aside")
    assert add(registry) == 4


def test_a_number_that_a_file_or_a_broken_link_bears_is_passed_over(registry: Registry) -> None:
    """Else every training would end by that."""
    add(registry)
    (registry.folder / "2").write_text("stray")
    (registry.folder / "3").symlink_to("nowhere")
    assert add(registry) == 4
    assert registry.versions() == [1, 4]


@pytest.mark.parametrize("name", ["0", "01", "1.0", "v1", "-1", "1 ", "١", "12345678901", ".staging-x"])
def test_only_decimals_without_padding_are_versions(registry: Registry, name: str) -> None:
    add(registry)
    (registry.folder / name).mkdir()
    assert registry.versions() == [1]


def test_models_do_not_see_each_other(tmp_path: Path) -> None:
    one, other = Registry(tmp_path, "one"), Registry(tmp_path, "other")
    add(one)
    assert other.versions() == []


def test_a_registered_version_is_readable_by_other_users(registry: Registry) -> None:
    """Staging folders are private; a server may run as another user."""
    add(registry)
    registry.promote(1)
    assert registry.path(1).stat().st_mode & 0o777 == 0o755
    assert (registry.folder / "champion").stat().st_mode & 0o777 == 0o644


# ---- the champion ---------------------------------------------------------------------------------------------------


def test_the_champion_is_the_version_promoted_last(registry: Registry) -> None:
    add(registry)
    add(registry)
    registry.promote(2)
    assert registry.champion() == 2
    registry.promote(1)
    assert registry.champion() == 1
    assert (registry.folder / "champion").read_text() == "1\n"


def test_a_version_that_does_not_exist_is_not_promoted(registry: Registry) -> None:
    with pytest.raises(RegistryError, match=r"^There are no models in .* yet; train one, "):
        registry.promote(1)
    add(registry)
    with pytest.raises(RegistryError, match=r"^There is no version 7 of 'fruit'; it has the versions 1\.$"):
        registry.promote(7)
    assert registry.champion() is None


def test_a_promotion_after_another_one_is_not_made(registry: Registry) -> None:
    """A comparison with the former champion has to be repeated."""
    for _ in range(3):
        add(registry)
    before = registry.pointer()
    assert before is None
    assert registry.promote_after(before, 1)
    assert not registry.promote_after(before, 2)
    assert registry.champion() == 1
    assert registry.promote_after(registry.pointer(), 3)
    assert (registry.champion(), registry.predecessor()) == (3, 1)


def test_a_damaged_champion_file_that_stayed_as_it_was_is_replaced(registry: Registry) -> None:
    add(registry)
    (registry.folder / "champion").write_bytes(b"\xff")
    assert registry.promote_after(registry.pointer(), 1)
    assert registry.champion() == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"x", b"0", b"-1", b"1.0", b"1\n2\n", b"\xff", b"99999999999", b"1\0"])
def test_a_damaged_champion_file_is_told_and_promoting_heals_it(registry: Registry, content: bytes) -> None:
    add(registry)
    (registry.folder / "champion").write_bytes(content)
    with pytest.raises(RegistryError, match=r"^The champion file of 'fruit' is damaged; promote .*\.$"):
        registry.champion()
    registry.promote(1)
    assert registry.champion() == 1


@pytest.mark.parametrize("content", ["1", "1\n", " 1 \r\n"])
def test_a_champion_file_may_be_written_by_hand(registry: Registry, content: str) -> None:
    add(registry)
    (registry.folder / "champion").write_text(content)
    assert registry.champion() == 1


def _promote_in_turn(registry: Registry, times: int) -> None:
    for turn in range(times):
        registry.promote(1 + turn % 2)


def test_a_reader_never_sees_a_half_promotion(registry: Registry) -> None:
    add(registry)
    add(registry)
    registry.promote(1)
    writer = multiprocessing.get_context("spawn").Process(target=_promote_in_turn, args=(registry, 200))
    writer.start()
    try:
        seen = set()
        while writer.is_alive():
            seen.add(registry.champion())
    finally:
        writer.join(30)
    assert writer.exitcode == 0
    assert seen == {1, 2}
    assert not [name for name in names(registry) if name.startswith(".")]


# ---- writers ending badly -------------------------------------------------------------------------------------------


def test_a_writer_that_fails_leaves_nothing(registry: Registry) -> None:
    with pytest.raises(FileNotFoundError), registry.staging() as folder:
        (folder / "no folder" / "half").write_text("x")
    assert names(registry) == []


def test_a_writer_that_registers_nothing_leaves_nothing(registry: Registry) -> None:
    with registry.staging() as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("x")
    assert names(registry) == []


def test_a_promotion_that_fails_leaves_nothing(registry: Registry) -> None:
    add(registry)
    (registry.folder / "champion").mkdir()
    (registry.folder / "champion" / "in the way").touch()
    with pytest.raises(OSError, match="champion"):
        registry.promote(1)
    assert not [name for name in names(registry) if name.startswith(".")]


ROOT = Path(__file__).parents[3]
HOLDING = """
import sys
from pathlib import Path
from twinserve.store.registry import Registry

with Registry(Path(sys.argv[1]), "fruit").staging() as folder:
    (folder / "half").write_text("x")
    print(folder.name, flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_training(registry: Registry) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process in the middle of writing a version, and the name of its folder."""
    command = [sys.executable, "-c", HOLDING, str(registry.folder.parent)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_what_a_killed_training_left_is_removed_by_the_next(registry: Registry) -> None:
    with another_training(registry) as (process, folder):
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        assert folder in names(registry)
        assert registry.versions() == []
        assert add(registry) == 1
        assert names(registry) == ["1"]


def test_what_a_living_training_writes_is_left_alone(registry: Registry) -> None:
    with another_training(registry) as (process, folder):
        assert add(registry) == 1
        assert names(registry) == [folder, f"{folder}.lock", "1"]
        process.communicate("", timeout=30)
        assert names(registry) == ["1"]


def _add_many(registry: Registry, count: int) -> list[int]:
    return [add(registry) for _ in range(count)]


def test_trainings_at_once_get_a_number_each(registry: Registry) -> None:
    """And none takes another's folder for a leftover."""
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        given = pool.starmap(_add_many, [(registry, 40)] * 3)
    assert sorted(number for numbers in given for number in numbers) == list(range(1, 121))
    assert sorted(names(registry), key=int) == [str(number) for number in range(1, 121)]


def test_a_number_taken_meanwhile_is_passed_over(registry: Registry) -> None:
    with registry.staging() as first, registry.staging() as second:
        (first / "file").touch()
        (second / "file").touch()
        assert [registry.register(second), registry.register(first)] == [1, 2]


@pytest.mark.parametrize(("mode", "expected"), [(0o2775, 0o775), (0o755, 0o755), (0o700, 0o755)])
def test_a_version_is_writable_for_the_group_that_writes_to_its_model(
    registry: Registry, mode: int, expected: int
) -> None:
    """So that another user of the group can prune it."""
    registry.folder.mkdir(parents=True)
    registry.folder.chmod(mode)
    assert registry.path(add(registry)).stat().st_mode & 0o777 == expected

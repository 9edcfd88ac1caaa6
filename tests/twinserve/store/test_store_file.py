"""Only regular files of a limited size are read from a store, without blocking."""

from __future__ import annotations

import os
import socket
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import hostile
from tests.hostile import Damage
from twinserve import bounds
from twinserve.errors import ArtifactRefused, RegistryError
from twinserve.store import store_file
from twinserve.store.artifact import Trust, open_version, read_manifest
from twinserve.store.deadline import Deadline
from twinserve.store.manifest import digest
from twinserve.store.registry import Registry
from twinserve.store.seal import SEAL, new_keys
from twinserve.store.store_file import open_folder, read_small

Make = Callable[[Path], object]


def refusal(folder: Path, trust: Trust | None = None) -> str:
    """Why this version is not opened."""
    with pytest.raises(ArtifactRefused) as refused:
        open_version(folder, trust or Trust())
    return str(refused.value)


def a_pipe(path: Path) -> None:
    """Without a writer."""
    os.mkfifo(path)


def a_link(path: Path) -> None:
    """To a file that is there."""
    path.with_name("other").write_text("1\n")
    path.symlink_to("other")


def a_socket(path: Path) -> None:
    """A socket at which no process listens."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def a_device(path: Path) -> None:
    """By a link, as making one takes root."""
    path.symlink_to("/dev/zero")


def a_huge_file(path: Path) -> None:
    """Of two gigabytes that take none of the disk."""
    path.touch()
    os.truncate(path, hostile.SPARSE)


NO_FILES = [a_pipe, a_link, a_socket, a_device, Path.mkdir, a_huge_file]


# ---- one file --------------------------------------------------------------------------------------------------------


def test_a_small_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"12345678")
    assert read_small(tmp_path / "small", 8) == b"12345678"
    with pytest.raises(ArtifactRefused, match="The file small has more than 7 bytes; "):
        read_small(tmp_path / "small", 7)
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "none", 7)


@pytest.mark.parametrize("make", NO_FILES)
def test_what_is_no_small_file_is_refused_at_once(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "odd")
    with pytest.raises(ArtifactRefused, match="odd"):
        read_small(tmp_path / "odd", bounds.POINTER)


def test_the_digest_of_a_large_file_takes_one_piece_of_memory(tmp_path: Path) -> None:
    (tmp_path / "card.html").write_bytes(content := bytes(range(256)) * 4096 * 20)
    with open_folder(tmp_path, bounds.ARTIFACT) as folder:
        tracemalloc.start()
        assert folder.read("card.html", keep=False) == (digest(content), b"")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4 * store_file.PIECE


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"1" * 10)
    read = os.read

    def growing(descriptor: int, length: int) -> bytes:
        with path.open("ab") as file:
            file.write(b"2")
        return read(descriptor, length)

    monkeypatch.setattr(os, "read", growing)
    with open_folder(tmp_path, 100) as folder, pytest.raises(ArtifactRefused, match="grew while it was read"):
        folder.read("growing")


def test_a_read_ends_when_nobody_waits_any_more(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_bytes(b"1")
    with open_folder(tmp_path, 100) as folder, pytest.raises(ArtifactRefused, match="was not open after 0 s"):
        folder.read("card.md", Deadline(0.0))


# ---- a version -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (hostile.sparse_file, "The file golden.json has more than 16777216 bytes"),
        (hostile.sparse_manifest, "The file manifest.json has more than 1048576 bytes"),
        (hostile.sparse_card, "The file card.html has more than 1073741824 bytes"),
        (hostile.many_files, "The artifact holds more files than any artifact has"),
        (hostile.deep_folders, "The artifact holds more files than any artifact has"),
        (hostile.many_parts, "The file golden.json has more parts than such a file may have"),
        (hostile.many_features, "The file signature.json has more parts than such a file may have"),
        (hostile.pipe, "golden.json is neither a file nor a folder"),
        (hostile.link, "golden.json is neither a file nor a folder"),
        (hostile.linked_folder, "figures is neither a file nor a folder"),
    ],
)
def test_a_version_of_odd_files_is_refused_without_reading_them(version: Path, damage: Damage, sentence: str) -> None:
    damage(version)
    tracemalloc.start()
    assert refusal(version).startswith(sentence)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * bounds.MIB


def test_all_files_together_are_bounded_by_a_setting(version: Path) -> None:
    size = sum(path.stat().st_size for path in version.rglob("*") if path.is_file())
    open_version(version, Trust(max_artifact=size))
    assert refusal(version, Trust(max_artifact=size - 1)) == (
        f"The artifact has more than {size - 1} bytes; restore it or allow more (MAX_ARTIFACT)."
    )


@pytest.mark.parametrize("damage", [hostile.sparse_file, hostile.many_files, hostile.pipe, hostile.link])
def test_a_seal_that_is_not_ours_is_told_before_anything_else(version: Path, damage: Damage) -> None:
    """Two small files are read until then, so what else is there does not matter."""
    damage(version)
    (version / SEAL).write_bytes(bytes(64))
    assert refusal(version, Trust(seal_key=new_keys()[1])).startswith("The artifact's seal was made with another key")


@pytest.mark.parametrize("make", NO_FILES)
def test_a_seal_and_a_manifest_are_files_as_well(version: Path, make: Make) -> None:
    make(version / SEAL)
    assert SEAL in refusal(version, Trust(seal_key=new_keys()[1]))
    (version / "manifest.json").unlink()
    make(version / "manifest.json") if make is not a_link else (version / "manifest.json").symlink_to("card.md")
    assert "manifest.json" in refusal(version)
    with pytest.raises(ArtifactRefused, match="manifest"):
        read_manifest(version)


def test_where_a_version_lies_may_be_a_link(version: Path, tmp_path: Path) -> None:
    """Kubernetes mounts volumes so: the store, a model's folder and a version's folder may be links, nothing inside."""
    store = tmp_path / "mounted" / "..data"
    (store / "tumor").mkdir(parents=True)
    (store / "tumor" / "1").symlink_to(version)
    (store / "tumor" / "champion").write_text("1\n")
    (tmp_path / "store").symlink_to(store)
    registry = Registry(tmp_path / "store", "tumor")
    assert open_version(registry.require(registry.champion() or 0), Trust()).manifest.name == "fruit"


# ---- the pointer and the history ------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", NO_FILES)
def test_a_pointer_that_is_no_file_is_a_damaged_one(tmp_path: Path, make: Make) -> None:
    registry = Registry(tmp_path, "tumor")
    registry.path(1).mkdir(parents=True)
    make(registry.folder / "champion")
    with pytest.raises(RegistryError, match="The champion file of 'tumor' is damaged"):
        registry.champion()
    assert registry.pointer() == b""
    if make is not Path.mkdir:
        registry.promote(1)
        assert registry.champion() == 1


@pytest.mark.parametrize("make", NO_FILES)
def test_a_history_that_is_no_file_is_an_empty_one(tmp_path: Path, make: Make) -> None:
    registry = Registry(tmp_path, "tumor")
    registry.path(1).mkdir(parents=True)
    (registry.folder / "champion").write_text("1\n")
    make(registry.folder / "history")
    assert registry.predecessor() is None


@pytest.mark.parametrize("make", [a_link, a_device])
def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path, make: Make) -> None:
    """What it leads to is not made, nor held."""
    registry = Registry(tmp_path, "tumor")
    registry.path(1).mkdir(parents=True)
    make(registry.folder / "lock")
    with pytest.raises(OSError, match="lock"):
        registry.promote(1)

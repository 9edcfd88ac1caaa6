"""A file that is read again when it changes, at a limited rate, and keeps its content after an invalid write."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from twinserve.service.auth.reloading_file import INTERVAL, MOST, Fresh


class Clock:
    """A clock that is set by the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def number(content: bytes) -> int:
    """Parse a number; raises `ValueError` with the content in its message."""
    return int(content)


@pytest.fixture
def clock() -> Clock:
    """A clock at 0."""
    return Clock()


def test_a_change_is_seen_after_the_interval(tmp_path: Path, clock: Clock) -> None:
    """Within the interval the file is not read."""
    path = tmp_path / "file"
    path.write_bytes(b"1")
    held = Fresh(path, number, clock)
    path.write_bytes(b"22")
    assert held.get() == 1
    clock.now = INTERVAL
    assert held.get() == 22


def test_a_file_of_the_same_size_and_time_is_still_another_file(tmp_path: Path, clock: Clock) -> None:
    """A replaced file has another inode number."""
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_bytes(b"1")
    held = Fresh(path, number, clock)
    other.write_bytes(b"2")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    clock.now = INTERVAL
    assert held.get() == 2


def test_what_cannot_be_read_changes_nothing_and_is_said_once(tmp_path: Path, clock: Clock) -> None:
    """An invalid or missing file is logged once, without its content."""
    path = tmp_path / "file"
    path.write_bytes(b"1")
    held = Fresh(path, number, clock)
    path.write_bytes(b"secret")
    with capture_logs() as logs:
        for _ in range(3):
            clock.now += INTERVAL
            assert held.get() == 1
        path.unlink()
        for _ in range(3):
            clock.now += INTERVAL
            assert held.get() == 1
        path.write_bytes(b"3")
        clock.now += INTERVAL
        assert held.get() == 3
    assert [(entry["log_level"], entry.get("reason")) for entry in logs] == [
        ("error", "ValueError"),
        ("error", "No such file or directory"),
        ("info", None),
    ]
    assert "secret" not in str(logs)


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """A context in which this process can open no file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_the_system_did_not_let_be_read_is_read_later(tmp_path: Path, clock: Clock) -> None:
    """Without another change of the file: a key that was revoked meanwhile must not stay valid for ever."""
    path = tmp_path / "file"
    path.write_bytes(b"1")
    held = Fresh(path, number, clock)
    path.write_bytes(b"22")
    with capture_logs() as logs:
        with no_descriptor_left():
            for _ in range(3):
                clock.now += INTERVAL
                assert held.get() == 1
        clock.now += INTERVAL
        assert held.get() == 22
    assert [entry.get("reason") for entry in logs] == ["Too many open files", None]


def test_a_pipe_a_folder_or_an_endless_file_is_refused_at_once(tmp_path: Path, clock: Clock) -> None:
    """At the start and later: reading one would hold every request, or fill the memory."""
    path, pipe, huge = (tmp_path / name for name in ("file", "pipe", "huge"))
    path.write_bytes(b"1")
    os.mkfifo(pipe)
    with huge.open("wb") as file:
        file.truncate(MOST + 1)
    for odd, reason in ((pipe, "Not a regular file"), (Path("/dev/zero"), "Not a regular"), (huge, "too large")):
        with pytest.raises(OSError, match=reason):
            Fresh(odd, number, clock)
    held = Fresh(path, number, clock)
    pipe.replace(path)
    clock.now += INTERVAL
    assert held.get() == 1


def test_the_first_content_must_be_good(tmp_path: Path, clock: Clock) -> None:
    """An invalid file at the start is an error."""
    with pytest.raises(OSError, match="No such file"):
        Fresh(tmp_path / "none", number, clock)
    (tmp_path / "bad").write_bytes(b"x")
    with pytest.raises(ValueError, match="invalid literal"):
        Fresh(tmp_path / "bad", number, clock)

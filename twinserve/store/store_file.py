"""Reading files of a store, to which another user may write: only regular files of limited size, without blocking.

Opening a pipe could block for ever, a device may have no end, and a sparse file of two gigabytes takes no disk space.
Type and size are those of the open descriptor, so that the file cannot be exchanged between check and use.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from twinserve import bounds
from twinserve.errors import ArtifactRefused
from twinserve.store.deadline import Deadline

NEVER_WAIT: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
LINK: Final = frozenset({errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.ENODEV, errno.EOPNOTSUPP})
"""The errors of opening a link, a socket or a device without a driver."""
PIECE: Final = 1024 * 1024


def read_small(path: Path, most: int) -> bytes:
    """The content of a file; raises `OSError`, and `ArtifactRefused` unless it is regular with at most `most` bytes."""
    descriptor = _open(path.name, path)
    try:
        _require(path.name, os.fstat(descriptor), most)
        content = os.read(descriptor, most + 1)
    finally:
        os.close(descriptor)
    if len(content) > most:  # It has grown since the check.
        raise _too_large(path.name, most)
    return content


def parts(content: bytes) -> int:
    """The number of objects and arrays in a JSON file, or more, as brackets in its strings count too."""
    return content.count(b"{") + content.count(b"[")


class Folder:
    """An open folder of a version; renaming it or putting a link in its place changes nothing."""

    def __init__(self, descriptor: int, most: int) -> None:
        self._descriptor, self._most = descriptor, most

    def sizes(self) -> dict[str, int]:
        """The sizes of all files by their path in the folder, sorted.

        Raises `ArtifactRefused` for anything but files and folders, and for too many or too large files.
        """
        sizes: dict[str, int] = {}
        for count, (name, about) in enumerate(self._walk("", self._descriptor)):
            if count >= bounds.ENTRIES or name.count("/") >= bounds.NESTING:
                raise ArtifactRefused("The artifact holds more files than any artifact has; restore it or train again.")
            if not stat.S_ISDIR(about.st_mode):
                sizes[name] = _require(name, about, bounds.FILES.get(name, self._most))
        if sum(sizes.values()) > self._most:
            raise ArtifactRefused(
                f"The artifact has more than {self._most} bytes; restore it or allow more (MAX_ARTIFACT)."
            )
        return dict(sorted(sizes.items()))

    def _walk(self, inside: str, descriptor: int) -> Iterator[tuple[str, os.stat_result]]:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                name, about = f"{inside}{entry.name}", entry.stat(follow_symlinks=False)
                yield name, about
                if stat.S_ISDIR(about.st_mode):
                    with _folder(entry.name, descriptor) as below:
                        yield from self._walk(f"{name}/", below)

    def read(self, name: str, deadline: Deadline | None = None, *, keep: bool = True) -> tuple[str, bytes]:
        """A file's SHA-256, in hexadecimal, and its content, which is empty unless `keep`.

        Raises `FileNotFoundError`, and `ArtifactRefused` as `sizes` does.
        """
        sha256, kept = hashlib.sha256(), []
        with self._opened(name) as descriptor:
            for piece in _pieces(name, descriptor, bounds.FILES.get(name, self._most), deadline):
                sha256.update(piece)
                if keep:
                    kept.append(piece)
        content = b"".join(kept)
        if name in bounds.PARTS and parts(content) > bounds.PARTS[name]:
            raise ArtifactRefused(
                f"The file {name} has more parts than such a file may have; restore it or train again."
            )
        return sha256.hexdigest(), content

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        folder, _, rest = name.partition("/")
        if rest:
            with _folder(folder, self._descriptor) as below, Folder(below, self._most)._opened(rest) as descriptor:
                yield descriptor
            return
        descriptor = _open(name, name, self._descriptor)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


@contextmanager
def open_folder(path: Path, most: int) -> Iterator[Folder]:
    """A context with the folder of a version. Its path may contain links, its files may not be links.

    `most`: the limit of the bytes of all files."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Folder(descriptor, most)
    finally:
        os.close(descriptor)


@contextmanager
def _folder(name: str, beside: int) -> Iterator[int]:
    descriptor = os.open(name, NEVER_WAIT | os.O_DIRECTORY, dir_fd=beside)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open(name: str, path: str | Path, beside: int | None = None) -> int:
    """The descriptor of a file, opened without following a link; `path` is relative to the folder `beside` if given."""
    try:
        return os.open(path, NEVER_WAIT, dir_fd=beside)
    except OSError as error:
        if error.errno in LINK:
            raise _no_file(name) from None
        raise


def _pieces(name: str, descriptor: int, most: int, deadline: Deadline | None) -> Iterator[bytes]:
    """The content in pieces; raises `ArtifactRefused` if the file grows meanwhile."""
    left = _require(name, os.fstat(descriptor), most)
    while piece := os.read(descriptor, PIECE):
        if deadline is not None:
            deadline.check()
        left -= len(piece)
        if left < 0:
            raise ArtifactRefused(f"The file {name} grew while it was read; restore the artifact or train again.")
        yield piece


def _require(name: str, about: os.stat_result, most: int) -> int:
    """The size of a file; raises `ArtifactRefused` unless it is regular and has at most `most` bytes."""
    if not stat.S_ISREG(about.st_mode):
        raise _no_file(name)
    if about.st_size > most:
        raise _too_large(name, most)
    return about.st_size


def _no_file(name: str) -> ArtifactRefused:
    return ArtifactRefused(f"{name.rpartition('/')[2]} is neither a file nor a folder; remove it or train again.")


def _too_large(name: str, most: int) -> ArtifactRefused:
    return ArtifactRefused(f"The file {name} has more than {most} bytes; restore the artifact or train again.")

"""The registry: the versions of a model on disk, and the champion, which is the version that serves.

Layout: `<root>/<name>/<version>/` and two text files, `champion` with the champion's number and `history` with the
promotions in their order, for a rollback. Each change is one rename, so a reader sees the state before or after it, and
a killed writer leaves at most a staging folder, which the next training removes. The empty file `lock` is never
removed: two writers could otherwise lock two files of this name at once.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from twinserve import bounds
from twinserve.errors import ArtifactRefused, AskedWrongly, RegistryError, StoreUnreadable
from twinserve.store.file_lock import acquire, is_held, sync_folder
from twinserve.store.store_file import read_small
from twinserve.store.unreadable import unreadable

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
VERSION: Final = re.compile(r"[1-9][0-9]{0,9}")
CHAMPION: Final = "champion"
HISTORY: Final = "history"
LOCK: Final = "lock"
STAGING: Final = ".staging-"


class Registry:
    """The versions of one model below a root folder."""

    def __init__(self, root: Path, name: str) -> None:
        if not NAME.fullmatch(name):
            raise AskedWrongly(
                f"{name!r} cannot name a model; use up to 64 of a-z, 0-9, - and _, starting with a letter or digit."
            )
        self.name = name
        self.folder = root / name

    def versions(self) -> list[int]:
        """The numbers of all versions, ascending."""
        if not self.folder.is_dir():
            return []
        return sorted(
            int(path.name) for path in self.folder.iterdir() if VERSION.fullmatch(path.name) and path.is_dir()
        )

    def path(self, version: int) -> Path:
        """The folder of a version, whether it exists or not."""
        return self.folder / str(version)

    def champion(self) -> int | None:
        """The number of the champion; None before the first promotion.

        Raises `RegistryError` if its file is damaged, and of these `StoreUnreadable` if the system cannot read it."""
        content = self.pointer()
        if content is None:
            return None
        text = content.decode("ascii", "replace").strip()
        if not VERSION.fullmatch(text):
            raise RegistryError(f"The champion file of {self.name!r} is damaged; promote a version to write it anew.")
        return int(text)

    def predecessor(self) -> int | None:
        """The version that was champion before this one; None if there was none."""
        self.champion()  # Raises if its file is damaged.
        served = self._served()
        return served[-2] if len(served) > 1 else None

    def pointer(self) -> bytes | None:
        """The content of the champion's file, damaged or not; None if it does not exist."""
        return self._content(CHAMPION, bounds.POINTER)

    def promote(self, version: int) -> None:
        """Make a version the champion, atomically."""
        self.require(version)
        with self._locked():
            self._promote(version)

    def promote_after(self, pointer: bytes | None, version: int) -> bool:
        """Promote a version if the champion's file still has this content; gives whether it had."""
        self.require(version)
        with self._locked():
            unchanged = self.pointer() == pointer
            if unchanged:
                self._promote(version)
        return unchanged

    def _promote(self, version: int) -> None:
        self.require(version)  # It may have been pruned meanwhile.
        served = self._served()
        self._replace(HISTORY, [*served, version] if served[-1:] != [version] else served)
        self._replace(CHAMPION, [version])

    def rollback(self) -> int:
        """Make the champion's predecessor the champion again; gives the predecessor's number."""
        self._require_predecessor()
        with self._locked():
            version = self._require_predecessor()  # Another version may have been promoted meanwhile.
            served = self._served()[:-1]
            self._replace(CHAMPION, [version])  # First: the history is read up to the champion.
            self._replace(HISTORY, served)
        return version

    def _require_predecessor(self) -> int:
        version = self.predecessor()
        if version is None:
            raise RegistryError(f"No version of {self.name!r} served before this one; promote one by its number.")
        self.require(version)
        return version

    def prune(self, keep: int) -> list[int]:
        """Remove all but the newest versions, the champion and its predecessor; gives the numbers removed."""
        if keep < 1:
            raise RegistryError("Keep at least one version: the next version is numbered after the newest one.")
        if not self.folder.is_dir():
            return []
        with self._locked():  # A training that starts now would remove these folders as leftovers.
            versions = self.versions()  # Read once, before another is registered.
            kept = {*versions[-keep:], self.champion(), self.predecessor()}
            removed = [version for version in versions if version not in kept]
            for version in removed:
                # Renamed first, so that no reader sees part of a version.
                discarded = Path(tempfile.mkdtemp(prefix=STAGING, dir=self.folder))
                self.path(version).rename(discarded / str(version))
                shutil.rmtree(discarded)
        return removed

    def require(self, version: int) -> Path:
        """The folder of a version; raises `RegistryError` if it does not exist."""
        if not self.path(version).is_dir():
            raise RegistryError(f"There is no version {version} of {self.name!r}; it has {self._listed()}.")
        return self.path(version)

    def _served(self) -> list[int]:
        """The versions in the order in which they were champion, the present one last.

        A promotion that was killed between writing its two files leaves a number after the champion's in the history.
        """
        history = self._history()
        try:
            champion = self.champion()
        except StoreUnreadable:
            raise
        except RegistryError:  # Damaged; only the history is left.
            return history
        if champion is None:
            return []
        if champion not in history:  # Written by hand.
            return [*history, champion]
        return history[: len(history) - history[::-1].index(champion)]

    def _history(self) -> list[int]:
        """The versions in the order of their promotions, without damaged lines."""
        lines = (self._content(HISTORY, bounds.HISTORY) or b"").decode("ascii", "replace").split()
        return [int(line) for line in lines if VERSION.fullmatch(line)]

    def _content(self, name: str, most: int) -> bytes | None:
        """The content of a text file: None if it does not exist, empty if it is a pipe, a folder or too large."""
        try:
            return read_small(self.folder / name, most)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(f"The {name} file of {self.name!r}", error) from error
        except ArtifactRefused:
            return b""

    def _replace(self, name: str, numbers: Sequence[int]) -> None:
        descriptor, written = tempfile.mkstemp(dir=self.folder, prefix=STAGING)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write("".join(f"{number}\n" for number in numbers))
                file.flush()
                os.fsync(file.fileno())
            Path(written).chmod(0o644)
            Path(written).replace(self.folder / name)
        finally:
            Path(written).unlink(missing_ok=True)  # It exists only after an error.
        sync_folder(self.folder)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A context with an empty folder to write a version into, which is removed at the end unless registered.

        A file beside it is locked meanwhile, so that another training can tell it from the leftovers of a killed one.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():  # Else another training could remove the folder before it is locked.
            self._remove_leftovers()
            folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=self.folder))
            lock = _lock_of(folder)
            descriptor = acquire(lock)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)
            lock.unlink(missing_ok=True)

    def register(self, staged: Path) -> int:
        """Rename a complete staged folder to the next free number; safe with other trainings. Gives the number."""
        staged.chmod(0o755 | self.folder.stat().st_mode & stat.S_IRWXG)  # A group that writes here may prune it.
        names = [path.name for path in self.folder.iterdir()]  # A file takes a number, too.
        number = max((int(name) for name in names if VERSION.fullmatch(name)), default=0)
        while True:
            number += 1
            try:
                staged.rename(self.path(number))  # Fails where another training took the number first.
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
            else:
                sync_folder(self.folder)
                return number

    def _remove_leftovers(self) -> None:
        """Remove what no running writer holds. The lock must be held: every temporary name is made under it."""
        for path in self.folder.glob(f"{STAGING}*"):
            if is_held(_lock_of(path)):  # Of a lock file, this is the file itself.
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """A context that holds the lock of this model."""
        descriptor = acquire(self.folder / LOCK)
        try:
            yield
        finally:
            os.close(descriptor)

    def _listed(self) -> str:
        versions = self.versions()
        return f"the versions {', '.join(map(str, versions))}" if versions else "no versions"


def _lock_of(staged: Path) -> Path:
    return staged.with_suffix(".lock")

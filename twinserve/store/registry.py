"""The versions of a model on disk, and which of them is the champion.

Layout: `<root>/<name>/<version>/`, and two text files: `champion` holds the champion's number, `history` the promotions
in their order, for the way back. Every change is one rename, so a reader sees the state before or after, and a killed
writer leaves at most a staging folder that the next training removes. The empty file `lock` stays for ever: a lock file
that is removed is one that two writers can hold at once.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from twinserve import bounds
from twinserve.errors import ArtifactRefused, AskedWrongly, RegistryError
from twinserve.store.file_lock import acquire, is_held, sync_folder
from twinserve.store.store_file import read_small

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

    def others(self) -> list[str]:
        """The other models of the store that have versions, by name."""
        store = self.folder.parent
        names = sorted(path.name for path in store.iterdir() if NAME.fullmatch(path.name)) if store.is_dir() else []
        return [name for name in names if name != self.name and Registry(store, name).versions()]

    def path(self, version: int) -> Path:
        """The folder of a version, whether it exists or not."""
        return self.folder / str(version)

    def champion(self) -> int | None:
        """The number of the version that serves; None before the first promotion."""
        try:
            text = read_small(self.folder / CHAMPION, bounds.POINTER).decode("ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, ArtifactRefused):
            text = ""
        if not VERSION.fullmatch(text):
            raise RegistryError(f"The champion file of {self.name!r} is damaged; promote a version to write it anew.")
        return int(text)

    def predecessor(self) -> int | None:
        """The version that served before the champion; None where there was none."""
        self.champion()  # Says so where nobody knows which one that is.
        served = self._served()
        return served[-2] if len(served) > 1 else None

    def pointer(self) -> bytes | None:
        """The champion's file as it is, damaged or not; None where there is none."""
        try:
            return read_small(self.folder / CHAMPION, bounds.POINTER)
        except FileNotFoundError:
            return None
        except ArtifactRefused:  # A pipe, a folder, a large file: damaged in a way of its own.
            return b""

    def promote(self, version: int) -> None:
        """Make a version the champion, in one atomic step."""
        self.require(version)
        with self._locked():
            self._promote(version)

    def promote_after(self, pointer: bytes | None, version: int) -> bool:
        """The same, only if the champion's file is still as it was; gives whether it was."""
        self.require(version)
        with self._locked():
            unchanged = self.pointer() == pointer
            if unchanged:
                self._promote(version)
        return unchanged

    def _promote(self, version: int) -> None:
        self.require(version)  # A pruning may have been faster.
        served = self._served()
        self._replace(HISTORY, [*served, version] if served[-1:] != [version] else served)
        self._replace(CHAMPION, [version])

    def rollback(self) -> int:
        """Make the champion's predecessor the champion again; gives its number."""
        self._require_predecessor()
        with self._locked():
            version = self._require_predecessor()  # Another promotion may have been faster.
            served = self._served()[:-1]
            self._replace(CHAMPION, [version])  # First, as the history is read up to the champion.
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
            raise RegistryError("Keep one version at least; the newest holds the number that the next one counts from.")
        if not self.folder.is_dir():
            return []
        with self._locked():  # A training that begins now would take the graves for leftovers.
            versions = self.versions()  # Once: one that is registered meanwhile is none of the old ones.
            kept = {*versions[-keep:], self.champion(), self.predecessor()}
            removed = [version for version in versions if version not in kept]
            for version in removed:
                # Renamed first, so that nobody sees half a version.
                grave = Path(tempfile.mkdtemp(prefix=STAGING, dir=self.folder))
                self.path(version).rename(grave / str(version))
                shutil.rmtree(grave)
        return removed

    def require(self, version: int) -> Path:
        """The folder of a version that must exist."""
        if not self.path(version).is_dir():
            raise RegistryError(f"There is no version {version} of {self.name!r}; it has {self._listed()}.")
        return self.path(version)

    def _served(self) -> list[int]:
        """The versions in the order in which they served, the champion last.

        A promotion that was killed between its two files has left a number behind the champion's: it never served.
        """
        history = self._history()
        try:
            champion = self.champion()
        except RegistryError:  # Damaged; the history is what is left.
            return history
        if champion is None:
            return []
        if champion not in history:  # Written by hand.
            return [*history, champion]
        return history[: len(history) - history[::-1].index(champion)]

    def _history(self) -> list[int]:
        """The versions in the order of their promotions; a line that is no number is a damaged one."""
        try:
            lines = read_small(self.folder / HISTORY, bounds.HISTORY).decode("ascii").split()
        except (OSError, UnicodeDecodeError, ArtifactRefused):
            return []
        return [int(line) for line in lines if VERSION.fullmatch(line)]

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
            Path(written).unlink(missing_ok=True)  # Still there only where the disk refused.
        sync_folder(self.folder)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """An empty folder to write a version into; what `register` did not take is removed at the end.

        A file beside it is locked while it is in use, so that the next training can tell what a killed one left behind.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():  # Else another training could take a folder for a leftover before it is locked.
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
        """Give a complete staged folder the next free number; two trainings at once get two numbers."""
        staged.chmod(0o755)
        names = [path.name for path in self.folder.iterdir()]  # A stray file takes a number, too.
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
        """Whatever no living writer holds; under the lock, as every temporary name is made under it."""
        for path in self.folder.glob(f"{STAGING}*"):
            if is_held(_lock_of(path)):  # A lock file is its own.
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the store; it ends with the process, however that ends."""
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

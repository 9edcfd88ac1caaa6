"""The registry: the versions of a model on disk, and the champion, which is the version that serves.

Layout: `<root>/<name>/<version>/` and two text files, `champion` and `history` (`promotions.py`). Each change is one
rename, so a reader sees the state before or after it, and a killed writer leaves at most a staging folder, which the
next training removes. The empty file `lock` is never removed: two writers could otherwise lock two files of this name
at once.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from twinserve.errors import AskedWrongly, RegistryError
from twinserve.store.file_lock import acquire, is_held, sync_folder
from twinserve.store.given_path import given_path
from twinserve.store.models import NAME, VERSION, no_such_model, versions_in
from twinserve.store.promotions import STAGING, Hold, Promotions, Standing
from twinserve.store.unreadable import reading

LOCK: Final = "lock"


class Registry:
    """The versions of one model below a root folder."""

    def __init__(self, root: Path, name: str) -> None:
        if not NAME.fullmatch(name):
            raise AskedWrongly(
                f"{name!r} cannot name a model; use up to 64 of a-z, 0-9, - and _, starting with a letter or digit."
            )
        self.name = name
        self.folder = given_path(root) / name
        self._promotions = Promotions(self.folder, name)

    def versions(self) -> list[int]:
        """The numbers of all versions, ascending."""
        return versions_in(self.folder)

    def path(self, version: int) -> Path:
        """The folder of a version, whether it exists or not."""
        return self.folder / str(version)

    def champion(self) -> int | None:
        """The number of the champion; None before the first promotion.

        Raises `RegistryError` if its file is damaged, and of these `StoreUnreadable` if the system cannot read it."""
        standing = self.standing()
        return None if standing is None else standing.version

    def standing(self) -> Standing | None:
        """The champion and whether a rollback holds it, read at once; as `champion`."""
        return self._promotions.standing()

    def require_champion(self) -> Standing:
        """The champion; raises `RegistryError` with what to do where there is none."""
        standing = self.standing()
        if standing is None:
            advice = f"promote one of its versions, such as {self.require_versions()[-1]}"
            raise RegistryError(f"{self.name!r} has no champion in {self.folder.parent.resolve()}; {advice}.")
        return standing

    def require_versions(self) -> list[int]:
        """The numbers of all versions; raises `RegistryError` with the models of the store where there are none."""
        with reading(f"The store {self.folder.parent}"):
            versions = self.versions()
            if not versions:
                raise RegistryError(no_such_model(self.folder.parent, self.name))
            return versions

    def predecessor(self) -> int | None:
        """The version that was champion before this one; None if there was none."""
        self.champion()  # Raises if its file is damaged.
        served = self._promotions.served()
        return served[-2] if len(served) > 1 else None

    def pointer(self) -> bytes | None:
        """The content of the champion's file, damaged or not; None if it does not exist."""
        return self._promotions.pointer()

    def promote(self, version: int) -> None:
        """Make a version the champion, atomically; a hold ends."""
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
        self._promotions.promote(version)

    def rollback(self) -> Hold:
        """Make the champion's predecessor the champion again, and hold it until a version is promoted."""
        self._require_predecessor()
        with self._locked():
            self._require_predecessor()  # Another version may have been promoted meanwhile.
            return self._promotions.roll_back()

    def _require_predecessor(self) -> None:
        version = self.predecessor()
        if version is None:
            self.require_versions()
            raise RegistryError(f"No version of {self.name!r} served before this one; promote one by its number.")
        self.require(version)

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
            listed = ", ".join(map(str, self.require_versions()))
            raise RegistryError(f"There is no version {version} of {self.name!r}; it has the versions {listed}.")
        return self.path(version)

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


def _lock_of(staged: Path) -> Path:
    return staged.with_suffix(".lock")

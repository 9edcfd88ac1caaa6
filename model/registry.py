"""The versions of a model on disk, and which of them is the champion.

Layout: `<root>/<name>/<version>/` and `<root>/<name>/champion`, a text file with the champion's number. Every change
is one rename, so a reader sees the state before or after, and a killed writer leaves at most a staging folder
that the next one removes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from model.artifact import sync_folder
from model.errors import RegistryError

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
VERSION: Final = re.compile(r"[1-9][0-9]{0,9}")
CHAMPION: Final = "champion"
STAGING: Final = ".staging-"


class Registry:
    """The versions of one model below a root folder."""

    def __init__(self, root: Path, name: str) -> None:
        if not NAME.fullmatch(name):
            raise RegistryError(
                f"{name!r} cannot name a model; use up to 64 of a-z, 0-9, - and _, starting with a letter or digit."
            )
        self.name = name
        self.folder = root / name

    def versions(self) -> list[int]:
        """The numbers of all versions, ascending."""
        if not self.folder.is_dir():
            return []
        return sorted(int(path.name) for path in self.folder.iterdir() if VERSION.fullmatch(path.name))

    def path(self, version: int) -> Path:
        """The folder of a version, whether it exists or not."""
        return self.folder / str(version)

    def champion(self) -> int | None:
        """The number of the version that serves; None before the first promotion."""
        try:
            text = (self.folder / CHAMPION).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            text = ""
        if not VERSION.fullmatch(text):
            raise RegistryError(f"The champion file of {self.name!r} is damaged; promote a version to write it anew.")
        return int(text)

    def promote(self, version: int) -> None:
        """Make a version the champion, in one atomic step."""
        if not self.path(version).is_dir():
            raise RegistryError(f"There is no version {version} of {self.name!r}; it has {self._listed()}.")
        with tempfile.NamedTemporaryFile("w", dir=self.folder, prefix=STAGING, delete=False) as file:
            file.write(f"{version}\n")
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).chmod(0o644)
        Path(file.name).replace(self.folder / CHAMPION)
        sync_folder(self.folder)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """An empty folder to write a version into; what `register` did not take is removed at the end.

        The folder is locked while it is in use, so that the next training can tell what a killed one left behind.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._remove_leftovers()
        folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=self.folder))
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(lock)
            shutil.rmtree(folder, ignore_errors=True)

    def register(self, staged: Path) -> int:
        """Give a complete staged folder the next free number; two trainings at once get two numbers."""
        staged.chmod(0o755)
        number = max(self.versions(), default=0)
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
        for path in self.folder.glob(f"{STAGING}*"):
            if path.is_dir() and not _in_use(path):
                shutil.rmtree(path, ignore_errors=True)

    def _listed(self) -> str:
        versions = self.versions()
        return f"the versions {', '.join(map(str, versions))}" if versions else "no versions"


def _in_use(folder: Path) -> bool:
    try:
        lock = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)

"""`Promotions`: the two small files of a model that say which version serves, and which served before.

`champion` has the number of the champion and, after a rollback, a second line: `held since` and a time. One file for
both, so that a rollback and its hold begin and end in one rename. `history` has the promotions in their order.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from twinserve import bounds
from twinserve.errors import ArtifactRefused, RegistryError, StoreUnreadable
from twinserve.store.file_lock import sync_folder
from twinserve.store.models import CHAMPION, VERSION
from twinserve.store.store_file import read_small
from twinserve.store.unreadable import unreadable

HISTORY: Final = "history"
STAGING: Final = ".staging-"
POINTER: Final = re.compile(rf"\s*({VERSION.pattern})\s*(?:\nheld since ([0-9T:-]{{19}}Z)\s*)?")


@dataclass(frozen=True)
class Hold:
    """A rollback that holds: trainings register and do not promote until somebody lets go of it."""

    version: int
    """The champion, which was rolled back to."""
    since: str
    """RFC 3339, UTC."""

    def __str__(self) -> str:
        """As the reports say it."""
        return f"Held since {self.since} at version {self.version} by a rollback"


@dataclass(frozen=True)
class Standing:
    """Which version serves, and whether it is held."""

    version: int
    hold: Hold | None = None


class Promotions:
    """Reads and writes the two files of one model; a caller that writes has its lock."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def pointer(self) -> bytes | None:
        """The content of the champion's file, damaged or not; None if it does not exist."""
        return self._content(CHAMPION, bounds.POINTER)

    def standing(self) -> Standing | None:
        """The champion; None before the first promotion.

        Raises `RegistryError` if its file is damaged, and of these `StoreUnreadable` if the system cannot read it."""
        content = self.pointer()
        if content is None:
            return None
        found = POINTER.fullmatch(content.decode("ascii", "replace"))
        if found is None:
            such_as = "".join(f", such as {last}, which served last" for last in self._history()[-1:])
            raise RegistryError(
                f"The champion file of {self._name!r} is damaged; promote a version to write it anew{such_as}."
            )
        version = int(found[1])
        return Standing(version, Hold(version, found[2]) if found[2] else None)

    def served(self) -> list[int]:
        """The versions in the order in which they were champion, the present one last.

        A promotion that was killed between writing its two files leaves a number after the champion's in the history.
        """
        history = self._history()
        try:
            standing = self.standing()
        except StoreUnreadable:
            raise
        except RegistryError:  # Damaged; only the history is left.
            return history
        if standing is None:
            return []
        if standing.version not in history:  # Written by hand.
            return [*history, standing.version]
        return history[: len(history) - history[::-1].index(standing.version)]

    def promote(self, version: int) -> None:
        """Write down that this version serves from now on; a hold ends."""
        served = self.served()
        self._write_history([*served, version] if served[-1:] != [version] else served)
        self._replace(CHAMPION, f"{version}\n")

    def roll_back(self) -> Hold:
        """Write down that the version before serves again, and is held."""
        *served, _ = self.served()
        hold = Hold(served[-1], datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
        # The champion first, as the history is read up to it.
        self._replace(CHAMPION, f"{hold.version}\nheld since {hold.since}\n")
        self._write_history(served)
        return hold

    def _history(self) -> list[int]:
        """The versions in the order of their promotions, without damaged lines."""
        lines = (self._content(HISTORY, bounds.HISTORY) or b"").decode("ascii", "replace").split()
        return [int(line) for line in lines if VERSION.fullmatch(line)]

    def _content(self, name: str, most: int) -> bytes | None:
        """The content of a text file: None if it does not exist, empty if it is a pipe, a folder or too large."""
        try:
            return read_small(self._folder / name, most)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(f"The {name} file of {self._name!r}", error) from error
        except ArtifactRefused:
            return b""

    def _write_history(self, versions: list[int]) -> None:
        self._replace(HISTORY, "".join(f"{version}\n" for version in versions))

    def _replace(self, name: str, text: str) -> None:
        descriptor, written = tempfile.mkstemp(dir=self._folder, prefix=STAGING)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(written).chmod(0o644)
            Path(written).replace(self._folder / name)
        finally:
            Path(written).unlink(missing_ok=True)  # It exists only after an error.
        sync_folder(self._folder)

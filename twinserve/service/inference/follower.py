"""Follow a model's champion: a new one is opened and proved beside the old one, then takes its place in one step."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from twinserve.bounds import ENTRIES
from twinserve.errors import ModelError
from twinserve.service.inference.memory import give_back_memory
from twinserve.service.inference.version import ModelVersion, champion, open_model_version, version_folder
from twinserve.service.settings import Settings
from twinserve.service.telemetry.logs import log
from twinserve.service.telemetry.metrics import Metrics

RETRY: Final = 60.0
"""Seconds after which a refused version is tried again, even if its files are as they were: what was wrong may pass."""
UNKNOWN: Final = "?"
"""The version that a damaged champion file names."""


class Follower:
    """Looks for a new champion of one model when it is told to. What it cannot open it refuses, once for each reason,
    and the old version goes on; it tries again when the version's files change, or after a while."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        version: int | None,
        swap: Callable[[ModelVersion], None],
        stop: threading.Event | None = None,
    ) -> None:
        """`version` is what serves, None where nothing does yet; an opening ends early when `stop` is set."""
        self._settings, self._metrics, self._swap = settings, metrics, swap
        self._tried = version
        """The champion's number when it was last opened or refused."""
        self._event = "opened" if version is None else "swapped"
        self._again: _Again | None = None
        """When to try the refused one again; None when the champion serves."""
        self._stop = stop or threading.Event()
        self.opening: tuple[str, str] | None = None
        """The champion that is being opened, and since when (RFC 3339, UTC); None when none is."""
        self.refused: tuple[str, str] | None = None
        """The champion that could not be opened, and why; None when the champion serves."""

    def look(self) -> None:
        """One look, and the swap if there is something new."""
        try:
            version = champion(self._settings)
        except ModelError as error:
            self._refuse(UNKNOWN, str(error))
            return
        folder = version_folder(self._settings, version)
        if version == self._tried and not self._is_due(folder):
            return
        self._tried, self._again = version, _Again(folder)
        self._open(version)

    def _is_due(self, folder: Path) -> bool:
        """Is the champion, which was tried before, to be tried again?"""
        whole_again = self.refused is not None and self.refused[0] == UNKNOWN
        if self._again is None:  # It serves.
            self.refused = None
            return False
        return whole_again or self._again.is_due(folder)

    def _open(self, version: int) -> None:
        if self.refused is None or self.refused[0] != str(version):  # Else it was said.
            log.info("opening", model=self._settings.model, version=str(version))
        self.opening = (str(version), datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
        try:
            serving = open_model_version(self._settings, self._metrics, version, self._stop)
        except ModelError as error:
            self._refuse(str(version), str(error))
            return
        except Exception as error:  # Whatever a version holds, it is refused where everybody sees it.
            if self._refuse(str(version), f"It could not be opened ({type(error).__name__}); train it again."):
                raise
            return
        finally:
            self.opening = None
        self._swap(serving)
        self.refused, self._again = None, None
        if self._event == "swapped":
            self._metrics.swaps.labels("done").inc()
        log.info(self._event, model=serving.model, version=serving.version)
        self._event = "swapped"
        give_back_memory()

    def _refuse(self, version: str, reason: str) -> bool:
        """Say it once; gives whether this was the first time."""
        if self._again is not None:
            self._again.postpone()
        if self.refused == (version, reason) or self._stop.is_set():
            return False
        self.refused = (version, reason)
        self._metrics.swaps.labels("refused").inc()
        log.error("refused", model=self._settings.model, version=version, reason=reason)
        return True


class _Again:
    """When a refused version is worth another try."""

    def __init__(self, folder: Path) -> None:
        self._stamp = _stamp(folder)
        self._due = time.monotonic() + RETRY

    def postpone(self) -> None:
        """Begin to wait now, however long the last try took."""
        self._due = time.monotonic() + RETRY

    def is_due(self, folder: Path) -> bool:
        """Have its files changed, or is the time over?"""
        return time.monotonic() >= self._due or _stamp(folder) != self._stamp


def _stamp(folder: Path) -> Mapping[str, tuple[int, ...]]:
    """What changes when somebody repairs a version, without reading a file."""
    found: dict[str, tuple[int, ...]] = {}
    with contextlib.suppress(OSError):
        for path in islice(folder.rglob("*"), ENTRIES):
            about = path.lstat()
            found[str(path)] = (about.st_mtime_ns, about.st_ctime_ns, about.st_ino, about.st_size, about.st_mode)
    return found

"""`Follower`: opens and checks a new champion of a model beside the current version, then swaps it in atomically."""

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
from twinserve.errors import ModelError, StoreUnreadable
from twinserve.service.inference.memory import give_back_memory
from twinserve.service.inference.models.opening import open_model_version
from twinserve.service.inference.version import ModelVersion
from twinserve.service.settings import Settings
from twinserve.service.telemetry.logs import log
from twinserve.service.telemetry.metrics import Metrics
from twinserve.store.artifact import MANIFEST
from twinserve.store.manifest import Manifest
from twinserve.store.promotions import Hold
from twinserve.store.registry import Registry

RETRY: Final = 60.0
"""Seconds after which a refused version is tried again even if its files are unchanged: the cause may be temporary."""
UNKNOWN: Final = "?"
"""Stands for the version while the champion file cannot be read."""


class Follower:
    """Checks for a new champion of one model each time `look` is called. A version that cannot be opened is refused,
    which is logged once for each reason, and the previous one goes on serving. It is tried again when its files change,
    or after `RETRY` seconds; where the system did not let it be read, at the next look. A champion whose manifest was
    replaced is opened anew: in a store that was removed, the next training begins at version 1 again."""

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        metrics: Metrics,
        version: int | None,
        swap: Callable[[ModelVersion], None],
        stop: threading.Event | None = None,
        tried: Manifest | None = None,
    ) -> None:
        """`version`: the number of the current version, None if there is none. Setting `stop` ends an opening early.
        `tried`: the version that is open in the process from which this one was forked."""
        self._registry, self._settings, self._metrics, self._swap = registry, settings, metrics, swap
        self._tried = version
        """The champion's number when it was last opened or refused."""
        self._manifest = None if version is None else self._manifest_stamp(version)
        """The state of that version's manifest."""
        self._tried_by_parent = tried
        self._event = "opened" if version is None else "swapped"
        self._again: _Again | None = None
        """When to try the refused version again; None while the champion serves."""
        self._stop = stop or threading.Event()
        self.opening: tuple[str, str] | None = None
        """The version that is being opened, and since when (RFC 3339, UTC); None if there is none."""
        self.refused: tuple[str, str] | None = None
        """The version that could not be opened, and why; None while the champion serves."""
        self.hold: Hold | None = None
        """The hold of a rollback, if there is one."""

    def look(self) -> None:
        """Check the champion once, and open it and swap it in if it is new."""
        if (version := self.news()) is not None:
            self.open(version)

    def news(self) -> int | None:
        """The champion, if it has to be opened. Reads one small file, which takes 20 us."""
        try:
            standing = self._registry.require_champion()
        except ModelError as error:
            self._refuse(UNKNOWN, str(error))
            return None
        version, self.hold = standing.version, standing.hold
        folder = self._registry.path(version)
        if version == self._tried and not self._is_due(folder) and not self._is_replaced(version):
            return None
        self._tried, self._again = version, _Again(folder)
        self._manifest = self._manifest_stamp(version)
        return version

    @property
    def progress(self) -> Mapping[str, Mapping[str, str]]:
        """The state of a new champion: `opening` (version, since), `refused` (version, reason), or empty."""
        progress: dict[str, Mapping[str, str]] = {}
        if (opening := self.opening) is not None:
            progress["opening"] = {"version": opening[0], "since": opening[1]}
        if (refused := self.refused) is not None:
            progress["refused"] = {"version": refused[0], "reason": refused[1]}
        return progress

    def _is_due(self, folder: Path) -> bool:
        """Should the champion, which was tried before, be tried again?"""
        was_unreadable = self.refused is not None and self.refused[0] == UNKNOWN
        if self._again is None:  # The champion serves.
            if self.refused is not None:
                self.refused = None
                self._metrics.refuse(self._registry.name, 0)
            return False
        return was_unreadable or self._again.is_due(folder)

    def _is_replaced(self, version: int) -> bool:
        """Is another manifest in the place of the champion that serves? One that is gone was not replaced."""
        return self._again is None and self._manifest_stamp(version) not in (None, self._manifest)

    def _manifest_stamp(self, version: int) -> tuple[int, ...] | None:
        with contextlib.suppress(OSError):
            stat = (self._registry.path(version) / MANIFEST).stat()
            return stat.st_mtime_ns, stat.st_ino, stat.st_size
        return None

    def open(self, version: int) -> None:
        """Open this version and swap it in, or refuse it."""
        if self.refused is None or self.refused[0] != str(version):  # Else this has been logged.
            log.info("opening", model=self._registry.name, version=str(version))
        self.opening = (str(version), datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
        try:
            tried = self._tried_by_parent
            opened = open_model_version(self._registry, version, self._settings, self._metrics, self._stop, tried)
        except ModelError as error:
            self._refuse(str(version), str(error))
            if isinstance(error, StoreUnreadable):  # No fault of its files, and it may end at any moment.
                self._again = _Again(self._registry.path(version), 0.0)
            return
        except Exception as error:  # Files of a version may raise anything; it is refused visibly.
            if self._refuse(str(version), f"It could not be opened ({type(error).__name__}); train it again."):
                raise
            return
        finally:
            self.opening = None
        self._swap(opened)
        self.refused, self._again = None, None
        if self._event == "swapped":
            self._metrics.swaps.labels("done").inc()
        log.info(self._event, model=opened.model, version=opened.version)
        self._event = "swapped"
        give_back_memory()

    def _refuse(self, version: str, reason: str) -> bool:
        """Log and count a refusal once; returns whether this was the first time."""
        if self._again is not None:
            self._again.postpone()
        if self.refused == (version, reason) or self._stop.is_set():
            return False
        self.refused = (version, reason)
        self._metrics.swaps.labels("refused").inc()
        self._metrics.refuse(self._registry.name, -1 if version == UNKNOWN else int(version))
        log.error("refused", model=self._registry.name, version=version, reason=reason)
        return True


class _Again:
    """When a refused version should be tried again."""

    def __init__(self, folder: Path, seconds: float | None = None) -> None:
        self._stamp = _stamp(folder)
        self._due = time.monotonic() + (RETRY if seconds is None else seconds)

    def postpone(self) -> None:
        """Start waiting now, however long the last try took."""
        self._due = time.monotonic() + RETRY

    def is_due(self, folder: Path) -> bool:
        """Have its files changed, or has the time passed?"""
        return time.monotonic() >= self._due or _stamp(folder) != self._stamp


def _stamp(folder: Path) -> Mapping[str, tuple[int, ...]]:
    """The state of a version's files by path, which changes when one is repaired; no file is read."""
    stamps: dict[str, tuple[int, ...]] = {}
    with contextlib.suppress(OSError):
        for path in islice(folder.rglob("*"), ENTRIES):
            stat = path.lstat()
            stamps[str(path)] = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_size, stat.st_mode)
    return stamps

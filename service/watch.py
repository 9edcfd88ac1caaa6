"""Follow the champion: a new one is opened and proved beside the old one, then takes its place in one step."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Final

from model.errors import ModelError
from service.logs import log
from service.metrics import Metrics
from service.serving import Serving, champion, open_serving
from service.settings import Settings

INTERVAL: Final = 1.0
"""Seconds between two looks at the champion file: two seconds are promised."""
UNKNOWN: Final = "?"
"""The version that a damaged champion file names."""


class Watch:
    """A thread that looks, opens and swaps. What it cannot open it refuses once, and the old version goes on."""

    def __init__(self, settings: Settings, metrics: Metrics, serving: Serving, swap: Callable[[Serving], None]) -> None:
        self._settings, self._metrics, self._swap = settings, metrics, swap
        self._tried = int(serving.version)
        """The champion's number when it was last opened or refused."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.refused: tuple[str, str] | None = None
        """The champion that could not be opened, and why; None when the champion serves."""

    def start(self) -> None:
        """Begin to look; in the process that serves, since no thread survives a fork."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL):
            try:
                self.look()
            except Exception as error:  # This thread must outlive whatever a version holds.
                log.error("watch failed", exc_info=error)

    def look(self) -> None:
        """One look, and the swap if there is something new."""
        try:
            version = champion(self._settings)
        except ModelError as error:
            self._refuse(UNKNOWN, str(error))
            return
        if version == self._tried:
            if self.refused is not None and self.refused[0] == UNKNOWN:
                self.refused = None  # The champion file is whole again and names what it named before.
            return
        self._tried = version
        try:
            serving = open_serving(self._settings, self._metrics, version)
        except ModelError as error:
            self._refuse(str(version), str(error))
            return
        except Exception as error:  # Whatever a version holds, it is refused where everybody sees it.
            self._refuse(str(version), f"It could not be opened ({type(error).__name__}); train it again.")
            raise
        self._swap(serving)
        self.refused = None
        self._metrics.swaps.labels("done").inc()
        log.info("swapped", model=serving.model, version=serving.version)
        give_back_memory()

    def _refuse(self, version: str, reason: str) -> None:
        if self.refused == (version, reason):
            return  # Said once.
        self.refused = (version, reason)
        self._metrics.swaps.labels("refused").inc()
        log.error("refused", model=self._settings.model, version=version, reason=reason)


def give_back_memory() -> None:
    """Return to the system what the old version held. The C library would keep it for later, and after many swaps that
    adds up. The version itself is gone by now, as nothing in it refers back to it: looking for such circles, as
    `gc.collect` does, would stop every thread for 10 to 20 ms."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)

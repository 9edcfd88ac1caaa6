"""`Shelf`: the models that a process serves: the current version of each that is open, and what follows the champions.

The default model is always open. Others are opened one after the other once the service has begun, or when they are
first asked for, and of more than `MAX_MODELS` the one that was not asked for the longest is let go.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from twinserve.service.http.problem import Problem, unavailable
from twinserve.service.inference.memory import give_back_memory
from twinserve.service.inference.models.follower import Follower
from twinserve.service.inference.models.openers import Openers
from twinserve.service.inference.models.watch import LAST_LOOK, Watch
from twinserve.service.inference.version import ModelVersion
from twinserve.service.protocols.dialect import Listed
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.store.models import promoted_models
from twinserve.store.registry import Registry

WARMING = "*"
"""Stands for a model's name, which it cannot be, where the openers open all that are not open yet."""


class Shelf:
    """The models of a process. A swap is atomic; a request keeps the version that it began with."""

    def __init__(self, settings: Settings, metrics: Metrics, versions: Mapping[str, ModelVersion | None]) -> None:
        """`versions` by model name; None for a model of which no version is open yet."""
        self._settings, self._metrics = settings, metrics
        self._default = settings.model
        self._current: dict[str, ModelVersion | None] = {**dict.fromkeys(settings.listed_models), **versions}
        self._used: dict[str, int] = {}
        """When a model was last asked for by its name, as a count of such requests."""
        self._uses = itertools.count(1)
        self._followers: dict[str, Follower] = {}
        self._tried: Mapping[str, ModelVersion | None] = {}
        """What is open in the process from which this one was forked."""
        self._lock = threading.Lock()
        """Held while models come and go; whoever asks for one does not wait for it."""
        self._openers = Openers()
        self._stop = threading.Event()
        self._watch: Watch | None = None
        for version in self._current.values():
            if version is not None:
                metrics.serve(version.model, version.version, version.created)

    def __iter__(self) -> Iterator[str]:
        """The names of the models."""
        return iter(list(self._current))

    @property
    def follows(self) -> bool:
        """Are the champions followed?"""
        return self._watch is not None

    # ---- asked by requests ------------------------------------------------------------------------------------------

    def current(self, name: str | None = None) -> ModelVersion:
        """The current version of a model, of the default model if `name` is None; raises `Problem`: 404 for an unknown
        model, 503 if none of its versions is open."""
        if name is None:
            name = self._default
        else:
            self._used[name] = next(self._uses)
        try:
            version = self._current[name]
        except KeyError:
            self._used.pop(name, None)
            raise Problem("not-found", "There is no model of this name.") from None
        if version is None:
            raise unavailable("No model is loaded.")
        return version

    def opening(self, name: str) -> Future[None] | None:
        """The opening of a model that is not open yet, which begins now if it has not; None where nothing is to be
        waited for: it is open, or unknown, or could not be opened."""
        opening = self._opening(name)
        if opening is not None:
            self._used[name] = next(self._uses)  # Else it would be the first to be let go of, as soon as it is open.
        return opening

    def _opening(self, name: str) -> Future[None] | None:
        follower = self._followers.get(name)
        if follower is None or self._current.get(name) is not None or follower.refused is not None:
            return None
        return self._openers.start(name, follower.look)

    def is_open(self, name: str) -> bool:
        """Is a version of this model open?"""
        return self._current.get(name) is not None

    def peek(self) -> Mapping[str, ModelVersion | None]:
        """The current versions by model name; None for a model of which none is open."""
        return dict(self._current)

    def listed(self, after: str, limit: int, allowed: Container[str] | None) -> tuple[Sequence[Listed], str | None]:
        """At most so many of the models, by name, behind this name; and the name behind which there are more."""
        names = sorted(name for name in list(self._current) if name > after and (allowed is None or name in allowed))
        return [self._listed(name) for name in names[:limit]], names[limit - 1] if len(names) > limit else None

    def _listed(self, name: str) -> Listed:
        version, follower = self._current.get(name), self._followers.get(name)
        if version is not None:
            return Listed(name, version.version, "open")
        return Listed(name, None, "closed" if follower is None or follower.refused is None else "refused")

    def progress(self, name: str | None = None) -> Mapping[str, Mapping[str, str]]:
        """The state of a new champion: `opening` (version, since), `refused` (version, reason), or empty."""
        follower = self._followers.get(name or self._default)
        return {} if follower is None else follower.progress

    def hold(self, name: str | None = None) -> Mapping[str, str] | None:
        """Since when a rollback holds the champion, and its version; None where none does."""
        follower = self._followers.get(name or self._default)
        hold = None if follower is None else follower.hold
        return None if hold is None else {"since": hold.since, "version": str(hold.version)}

    # ---- changed by what follows the champions ----------------------------------------------------------------------

    def swap(self, version: ModelVersion, name: str | None = None) -> None:
        """Make this the current version of a model."""
        name = name or self._default
        with self._lock:
            before = self._current.get(name)
            self._current[name] = version
            self._metrics.serve(version.model, version.version, version.created, before.version if before else None)
            if before is None:
                self._let_go()

    def _let_go(self) -> None:
        """Let go of the models that were not asked for the longest, until no more are open than may be."""
        opened = self._open_names()
        surplus = len(opened) - self._settings.max_models
        if surplus <= 0:
            return
        others = (name for name in opened if name != self._default)
        for name in sorted(others, key=lambda name: self._used.get(name, 0))[:surplus]:
            self._current[name] = None
            self._followers[name] = self._follower(name)
            self._metrics.forget(name)
        give_back_memory()

    def _open_names(self) -> Sequence[str]:
        return [name for name, version in list(self._current.items()) if version is not None]

    def follow(self, forked_from: Shelf | None = None) -> Watch:
        """Start following the champion of each model, in a thread of this process.

        `forked_from`: the shelf of the process from which this one was forked."""
        self._tried = {} if forked_from is None else forked_from.peek()
        self._add(self._current)
        self._watch = Watch(self._look, self._stop)
        self._watch.start()
        return self._watch

    def _add(self, names: Iterable[str]) -> None:
        with self._lock:
            for name in names:
                self._followers[name] = self._follower(name)
                self._current.setdefault(name, None)

    def _follower(self, name: str) -> Follower:
        version, tried = self._current.get(name), self._tried.get(name)
        return Follower(
            Registry(Path(self._settings.artifacts), name),
            self._settings,
            self._metrics,
            None if version is None else int(version.version),
            partial(self.swap, name=name),
            self._stop,
            None if tried is None else tried.manifest,
        )

    def _look(self) -> None:
        """Open the new champions of the models that are open, and see which models came and went."""
        if self._settings.serves_all:
            self._find_models()
        for name, follower in list(self._followers.items()):
            is_cold = self._current.get(name) is None and follower.refused is None
            if name in self._openers or (is_cold and name != self._default):
                continue
            if (version := follower.news()) is not None:
                opening = self._openers.start(name, partial(follower.open, version))
                if is_cold:
                    opening.result()  # The default model first: without it the service is not ready.
        if self._cold():
            self._openers.start(WARMING, self._warm)

    def _find_models(self) -> None:
        found = promoted_models(Path(self._settings.artifacts))
        if found is None:  # The store cannot be read now; what serves goes on serving.
            return
        self._add(name for name in found if name not in self._followers)
        kept = {*found, self._default, *self._settings.listed_models}
        with self._lock:
            for name in [name for name in self._current if name not in kept]:
                del self._current[name], self._followers[name]
                self._used.pop(name, None)
                self._metrics.forget(name)

    def _cold(self) -> Collection[str]:
        """The models that can be opened before they are asked for."""
        cold = [
            name
            for name, version in list(self._current.items())
            if version is None and name in self._followers and self._followers[name].refused is None
        ]
        return cold[: max(0, self._settings.max_models - len(self._open_names()))]

    def _warm(self) -> None:
        """Open the models that are not open, one after the other; the requests of others wait for none of them."""
        for name in self._cold():
            if self._stop.is_set():
                return
            if (opening := self._opening(name)) is not None:
                opening.result()

    def stop(self) -> None:
        """Stop following."""
        if self._watch is not None:
            self._watch.stop()
            self._openers.stop(LAST_LOOK)

"""`Shelf`: the current version of each model that a process serves, and the watch that follows their champions."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from twinserve.service.http.problem import Problem, unavailable
from twinserve.service.inference.follower import Follower
from twinserve.service.inference.version import ModelVersion
from twinserve.service.inference.watch import Watch
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.store.registry import Registry


class Shelf:
    """The current version of each model. A swap is atomic; a request keeps the version that it began with."""

    def __init__(self, settings: Settings, metrics: Metrics, versions: Mapping[str, ModelVersion | None]) -> None:
        """`versions` by model name; None for a model of which no version is open yet."""
        self._settings, self._metrics = settings, metrics
        self._default = settings.model
        self._current = dict(versions)
        self._followers: dict[str, Follower] = {}
        self._watch: Watch | None = None
        for version in self._current.values():
            if version is not None:
                metrics.serve(version.model, version.version, version.created)

    def __iter__(self) -> Iterator[str]:
        """The names of the models."""
        return iter(self._current)

    def __len__(self) -> int:
        """The number of models."""
        return len(self._current)

    @property
    def follows(self) -> bool:
        """Are the champions followed?"""
        return self._watch is not None

    def current(self, name: str | None = None) -> ModelVersion:
        """The current version of a model, of the default model if `name` is None; raises `Problem`: 404 for an unknown
        model, 503 if none of its versions is open."""
        try:
            version = self._current[self._default if name is None else name]
        except KeyError:
            raise Problem("not-found", "There is no model of this name.") from None
        if version is None:
            raise unavailable("No model is loaded.")
        return version

    def peek(self) -> Mapping[str, ModelVersion | None]:
        """The current versions by model name; None for a model of which none is open."""
        return dict(self._current)

    def swap(self, version: ModelVersion, name: str | None = None) -> None:
        """Make this the current version of a model."""
        name = name or self._default
        before = self._current.get(name)
        self._current[name] = version
        self._metrics.serve(version.model, version.version, version.created, before.version if before else None)

    def follow(self, forked_from: Shelf | None = None) -> Watch:
        """Start following the champion of each model, in a thread of this process.

        `forked_from`: the shelf of the process from which this one was forked."""
        before = {} if forked_from is None else forked_from.peek()
        stop = threading.Event()
        for name, version in self._current.items():
            number = None if version is None else int(version.version)
            registry, swap = Registry(Path(self._settings.artifacts), name), partial(self.swap, name=name)
            tried = None if (opened := before.get(name)) is None else opened.manifest
            self._followers[name] = Follower(registry, self._settings, self._metrics, number, swap, stop, tried)
        self._watch = Watch(self._followers.values(), stop)
        self._watch.start()
        return self._watch

    def progress(self, name: str | None = None) -> Mapping[str, Mapping[str, str]]:
        """The state of a new champion: `opening` (version, since), `refused` (version, reason), or empty."""
        follower = self._followers.get(name or self._default)
        progress: dict[str, Mapping[str, str]] = {}
        if follower is not None and (opening := follower.opening) is not None:
            progress["opening"] = {"version": opening[0], "since": opening[1]}
        if follower is not None and (refused := follower.refused) is not None:
            progress["refused"] = {"version": refused[0], "reason": refused[1]}
        return progress

    def hold(self, name: str | None = None) -> Mapping[str, str] | None:
        """Since when a rollback holds the champion, and its version; None where none does."""
        follower = self._followers.get(name or self._default)
        hold = None if follower is None else follower.hold
        return None if hold is None else {"since": hold.since, "version": str(hold.version)}

    def stop(self) -> None:
        """Stop following."""
        if self._watch is not None:
            self._watch.stop()

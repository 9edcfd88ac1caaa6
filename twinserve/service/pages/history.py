"""The versions of a model in its folder of the store: their figures, and what changed from one to the next."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from twinserve.errors import ModelError
from twinserve.service.settings import Settings
from twinserve.store.artifact import MANIFEST, read_manifest
from twinserve.store.manifest import Manifest
from twinserve.store.registry import Registry

MOST: Final = 10
"""Versions that are shown, the newest ones; reading the manifest of one takes a fraction of a millisecond."""
SHOWN: Final = 40
"""Characters of a value that are shown."""


class Change(NamedTuple):
    """What differs between two versions: a fact of the manifest, by the name of its text."""

    what: str
    name: str
    """Of a parameter or library; empty for a fact of its own."""
    before: str
    after: str


class Past(NamedTuple):
    """One version, and what changed from the one before it in this list."""

    version: int
    facts: Manifest
    since: int | None
    """The version that it is compared with; None for the oldest."""
    changes: tuple[Change, ...]


class History(NamedTuple):
    """The newest versions of a model, the newest first."""

    versions: tuple[Past, ...]
    champion: int | None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of all metrics, those of the newest version first."""
        return tuple(dict.fromkeys(name for past in self.versions for name in past.facts.metrics))


NOTHING: Final = History((), None)


def history(settings: Settings, model: str) -> History:
    """The versions in the model's folder; none where it is missing or cannot be read."""
    try:
        registry = Registry(Path(settings.artifacts), model)
        numbers, champion = registry.versions()[-MOST:], registry.champion()
    except (ModelError, OSError):
        return NOTHING
    known = [(number, facts) for number in numbers if (facts := _facts(registry.path(number))) is not None]
    steps = [Past(number, facts, None, ()) for number, facts in known[:1]]
    steps += [
        Past(number, facts, before, tuple(_changes(older, facts)))
        for (before, older), (number, facts) in pairwise(known)
    ]
    return History(tuple(reversed(steps)), champion)


def _facts(folder: Path) -> Manifest | None:
    with contextlib.suppress(ModelError, OSError):
        return _read(folder, (folder / MANIFEST).stat().st_mtime_ns)
    return None


@lru_cache(maxsize=128)
def _read(folder: Path, _changed: int) -> Manifest:
    return read_manifest(folder)


def _changes(before: Manifest, after: Manifest) -> Iterator[Change]:
    pairs = zip(_compared(before).items(), _compared(after).values(), strict=True)
    for (what, old), new in pairs:
        if old != new:
            yield Change(what, "", _shown(old), _shown(new))
    if before.training.data_fingerprint != after.training.data_fingerprint:
        yield Change("data", "", before.training.data_fingerprint[:8], after.training.data_fingerprint[:8])
    yield from _changed_names("parameter", before.training.parameters, after.training.parameters)
    yield from _changed_names("library", before.training.libraries, after.training.libraries)


def _compared(facts: Manifest) -> Mapping[str, Any]:
    training = facts.training
    return {
        "estimator": training.estimator,
        "metric": facts.metric,
        "classes": facts.classes or (*facts.targets,) or None,
        "predictor": facts.predictor.kind,
        "explanation": None if facts.explanation is None else facts.explanation.method,
        "rows": training.rows,
        "holdout_rows": training.holdout_rows,
        "source": training.source,
        "seed": training.seed,
        "commit": training.git_commit,
    }


def _changed_names(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Change(what, name, _shown(before.get(name)), _shown(after.get(name)))


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"

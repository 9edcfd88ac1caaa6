"""Open a version of a model from the store, within the limits of the settings."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from twinserve.errors import ArtifactRefused
from twinserve.service.inference.version import ModelVersion
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.store.artifact import Trust, open_version
from twinserve.store.deadline import Deadline
from twinserve.store.manifest import Manifest
from twinserve.store.registry import Registry
from twinserve.store.unreadable import reading


def default_registry(settings: Settings) -> Registry:
    """The registry of the default model."""
    return Registry(Path(settings.artifacts), settings.model)


def open_model_version(
    registry: Registry,
    version: int,
    settings: Settings,
    metrics: Metrics,
    stop: Event | None = None,
    tried: Manifest | None = None,
) -> ModelVersion:
    """Open and check a version; raises a `ModelError` whose sentence says what to do.

    Takes at most the seconds that the settings allow, and ends early when `stop` is set. `tried` is that of
    `open_version`."""
    trust = Trust(settings.trust_pickles, _seal_key(settings.seal_key), settings.max_artifact, settings.explain_memory)
    with reading(f"Version {version} of {registry.name!r}"):  # Also what its trial needs.
        opened = open_version(registry.require(version), trust, Deadline(settings.open_timeout, stop), tried)
    return ModelVersion(opened, str(version), settings, metrics)


def _seal_key(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise ArtifactRefused(f"TWINSERVE_SEAL_KEY cannot be read ({error.strerror}); nothing is opened.") from None

"""A service over a model that was packaged and opened as in real life."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twinserve import package
from twinserve.service.inference.version import ModelVersion
from twinserve.service.protocols.dialect import Dialect
from twinserve.service.service import Service
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.store.artifact import Trust, open_version
from twinserve.store.registry import Registry


def packaged(model: Any, table: Any, target: Any, name: str, folder: Path, dialects: Sequence[Dialect] = ()) -> Service:
    """The service of a fitted model, whose first version is kept in the folder."""
    version = package(model, table, target, name=name, artifacts=folder)
    made = open_version(Registry(folder, name).path(version), Trust(pickles=False))
    settings, metrics = Settings(_env_file=None, access_log=False), Metrics()
    return Service(settings, metrics, ModelVersion(made, "1", settings, metrics), dialects=dialects)

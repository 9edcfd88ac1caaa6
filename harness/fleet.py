"""A store of many models: copies of one that was trained."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from twinserve.store.artifact import MANIFEST
from twinserve.store.manifest import Manifest, to_bytes
from twinserve.store.registry import Registry


def copied(registry: Registry, names: Iterable[str]) -> list[Registry]:
    """The registries of models of these names beside this one, with the same versions and the same champion."""
    return [_copied(registry, name) for name in names]


def _copied(registry: Registry, name: str) -> Registry:
    copy = Registry(registry.folder.parent, name)
    shutil.copytree(registry.folder, copy.folder)
    for version in copy.versions():
        path = copy.path(version) / MANIFEST
        facts = Manifest.model_validate_json(path.read_bytes())
        path.write_bytes(to_bytes(facts.model_copy(update={"name": name})))
    return copy

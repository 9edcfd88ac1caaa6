"""`Stage`: the door, models and folders of one scenario."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from faults import stores
from harness.running import Running, golden, running
from twinserve.store.registry import Registry


class Models:
    """The stores, each made on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def tumor(self) -> Path:
        """The default recipe, compiled."""
        return stores.tumor(self._folder / "tumor")

    @cached_property
    def fruit(self) -> Path:
        """Two small versions that answer differently and a third that is damaged."""
        return stores.fruit(self._folder / "fruit")

    @cached_property
    def wide(self) -> Path:
        """A compiled model of very many columns."""
        return stores.wide(self._folder / "wide")

    @cached_property
    def misbehaving(self) -> Path:
        """A model in a pickle that hangs, raises or predicts garbage when a row asks for it."""
        return stores.misbehaving(self._folder / "misbehaving")


@dataclass(frozen=True)
class Stage:
    """One door for one scenario."""

    door: str
    folder: Path
    models: Models

    @property
    def body(self) -> bytes:
        """A valid instance of the default model."""
        return golden(self.models.tumor)

    def new_folder(self) -> Path:
        """A new empty folder."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def copy(self, store: Path, model: str) -> Registry:
        """A copy of a store that the scenario may change."""
        folder = self.new_folder()
        shutil.copytree(store / model, folder / model)
        return Registry(folder, model)

    @contextmanager
    def server(self, artifacts: Path | None = None, **settings: Any) -> Iterator[Running]:
        """A context with the ready door, started as users start it; by default with the default model."""
        with running(self.door, self.new_folder(), artifacts or self.models.tumor, **settings) as server:
            yield server

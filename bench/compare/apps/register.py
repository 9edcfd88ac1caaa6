"""What whoever uses a door of this project writes once: the fitted pipeline becomes a version in the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twinserve import package, promote


def register(pipeline: Any, features: Any, labels: Any, name: str, store: Path) -> None:
    version = package(pipeline, features, labels, name=name, artifacts=store)
    promote(name, version, artifacts=store, trust_pickles=True)

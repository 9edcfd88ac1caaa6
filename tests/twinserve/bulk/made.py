"""Versions that answer many rows, and bodies that are fed to them in pieces."""

from __future__ import annotations

from pathlib import Path

from twinserve.bulk.forms import Answer, Form
from twinserve.bulk.options import Options
from twinserve.bulk.scoring import Scoring
from twinserve.bulk.version import BulkVersion
from twinserve.store.artifact import NO_TRUST, open_version
from twinserve.store.registry import Registry

NOTHING = Options()


def opened(store: Path, name: str = "fruit") -> BulkVersion:
    """Version 1 of a model."""
    return BulkVersion(open_version(Registry(store, name).path(1), NO_TRUST), "1")


def scored(
    version: BulkVersion,
    reads: Form,
    writes: Answer,
    body: bytes,
    options: Options = NOTHING,
    *,
    size: int = 1 << 16,
) -> bytes:
    """The answer to a body that comes in pieces of so many bytes."""
    scoring = Scoring(version, reads, writes, options)
    fed = [scoring.feed(body[start : start + size]) for start in range(0, len(body), size)]
    return b"".join([*fed, *scoring.end()])

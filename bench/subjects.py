"""`Subject`: a server that can be measured: its name, how to start it, its requests and how to read its answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bench.prepared import Prepared, Rows

Group = Literal["floor", "twinserve", "tutorial", "peer"]
Answer = Sequence[float] | str
"""The answer to one row: probabilities in the order of the classes, or a label."""


@dataclass(frozen=True)
class Launch:
    """How a server is started."""

    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    before: Sequence[str] = ()
    """A command to run once before, which is not measured; empty for none."""


@dataclass(frozen=True)
class Scene:
    """The model, interpreter, folder and port with which a server is started."""

    python: Path
    """The interpreter of its environment."""
    port: int
    model: Prepared
    scratch: Path
    """An empty folder of its own, where it runs."""

    def tool(self, name: str) -> str:
        """A program that the environment installed."""
        return str(self.python.parent / name)


@dataclass(frozen=True)
class Payload:
    """A request to a server."""

    path: str
    content: Any
    """The value that is sent as JSON."""
    content_type: str = "application/json"

    @property
    def body(self) -> bytes:
        """The bytes that are sent."""
        return json.dumps(self.content, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Subject:
    """A server that can be measured."""

    name: str
    group: Group
    launch: Callable[[Scene], Launch]
    ask: Callable[[Prepared, Rows], Payload]
    """The request for these rows: a single one or a batch."""
    read: Callable[[Any, Prepared], Sequence[Answer]]
    """The answers in a reply, one for each row; nothing where the reply is fixed bytes."""
    about: str
    """One sentence for the table: how it is run."""
    floor: str | None = None
    """The floor of its own framework."""
    environment: str | None = None
    """The name of the environment it needs; None for our own."""
    distributions: Sequence[str] = ()
    """The packages whose versions the report lists."""
    batches: bool = True
    """Does it take many rows in one request?"""
    models: Sequence[str] | None = None
    """The models it is measured with; None for all."""


def is_single(prepared: Prepared, rows: Rows) -> bool:
    """Is this the single row, and no batch?"""
    return rows is prepared.single


def flat(prepared: Prepared, rows: Rows) -> list[dict[str, Any]]:
    """The rows as objects whose keys are the names of the columns."""
    return [dict(zip(prepared.columns, row, strict=True)) for row in rows.table]


def by_class(prepared: Prepared, probabilities: Mapping[str, float]) -> Sequence[float]:
    """Probabilities by label, in the order of the classes."""
    return [probabilities[label] for label in prepared.classes]

"""What a run found, as plain values that JSON holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Tried:
    """One training by the command line."""

    table: str
    source: str
    why: str
    rows: int
    columns: int
    target: str
    exit_code: int
    seconds: float
    flags: Sequence[str] = ()
    """What was given beside the table and the target: at the first try nothing."""
    sentence: str = ""
    """Why it was refused, or not promoted."""
    chosen: str = ""
    """The candidate that was chosen."""
    became: Mapping[str, str] = field(default_factory=dict)
    """What the report says that each column became."""
    silent: Sequence[str] = ()
    """Columns of which the report says nothing."""

    @property
    def trained(self) -> bool:
        """Is there a model that serves?"""
        return self.exit_code == 0

    @property
    def advised(self) -> bool:
        """Does the refusal name a flag?"""
        return "--" in self.sentence


@dataclass(frozen=True)
class Asked:
    """The rows of one table, as one library writes them, sent to a door."""

    table: str
    writer: str
    rows: int
    good: int
    """The rows that were answered with 200."""
    seconds: float
    """Of writing and asking."""
    refusals: Sequence[str] = ()
    """What the door said of the others: once for each column and kind."""


@dataclass(frozen=True)
class PairedSplit:
    """The scores of all models on one division of a table's rows."""

    chosen: str
    """The candidate that the training chose, with the improvements that it kept."""
    scores: Mapping[str, float]
    """By model, on the rows that were held out; less is better."""
    seconds: float
    """Of the training."""


@dataclass(frozen=True)
class Compared:
    """One table's comparison with other libraries."""

    table: str
    metric: str
    rows: int
    columns: int
    held_out: float
    """The share of the rows."""
    splits: Sequence[PairedSplit]
    seconds: float
    """Of everything, the other libraries included."""

    def scores(self, model: str) -> Sequence[float]:
        """A model's score on each split."""
        return [split.scores[model] for split in self.splits]


@dataclass
class Results:
    """Everything of one run; filled while it goes on."""

    facts: dict[str, Any]
    tried: list[Tried] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    def in_order_of(self, names: Sequence[str]) -> None:
        """Put the tables in this order, and leave out those that are not among them."""
        place = {name: number for number, name in enumerate(names)}
        self.tried = sorted((one for one in self.tried if one.table in place), key=lambda one: place[one.table])
        self.asked = sorted((one for one in self.asked if one.table in place), key=lambda one: place[one.table])
        self.compared = sorted((one for one in self.compared if one.table in place), key=lambda one: place[one.table])


def read(path: Path) -> Results:
    """What `Results.write` wrote."""
    content = json.loads(path.read_text())
    compared = [
        Compared(**one | {"splits": [PairedSplit(**split) for split in one["splits"]]}) for one in content["compared"]
    ]
    tried, asked = content["tried"], content["asked"]
    return Results(content["facts"], [Tried(**one) for one in tried], [Asked(**one) for one in asked], compared)

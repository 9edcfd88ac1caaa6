"""The models as the bench needs them: registered versions for us, one fitted pipeline for all, rows with answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

BATCH: Final = 1_000
UNCOMPILED: Final = "-uncompiled"
"""What the name of a model's version without a graph ends in."""
ROOT: Final = Path(__file__).parent.parent
OUT: Final = Path(__file__).parent / "out"


@dataclass(frozen=True)
class Rows:
    """Rows to ask for, in the forms that the servers take, and what the fitted pipeline says of them."""

    instances: Sequence[Any]
    """Nested, as the project's own contract takes them."""
    table: Sequence[Sequence[Any]]
    """The same values as a table, null where one is missing."""
    labels: Sequence[str]
    probabilities: Sequence[Sequence[float]]
    """In the order of the classes."""


@dataclass(frozen=True)
class Prepared:
    """One model, ready to be measured."""

    name: str
    folder: Path
    """Holds `pipeline.joblib`, fitted on a table with these columns, and `facts.json`, all that is here."""
    columns: Sequence[str]
    types: Sequence[str]
    """The signature's type of each column."""
    classes: Sequence[str]
    single: Rows
    batch: Rows

    @property
    def pipeline(self) -> Path:
        """The fitted pipeline, for everybody who serves that."""
        return self.folder / "pipeline.joblib"

    @property
    def numeric(self) -> bool:
        """Is every column a number, so that a row can be sent as a bare list?"""
        return set(self.types) == {"number"}

    @property
    def pipeline_of_arrays(self) -> Path:
        """The same pipeline without the names of its columns, where all are numbers: it takes arrays, which is
        faster and how most peers' documentation does it."""
        return self.folder / "pipeline-of-arrays.joblib"


def write(prepared: Prepared) -> None:
    """Write `facts.json`, from which `read` makes the same value, and servers in other environments what they need."""
    facts = asdict(prepared) | {"folder": None}
    (prepared.folder / "facts.json").write_text(json.dumps(facts))


def read(folder: Path) -> Prepared:
    """What `write` wrote."""
    facts = json.loads((folder / "facts.json").read_text())
    single, batch = Rows(**facts.pop("single")), Rows(**facts.pop("batch"))
    return Prepared(**facts | {"folder": folder}, single=single, batch=batch)

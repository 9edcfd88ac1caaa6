"""How often a version chooses another class than its estimator on rows that lie on a boundary between two classes.

Rows of different classes are drawn in pairs, and the way between the two is halved until its ends are neighbouring
doubles: there the estimator's label changes. What is asked are the ends, and rows up to four doubles to either side.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from bench.kept import NAME
from bench.model_examples.tables import Table
from twinserve.arrays import bisected
from twinserve.release.from_estimator import held_out, package
from twinserve.signature import Columns
from twinserve.store.artifact import Trust, open_version
from twinserve.store.registry import Registry

DOUBLES: Final = 4
PAIRS: Final = 60
HALVINGS: Final = 1100
"""More than between any two doubles; it ends where nothing moves any more."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Beside:
    """Rows beside a model's boundaries, and those of them that get another label."""

    name: str
    rows: int
    other: int


def beside(name: str, model: Any, table: Table) -> Beside | None:
    """Fit, package and open one classifier of numbers, and ask about rows beside its boundaries; None where the version
    is not compiled."""
    estimator = clone(model)
    judging = held_out(table.frame, table.target)
    estimator.fit(table.frame[~judging], table.target[~judging])
    with tempfile.TemporaryDirectory() as folder:
        version = package(estimator, table.frame, table.target, name=NAME, artifacts=Path(folder))
        opened = open_version(Registry(Path(folder), NAME).path(version), Trust(pickles=True))
        if opened.manifest.predictor.kind != "compiled":
            return None
        rows = rows_beside(estimator, table.frame)
        own = estimator.predict(pd.DataFrame(rows, columns=table.frame.columns))
        said = estimator.classes_[opened.predictor.predict(Columns(rows)).labels]
    return Beside(name, len(rows), int((said != own).sum()))


def rows_beside(estimator: Any, frame: pd.DataFrame) -> Floats:
    """Rows on the boundaries between pairs of rows, each moved by some doubles in one of its columns."""

    def labels(rows: Floats) -> Any:
        return estimator.predict(pd.DataFrame(rows, columns=frame.columns))

    rng = np.random.default_rng(0)
    x = frame.to_numpy(dtype=np.float64)
    found = labels(x)
    left = rng.integers(0, len(x), PAIRS)
    right = np.array([rng.choice(np.flatnonzero(found != found[row])) for row in left])
    low, high = bisected(x[left], x[right], lambda rows: (labels(rows) == found[left])[:, np.newaxis], HALVINGS)
    places = np.arange(PAIRS), np.abs(x[left] - x[right]).argmax(axis=1)
    rows = [low, high]
    for side in (-np.inf, np.inf):
        moved = low.copy()
        for _ in range(DOUBLES):
            moved[places] = np.nextafter(moved[places], side)
            rows.append(moved.copy())
    return np.concatenate(rows)

"""The small tables on which the models are fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, create_model


@dataclass(frozen=True)
class Table:
    """Rows, and what to predict."""

    frame: pd.DataFrame
    target: Any
    declared: type[BaseModel] | None = None
    """The input, where it is not read from the rows."""


Example = tuple[str, Any, Table]
"""Name, estimator, and the table to fit it on."""


def numbers(loaded: Any) -> Table:
    """A table of numbers from one of scikit-learn's own data sets."""
    x, target = loaded(return_X_y=True)
    return Table(pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])], dtype=np.float64), target)


def mixed(rows: int = 2000) -> Table:
    """Eight numbers and five categories, a tenth of both missing."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame()
    for i in range(8):
        frame[f"n{i}"] = rng.normal(size=rows) * 10.0 ** (i - 3)
        frame.loc[rng.random(rows) < 0.1, f"n{i}"] = np.nan
    for i in range(5):
        words = np.array([f"word {k}" for k in range(3 + 2 * i)], dtype=object)
        frame[f"c{i}"] = rng.choice(words, rows)
        frame.loc[rng.random(rows) < 0.1, f"c{i}"] = np.nan
    target = (frame["n3"].fillna(0.0) + (frame["c1"] == "word 2") + rng.normal(size=rows) > 0).astype(int)
    return Table(frame, np.asarray(target))


def reviews(rows: int = 1000, vocabulary: int = 5000) -> Table:
    """A text of five to fifty words, of which some tell the class, beside two numbers."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"stars": rng.normal(size=rows), "price": rng.gamma(2.0, 10.0, rows)})
    target = rng.integers(0, 2, rows)
    telling = [[f"fine{k}" for k in range(30)], [f"poor{k}" for k in range(30)]]
    texts = []
    for side in target.tolist():
        words = [f"word{k}" for k in (vocabulary * rng.random(int(rng.integers(5, 50))) ** 3).astype(int)]
        texts.append(" ".join([*words, *rng.choice(telling[side], 2)]))
    frame["text"] = texts
    return Table(frame, target)


def with_nulls_declared(table: Table) -> Table:
    """The same rows, of which none holds a null; the input says that a request may."""
    fields: dict[str, Any] = dict.fromkeys(table.frame.columns, (float | None, ...))
    return Table(table.frame, table.target, create_model("Nullable", **fields))

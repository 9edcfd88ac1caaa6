"""Results as a run would have found them."""

from __future__ import annotations

from collections.abc import Sequence

from bench.tables.results import Asked, Compared, PairedSplit, Results, Tried
from bench.tables.rivals import OURS, RIVALS

FACTS = {
    "date": "2026-12-01",
    "machine": "a processor, 2 cores",
    "splits": 4,
    "versions": {"Python": "3.11.7"},
}


def tried(table: str = "loans", code: int = 0, sentence: str = "", silent: Sequence[str] = ()) -> Tried:
    became = {"age": "integer or null", "job": "category", "code": "left out: it has the same value in every row"}
    return Tried(table, "made", "rows", 100, 4, "paid", code, 3.0, (), sentence, "linear model", became, silent)


def compared(ours: Sequence[float], theirs: Sequence[float], table: str = "loans") -> Compared:
    splits = [
        PairedSplit("random forest", {OURS: mine, **dict.fromkeys(RIVALS, other)}, 2.0)
        for mine, other in zip(ours, theirs, strict=True)
    ]
    return Compared(table, "rmse", 100, 3, 0.2, splits, 20.0)


def results(*found: Tried | Asked | Compared) -> Results:
    return Results(
        dict(FACTS),
        [one for one in found if isinstance(one, Tried)],
        [one for one in found if isinstance(one, Asked)],
        [one for one in found if isinstance(one, Compared)],
    )

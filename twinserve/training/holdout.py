"""The hold-out: which rows are held out, by a hash of their content, by time or by group."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.errors import AskedWrongly, CannotTrain
from twinserve.metric import Task
from twinserve.recipes.row_hashes import Hashes, mixed, row_hashes
from twinserve.recipes.split import BY_CLASS, Split
from twinserve.signature import Columns, Signature
from twinserve.signature.instances import each_instance
from twinserve.signature.signature import NUMERIC, TEMPORAL
from twinserve.signature.sources.type_inference import NotAFeature, interpret

HOLDOUT_FRACTION: Final = 0.2
MOST_CLASSES: Final = 100
ROWS_PER_CLASS: Final = 5
"""Whole numbers are classes where there are few, each with so many rows on average."""
ANOTHER_COPY: Final = 0x9E3779B97F4A7C15
FEWEST_GROUPS: Final = 5


def held_out_rows(given: pd.DataFrame, strata: IntArray, split: Split = BY_CLASS) -> BoolArray:
    """The rows that are held out, `[n]`, a fifth of them.

    `given` has every column of the table but the target, and `strata` `[n]` are class codes; for values all are 0.
    Raises `AskedWrongly` where the column of the split cannot divide the rows."""
    if split.time is not None:
        return _last(times(given, split.time))
    if split.group is not None:
        return _whole_groups(groups(given, split.group), column(given, split.group), strata)
    return _lowest(row_hashes(given), strata)


def column(given: pd.DataFrame, name: str) -> pd.Series[Any]:
    """A column that divides the rows; raises `AskedWrongly` where the table has none of this name."""
    names = [str(known) for known in given.columns]
    if name not in names:
        raise AskedWrongly(f"There is no column {name!r} to divide the rows by; the table has {', '.join(names[:20])}.")
    return given.iloc[:, names.index(name)]


def times(given: pd.DataFrame, name: str) -> FloatArray:
    """The time of each row, `[n]`; raises `AskedWrongly` where a row has none, or what is no time."""
    values = column(given, name)
    if missing := int(values.isna().sum()):
        raise AskedWrongly(f"The time {name!r} is null in {missing} rows; fill it or leave those rows out.")
    try:
        understood = interpret(values, recognise=True)
    except NotAFeature as error:
        raise AskedWrongly(f"The time {name!r} {error}; give a column of dates or numbers.") from None
    if understood.type not in TEMPORAL | NUMERIC:
        raise AskedWrongly(f"The time {name!r} is a {understood.type}; give a column of dates (YYYY-MM-DD) or numbers.")
    order = understood.values.to_numpy()
    seconds = order.astype("datetime64[us]").astype(np.int64) if understood.type in TEMPORAL else order
    return np.asarray(seconds, dtype=np.float64)


def groups(given: pd.DataFrame, name: str) -> IntArray:
    """The number of each row's group, `[n]`; raises `AskedWrongly` where a row has none, or there are too few."""
    values = column(given, name)
    if missing := int(values.isna().sum()):
        raise AskedWrongly(f"The group {name!r} is null in {missing} rows; fill it or leave those rows out.")
    codes = pd.factorize(row_hashes(values.to_frame()))[0]
    if (count := len(np.unique(codes))) < FEWEST_GROUPS:
        raise AskedWrongly(f"The group {name!r} has {count} values; at least {FEWEST_GROUPS} groups are needed.")
    return codes.astype(np.int64)


def strata_of(target: Any, task: Task | None = None) -> IntArray:
    """The class of each row, `[n]`, of a target as somebody has it; all 0 for values, or what looks like some."""
    values = pd.Series(np.asarray(target).reshape(-1))
    if task == "regression" or (task is None and _are_values(values)):
        return np.zeros(len(values), dtype=np.int64)
    return np.asarray(pd.factorize(values.map(str))[0], dtype=np.int64)


def _are_values(target: pd.Series[Any]) -> bool:
    if not pd.api.types.is_numeric_dtype(target) or pd.api.types.is_bool_dtype(target):
        return False
    numbers, distinct = target.to_numpy(dtype=np.float64), target.nunique()
    few = distinct <= MOST_CLASSES and ROWS_PER_CLASS * distinct <= len(target)
    return not (few and np.array_equal(numbers, np.floor(numbers)))


def _lowest(content: Hashes, strata: IntArray) -> BoolArray:
    """Of each class the fifth whose hashes are lowest: so every class has its share, and few rows move when some are
    added. Copies of one content have a hash each."""
    copy = pd.DataFrame({"content": content, "stratum": strata}).groupby(["content", "stratum"]).cumcount().to_numpy()
    places = mixed(content + copy.astype(np.uint64) * np.uint64(ANOTHER_COPY))
    mask = np.zeros(len(content), dtype=bool)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        order = rows[np.argsort(places[rows], kind="stable")]
        mask[order[: _share(len(rows))]] = True
    return mask


def _share(rows: int) -> int:
    return int(HOLDOUT_FRACTION * rows + 0.5)


def _last(order: FloatArray) -> BoolArray:
    """The last fifth; rows of the same time are on one side, so it may be a little more or less."""
    instants, counts = np.unique(order, return_counts=True)
    if len(instants) < 2:
        raise CannotTrain("All rows have the same time, so none can be held out by it.")
    behind = np.cumsum(counts[::-1])[::-1]  # Rows at this time or later.
    first = int(np.argmin(np.abs(behind[1:] - HOLDOUT_FRACTION * len(order)))) + 1
    return np.asarray(order >= instants[first])


def _whole_groups(codes: IntArray, names: pd.Series[Any], strata: IntArray) -> BoolArray:
    """Of each class the groups whose hashes are lowest, a fifth of the rows; a group counts for its most frequent
    class. Where a class has few groups, each of them more than that, it is the smallest one."""
    table = pd.DataFrame({"group": codes, "stratum": strata, "hash": row_hashes(names.rename("").to_frame())})
    each = table.groupby("group").agg(
        hash=("hash", "first"), size=("hash", "size"), stratum=("stratum", lambda values: values.mode().iloc[0])
    )
    chosen: list[int] = []
    for _, stratum in each.sort_values("hash", kind="stable").groupby("stratum"):
        wanted, held = HOLDOUT_FRACTION * stratum["size"].sum(), 0
        for group, size in zip(stratum.index.tolist(), stratum["size"].tolist(), strict=True):
            if held + size / 2 <= wanted:
                chosen.append(group)
                held += size
        if not held and len(stratum) > 1:
            chosen.append(stratum.index.tolist()[int(stratum["size"].argmin())])
    return np.isin(codes, chosen)


def fingerprint(columns: Columns, signature: Signature, target: Sequence[object]) -> str:
    """SHA-256 over the content of all rows, in their order."""
    whole = hashlib.sha256()
    for instance, value in zip(each_instance(columns, signature), target, strict=True):
        whole.update(repr((instance, value)).encode())
    return whole.hexdigest()

"""`Checked`: some rows after validation. `check`: the valid rows of some, and the findings of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from twinserve.arrays import IntArray
from twinserve.signature import Columns, Finding
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.spelling import Spelled
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import Batch

Errors = Mapping[int, Sequence[Finding]]
"""The findings of rows that have no answer, by row; pointers begin at the instance."""
MOST_CHECKED: Final = 10_000
"""Rows that are validated together at most."""
PARTS: Final = 8
"""Into which a batch with an invalid row is cut, each of them again, down to single rows: with one invalid row of 8,000
that takes 2.1 times as long as without."""
RowT = TypeVar("RowT")


class Checked(NamedTuple):
    """n rows, of which m are valid."""

    rows: int
    columns: Columns | None
    """Of the valid rows, `[m, features]`; None if there are none."""
    places: IntArray | None
    """`[m]`: the row of each; None: all are valid."""
    errors: Errors
    """Of the rows that are not."""
    spelled: Sequence[tuple[int, Spelled]] = ()
    """How instances were written, each for those from this valid row on."""
    passed: Mapping[str, Any] = {}
    """The columns that come back beside the answers, each a list or an Arrow array of n values."""
    common: Sequence[Finding] = ()
    """Warnings of all rows."""


def check(rows: Sequence[RowT], validate: Callable[[Sequence[RowT]], Batch]) -> Checked:
    """The valid rows as columns, and the findings of the others. `validate` reads an array of instances; it raises
    `InvalidInput` or `MalformedJson`."""
    columns: list[Columns] = []
    places: list[int] = []
    errors: dict[int, Sequence[Finding]] = {}
    spelled: list[tuple[int, Spelled]] = []
    for first, outcome in _parts(rows, 0, validate):
        if isinstance(outcome, Batch):
            if outcome.spelled is not None:
                spelled.append((len(places), outcome.spelled))
            columns.append(outcome.columns)
            places += range(first, first + len(outcome.columns))
        else:
            errors[first] = outcome
    return Checked(
        len(rows),
        Columns.concatenate(columns) if columns else None,
        np.array(places, dtype=np.int64) if errors else None,
        errors,
        spelled,
    )


def _parts(
    rows: Sequence[RowT], first: int, validate: Callable[[Sequence[RowT]], Batch]
) -> Iterator[tuple[int, Batch | Sequence[Finding]]]:
    """Valid parts, and the findings of single rows, each with the place of its first row."""
    if not rows:
        return
    outcome: Batch | Sequence[Finding] = ()
    try:
        outcome = validate(rows) if len(rows) <= MOST_CHECKED else ()
    except InvalidInput as error:
        outcome = [_within(finding) for finding in error.findings]
    except MalformedJson as error:
        # Of a line its own place says which it is; the number of those before it is not known here.
        outcome = [Finding((), "malformed-json", str(error).replace(" at line 1 column ", " at column "))]
    if isinstance(outcome, Batch) or len(rows) == 1:
        yield first, outcome
        return
    step = -(-len(rows) // PARTS)
    for start in range(0, len(rows), step):
        yield from _parts(rows[start : start + step], first + start, validate)


def _within(finding: Finding) -> Finding:
    """The finding of the only instance of an array, with its path within the instance."""
    return Finding(finding.path[1:], finding.code, finding.detail)

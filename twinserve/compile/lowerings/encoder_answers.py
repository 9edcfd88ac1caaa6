"""A fitted encoder of category_encoders, asked about rows that differ in one value from an ordinary one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray
from twinserve.compile.blocks import Column
from twinserve.compile.lowerings.encoding import is_null
from twinserve.compile.refusal import refusal
from twinserve.estimators.introspection import class_name
from twinserve.predict.halving import by_halves

UNSEEN: Final = ("\x00 a word that nobody knows", "\x00 another one")
"""Texts that no encoder was fitted on."""
ODD: Final = (0.737_465_527_1, -91_823.440_013)
"""Numbers that hardly any encoder was fitted on."""
MOST_HELD: Final = 30_000_000
"""The most numbers of the answers about one column: 240 MB."""
AT_A_TIME: Final = 1_000_000
"""The most numbers of one answer."""


@dataclass(frozen=True)
class Said:
    """What an encoder says about the values of one column."""

    numbers: dict[int, FloatArray]
    """For each of its own columns that is not the same for all values: its number for each of them."""
    answered: BoolArray
    """`[values]`: whether it takes a value; one that it refuses has the numbers of another one."""


class Asked:
    """A fitted encoder that is asked about rows which differ in one value from an ordinary one."""

    def __init__(self, encoder: Any, columns: Sequence[Column]) -> None:
        if callable(encoder.handle_unknown) and class_name(encoder) == "category_encoders.ordinal.OrdinalEncoder":
            raise refusal(encoder, "its handle_unknown is a function, which may answer each unseen word differently")
        self.columns = columns
        self._encoder = encoder
        self._names = list(encoder.feature_names_in_)
        self.encoded = [self._names.index(name) for name in encoder.cols if name in self._names]
        self.words = {place: list(words_in(encoder, self._names[place])) for place in self.encoded}
        self._row = [self._ordinary(place) for place in range(len(columns))]
        self._width = 1
        (answer,) = self._answers(0, [self._row[0]])
        if answer is None:
            raise refusal(encoder, "it refuses a row of values that it was fitted on")
        self.base, self._width = answer, len(answer)

    def kept(self) -> list[int | None]:
        """For each of its columns the column of the table that it is, None where it is another one."""
        kept: list[int | None] = [None] * len(self.base)
        for place, column in enumerate(self.columns):
            if place in self.encoded:
                continue
            values = _others(column)
            answers = self._answers(place, values)
            if any(answer is None for answer in answers):
                raise refusal(self._encoder, f"it refuses some values of column {column.name!r}")
            for at in range(len(self.base)):
                said = [answer[at] for answer in answers if answer is not None]
                if all(map(_same, said, values)):
                    kept[at] = place
                elif not all(_same(one, self.base[at]) for one in said):
                    raise refusal(self._encoder, f"it changes column {column.name!r}, which it does not encode")
        return kept

    def about(self, column: int, keys: Sequence[Any], made: Sequence[int]) -> Said:
        """Its answers about a column's values, in those of its own columns that are numbers; raises `CannotCompile`
        where they are too many, or not the same for every unseen value."""
        usual = self.base[made].astype(np.float64)
        numbers: dict[int, FloatArray] = {}
        answered = np.ones(len(keys), dtype=bool)
        strange = UNSEEN[1] if self.columns[column].kind == "category" else ODD[1]
        unseen: FloatArray | None = None
        for at, said in enumerate(self._numbers(column, [*keys, strange], made)):
            unseen = said if at == 0 else unseen
            if at == len(keys):
                if not _same_rows(said, unseen):
                    raise refusal(self._encoder, "its numbers for an unseen word depend on the word")
            elif said is None:
                answered[at] = False
            else:
                for other in np.flatnonzero((said != usual) & ~(np.isnan(said) & np.isnan(usual))).tolist():
                    numbers.setdefault(other, np.full(len(keys), usual[other]))[at] = said[other]
                if len(numbers) * len(keys) > MOST_HELD:
                    raise refusal(
                        self._encoder, f"its answers about {len(keys)} words are more than {MOST_HELD} numbers"
                    )
        return Said(numbers, answered)

    def _numbers(self, column: int, values: Sequence[Any], made: Sequence[int]) -> Iterator[FloatArray | None]:
        """For each value of a column the encoder's numbers, None where it raises."""
        import pandas as pd

        for part, said in self._asked(column, values):
            if said is None:
                yield from [None] * part
            else:
                yield from pd.DataFrame(said).iloc[:, list(made)].to_numpy(dtype=np.float64, na_value=np.nan)

    def _answers(self, column: int, values: Sequence[Any]) -> list[Any]:
        """For each value of a column the encoder's answer, None where it raises."""
        parts = self._asked(column, values)
        return [
            row for part, said in parts for row in ([None] * part if said is None else np.asarray(said, dtype=object))
        ]

    def _ordinary(self, place: int) -> Any:
        words = [word for word in self.words.get(place, ()) if not is_null(word)]
        if place in self.encoded:
            kind = str if self.columns[place].kind == "category" else (int, float, np.number)
            return next((word for word in words if isinstance(word, kind)), np.nan)
        return _others(self.columns[place])[0]

    def _asked(self, column: int, values: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """The encoder's answers to the ordinary row with other values in one column: tables, each with the number of
        its rows, and None where it raises."""
        import pandas as pd

        step = max(1, AT_A_TIME // self._width)
        for start in range(0, len(values), step):
            some = list(values[start : start + step])
            cells = [some if at == column else [usual] * len(some) for at, usual in enumerate(self._row)]
            series = [pd.Series(cells[at], dtype=_DTYPES.get(c.kind, object)) for at, c in enumerate(self.columns)]
            frame = pd.DataFrame(dict(zip(self._names, series, strict=True)))
            for part, said in by_halves(self._encoder.transform, frame, Exception):
                yield len(part), None if isinstance(said, Exception) else said


def _same_rows(one: FloatArray | None, other: FloatArray | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other, equal_nan=True)


_DTYPES: Final[Mapping[str, Any]] = {"number": np.float64, "date": "datetime64[us]", "datetime": "datetime64[us]"}
"""The dtypes of a service's table; texts are objects."""


def _others(column: Column) -> list[Any]:
    """Values of a column that an encoder should leave as they are."""
    import pandas as pd

    if column.kind == "number":
        return [*ODD, 1e300, np.nan]
    if column.kind in ("date", "datetime"):
        return [pd.Timestamp("2001-02-03"), pd.Timestamp("1999-12-31"), pd.NaT]
    return [*UNSEEN, *column.categories[:3], np.nan]


def _same(one: Any, other: Any) -> bool:
    import pandas as pd

    return bool(one == other) or (bool(pd.isna(one)) and bool(pd.isna(other)))


def words_in(encoder: Any, name: Any) -> Iterator[Any]:
    """The values of a column that a fitted encoder may know, some of them several times, and others."""
    holders = [encoder, getattr(encoder, "ordinal_encoder", None)]
    for mapping in [getattr(holder, "mapping", None) for holder in holders]:
        listed = mapping.items() if isinstance(mapping, dict) else [(m["col"], m["mapping"]) for m in mapping or ()]
        yield from (word for own, table in listed if own == name for word in table.index)
    for label, lumped in getattr(encoder, "min_group_lumping_", {}).get(name, {}).items():
        yield from (label, lumped)


def words_of(encoder: Any) -> list[str]:
    """The texts that a fitted encoder knows, of all its columns."""
    words = [word for name in encoder.cols for word in words_in(encoder, name)]
    return list(dict.fromkeys(word for word in words if isinstance(word, str)))

"""The encoders of the library category_encoders: a table from each word of a column to fixed numbers.

After fitting, such an encoder gives each row of a column by its word alone. So the fitted encoder itself is asked
about each word that it or the column knows, about null and about a word that nobody knows, and its answers become a
table in the graph. Columns that it leaves as they are stay so, at its own places among the others.

Source: category_encoders 2.11, `utils.py` (`BaseEncoder`), `ordinal.py` (`mapping`), its manual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.arrays import BoolArray, FloatArray
from twinserve.compile.blocks import Block, Column
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.limits import Limit
from twinserve.compile.lowerings.encoding import is_null, values_of
from twinserve.compile.lowerings.lookup import Lookup, looked_up
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


def encoded(graph: Graph, encoder: Any, block: Block) -> Block:
    """The encoder's columns, each a number by the word of one column, or a column that it leaves as it is."""
    asked = _Asked(encoder, block.columns)
    kept = asked.kept()
    made = [place for place, source in enumerate(kept) if source is None]
    usual = asked.base[made].astype(np.float64)
    tables: dict[int, Lookup] = {}
    answered: list[Lookup] = []
    for column in asked.encoded:
        keys = _keys(graph, encoder, asked, column)
        known = None if block.columns[column].kind == "category" else keys[1:-1]
        said = asked.about(column, keys, made)
        if tables.keys() & said.numbers.keys():
            raise refusal(encoder, "it makes one column of several")
        tables |= {at: Lookup(column, own, known) for at, own in said.numbers.items()}
        if not said.answered.all():
            answered.append(Lookup(column, said.answered.astype(np.float64), known))
        same = [at for at in range(len(made)) if at not in tables and column == asked.encoded[-1]]
        tables |= {at: Lookup(column, np.full(len(keys), usual[at]), known) for at in same}
    if answered:
        graph.demand(looked_up(graph, encoder, block, answered), Limit(1.0, 1.0, null=False))
    if not made:
        return block.select([source for source in kept if source is not None])
    return _side_by_side(graph, block, kept, looked_up(graph, encoder, block, [tables[at] for at in range(len(made))]))


def _side_by_side(graph: Graph, block: Block, kept: Sequence[int | None], numbers: Block) -> Block:
    """The numbers and the columns that are kept, in the encoder's order."""
    if len(numbers.columns) == len(kept):
        return numbers
    whole = graph.concat([numbers, block])
    order = np.cumsum([source is None for source in kept]) - 1
    behind = len(numbers.columns)
    return whole.select([int(order[at]) if source is None else behind + source for at, source in enumerate(kept)])


def _keys(graph: Graph, encoder: Any, asked: _Asked, column: int) -> list[Any]:
    """What is asked about a column: first a value that nobody knows, then those that have a code, then null."""
    held = asked.columns[column]
    if held.kind == "category":
        words = [word for word in asked.words[column] if isinstance(word, str)]
        values_of(graph, held, words, encoder)  # Words that have no code yet get one.
        return [UNSEEN[0], *held.categories, np.nan]
    if held.kind != "number":
        values_of(graph, held, ["a word"], encoder)  # Says what is wrong.
    numbers = {float(word) for word in asked.words[column] if not isinstance(word, str) and not is_null(word)}
    return [ODD[0], *sorted(numbers - set(ODD)), np.nan]


@dataclass(frozen=True)
class _Said:
    """What an encoder says about the values of one column."""

    numbers: dict[int, FloatArray]
    """For each of its own columns that is not the same for all values: its number for each of them."""
    answered: BoolArray
    """`[values]`: whether it takes a value; one that it refuses has the numbers of another one."""


class _Asked:
    """A fitted encoder that is asked about rows which differ in one value from an ordinary one."""

    def __init__(self, encoder: Any, columns: Sequence[Column]) -> None:
        if callable(encoder.handle_unknown) and class_name(encoder) == "category_encoders.ordinal.OrdinalEncoder":
            raise refusal(encoder, "its handle_unknown is a function, which may answer each unseen word differently")
        self.columns = columns
        self._encoder = encoder
        self._names = list(encoder.feature_names_in_)
        self.encoded = [self._names.index(name) for name in encoder.cols if name in self._names]
        self.words = {place: list(_words(encoder, self._names[place])) for place in self.encoded}
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

    def about(self, column: int, keys: Sequence[Any], made: Sequence[int]) -> _Said:
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
        return _Said(numbers, answered)

    def _numbers(self, column: int, values: Sequence[Any], made: Sequence[int]) -> Iterator[FloatArray | None]:
        """For each value of a column the encoder's numbers, None where it raises."""
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


_DTYPES: Final = {"number": np.float64, "date": "datetime64[us]", "datetime": "datetime64[us]"}
"""The dtypes of a service's table; texts are objects."""


def _others(column: Column) -> list[Any]:
    """Values of a column that an encoder should leave as they are."""
    if column.kind == "number":
        return [*ODD, 1e300, np.nan]
    if column.kind in ("date", "datetime"):
        return [pd.Timestamp("2001-02-03"), pd.Timestamp("1999-12-31"), pd.NaT]
    return [*UNSEEN, *column.categories[:3], np.nan]


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) or (bool(pd.isna(one)) and bool(pd.isna(other)))


def _words(encoder: Any, name: Any) -> Iterator[Any]:
    """The values of a column that a fitted encoder may know, some of them several times, and others."""
    holders = [encoder, getattr(encoder, "ordinal_encoder", None)]
    for mapping in [getattr(holder, "mapping", None) for holder in holders]:
        listed = mapping.items() if isinstance(mapping, dict) else [(m["col"], m["mapping"]) for m in mapping or ()]
        yield from (word for own, table in listed if own == name for word in table.index)
    for label, lumped in getattr(encoder, "min_group_lumping_", {}).get(name, {}).items():
        yield from (label, lumped)


def words_of(encoder: Any) -> list[str]:
    """The texts that a fitted encoder knows, of all its columns."""
    words = [word for name in encoder.cols for word in _words(encoder, name)]
    return list(dict.fromkeys(word for word in words if isinstance(word, str)))


def by_letters(_graph: Graph, encoder: Any, _block: Block) -> Block:
    """Raises: the answer follows from a word's letters, so no table of words holds it."""
    raise refusal(encoder, "it makes numbers of the letters of any word, which no table of known words holds")


def of_encoders(_graph: Graph, encoder: Any, _block: Block) -> Block:
    """Raises: several encoders inside."""
    raise refusal(encoder, "it holds several encoders, which are not lowered")


_BY_WORD: Final = (
    "backward_difference.BackwardDifferenceEncoder", "basen.BaseNEncoder", "binary.BinaryEncoder",
    "cat_boost.CatBoostEncoder", "count.CountEncoder", "count_target.CountTargetEncoder", "glmm.GLMMEncoder",
    "gray.GrayEncoder", "helmert.HelmertEncoder", "james_stein.JamesSteinEncoder",
    "leave_one_out.LeaveOneOutEncoder", "m_estimate.MEstimateEncoder", "one_hot.OneHotEncoder",
    "ordinal.OrdinalEncoder", "polynomial.PolynomialEncoder", "quantile_encoder.QuantileEncoder",
    "rankhot.RankHotEncoder", "sum_coding.SumEncoder", "target_encoder.TargetEncoder", "woe.WOEEncoder",
)  # fmt: skip
ENCODERS: Final = frozenset(f"category_encoders.{name}" for name in _BY_WORD)
LOWERINGS: dict[str, Lowering] = {
    **dict.fromkeys(sorted(ENCODERS), encoded),
    "category_encoders.hashing.HashingEncoder": by_letters,
    "category_encoders.multi_hot.MultiHotEncoder": by_letters,
    "category_encoders.quantile_encoder.SummaryEncoder": of_encoders,
}

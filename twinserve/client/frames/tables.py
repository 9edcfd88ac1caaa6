"""Tables of the caller: what a DataFrame of pandas or of Polars has to give, and to make."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Reader(Protocol):
    """Reads a table's rows as instances, by the input of one model."""

    @property
    def ignored(self) -> Sequence[Mapping[str, str]]:
        """A warning for each column that training left out."""

    def rows(self, start: int, stop: int) -> Sequence[Any]:
        """The instances from one row to another; raises `InvalidInput` for missing and unknown columns."""


class Table(Protocol):
    """A DataFrame."""

    @property
    def names(self) -> Sequence[str]:
        """The names of its columns, as texts."""

    def __len__(self) -> int: ...

    def label(self, row: int) -> Any:
        """What its index calls the row at this position."""

    def reader(self, schema: bytes | None) -> Reader:
        """Reads its rows by this schema; without one, by what its own columns are."""

    def made(self, predictions: Sequence[Mapping[str, Any]], model: str, versions: Sequence[str]) -> Any:
        """A table of the same kind, with the predictions of all rows, and with its index if it has one."""


def as_table(value: Any) -> Table | None:
    """The table that a value is; None for what is none. Who has a DataFrame has loaded its library."""
    pandas: Any = sys.modules.get("pandas")
    polars: Any = sys.modules.get("polars")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        from twinserve.client.frames.pandas_table import PandasTable

        return PandasTable(value)
    if polars is not None and isinstance(value, polars.DataFrame):
        from twinserve.client.frames.polars_table import PolarsTable

        return PolarsTable(value)
    return None


def is_lazy(value: Any) -> bool:
    """Is it a LazyFrame of Polars?"""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(value, polars.LazyFrame)


class DataFrame(Protocol):
    """What DataFrames of pandas and of Polars have in common, for type checkers: the answer is of the same kind."""

    @property
    def columns(self) -> Any:
        """The names of the columns."""

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""

"""The arguments of `fit` as people write them: names that are numbers, one name or several, another kind of table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from types import NoneType
from typing import TYPE_CHECKING

from twinserve.errors import AskedWrongly
from twinserve.inprocess.model import is_frame
from twinserve.metric import Metric
from twinserve.recipes.column_choices import Names

if TYPE_CHECKING:
    import pandas as pd


def require_types(metric: object, threshold: object, costs: object) -> None:
    """Raise `AskedWrongly` for arguments that would fail later with an error of Python's."""
    if not isinstance(metric, (str, Metric, NoneType)):
        raise AskedWrongly("metric is the name of a metric, or a Metric whose function is your own.")
    if not isinstance(threshold, (Real, NoneType)):
        raise AskedWrongly("threshold is a probability from 0 to 1, such as 0.2.")
    if not isinstance(costs, (str, Mapping, NoneType)):
        raise AskedWrongly('costs is {"FN": 10, "FP": 1}.')


def held_out(holdout: pd.DataFrame | None, targets: Sequence[str]) -> pd.DataFrame | None:
    """The rows of a hold-out of one's own, with text for names."""
    return None if holdout is None else with_text_names(holdout, targets)


def with_text_names(df: object, targets: Sequence[str]) -> pd.DataFrame:
    """The table, whose columns may have had numbers for names; raises `AskedWrongly` for what cannot be one."""
    if not is_frame(df):
        if hasattr(df, "to_pandas"):
            raise AskedWrongly("fit takes a DataFrame of pandas, and to_pandas() gives one.")
        raise AskedWrongly(f"fit takes a DataFrame, not a value of the type {type(df).__name__}; pandas reads files.")
    table = df.set_axis([str(column) for column in df.columns], axis="columns")
    if twice := [target for target in targets if list(table.columns).count(target) > 1]:
        raise AskedWrongly(f"Two columns are named {twice[0]!r}; rename one of them.")
    if not targets:
        raise AskedWrongly("There is no target; give the column that is predicted.")
    return table


def text(name: object) -> str | None:
    """A column's name as text."""
    return None if name is None else str(name)


def listed(names: object) -> list[str]:
    """No name, one or several; each may be a number."""
    if names is None:
        return []
    return [str(name) for name in (names if isinstance(names, Iterable) and not isinstance(names, str) else [names])]


def dates(names: Names | Mapping[str, str | None]) -> Sequence[str] | Mapping[str, str | None]:
    """The columns that hold dates, with the form of each where one is given."""
    return {str(name): form for name, form in names.items()} if isinstance(names, Mapping) else listed(names)

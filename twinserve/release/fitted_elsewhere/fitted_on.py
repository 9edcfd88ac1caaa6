"""Why an estimator does not take a table or cannot be stored, as a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.errors import CannotPackage
from twinserve.estimators.introspection import parts

LIBRARIES: Final = frozenset({"catboost", "imblearn", "lightgbm", "numpy", "pandas", "scipy", "sklearn", "xgboost"})
"""They store what they hold without its own functions."""
MOST_LISTED: Final = 8


def require_same_columns(estimator: Any, names: Sequence[str]) -> None:
    """Raise `CannotPackage` where a table has other columns than the estimator was fitted on."""
    own = [str(name) for name in getattr(estimator, "feature_names_in_", names)]
    here, known = set(names), set(own)
    missing, more = [name for name in own if name not in here], [name for name in names if name not in known]
    if missing or more:
        lacks = f", which lacks {_listed(missing)}" if missing else ""
        has = f"{' and' if missing else ', which'} has {_listed(more)} besides" if more else ""
        raise CannotPackage(
            f"It was fitted on other columns than those of X{lacks}{has}; give the table that it knows."
        )
    if getattr(estimator, "n_features_in_", len(names)) != len(names):
        raise CannotPackage(f"It was fitted on {estimator.n_features_in_} columns and the table has {len(names)}.")


def refused_for(estimator: Any, table: Any) -> str | None:
    """Why an estimator raises on this table; None where nobody knows."""
    if not isinstance(table, pd.DataFrame):
        return None
    own = [str(name) for name in getattr(estimator, "feature_names_in_", table.columns)]
    if own != [str(name) for name in table.columns] and set(own) == {str(name) for name in table.columns}:
        return (
            "X has its columns in another order than the estimator was fitted on: give "
            "X[list(estimator.feature_names_in_)], to held_out as well."
        )
    return infinite(table)


def infinite(table: Any) -> str | None:
    """The columns that hold infinity, and what to do; None where none does."""
    if not isinstance(table, pd.DataFrame):
        return None
    numbers = table.select_dtypes("number")
    found = [str(name) for name in numbers if np.isinf(numbers[name].to_numpy(dtype=np.float64, na_value=0.0)).any()]
    return (
        f"X holds infinity in {_listed(found)}, and JSON has no such number: leave those rows out." if found else None
    )


def require_importable(estimator: Any) -> None:
    """Raise `CannotPackage` for a function that no server can import: a lambda, one within another function, or one of
    the script that runs."""
    for function in _functions(estimator):
        if function.__module__ == "__main__" or (
            "<" in function.__qualname__ and function.__module__.partition(".")[0] not in LIBRARIES
        ):
            kind = "a lambda" if function.__name__ == "<lambda>" else f"the function {function.__name__}"
            raise CannotPackage(
                f"It holds {kind}, which a server could not import: write it as a function of a module that is "
                "installed beside the server, or use one of NumPy's."
            )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(map(repr, names[:MOST_LISTED])) + more


def _functions(estimator: Any) -> Iterator[FunctionType]:
    return (part for part in parts(estimator) if isinstance(part, FunctionType))

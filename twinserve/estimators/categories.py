"""A transformer that makes pandas categories of texts, as XGBoost and LightGBM take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types as dtypes
from sklearn.base import BaseEstimator, TransformerMixin


class Categories(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types.
    """Gives columns of texts the dtype `category`, with the categories of the table that it was fitted on.

    A text that is not among them becomes null, as in `pandas.Categorical(texts, categories)`: the estimator behind it
    treats it as a missing value. Other columns stay as they are.
    """

    @classmethod
    def of(cls, categories: Mapping[str, pd.Index[Any]], names: list[str]) -> Self:
        """A fitted one: the categories by column, and the names of all columns."""
        return cls()._holding(categories, names)

    def _holding(self, categories: Mapping[str, pd.Index[Any]], names: list[str]) -> Self:
        self.categories_ = {name: listed.to_numpy() for name, listed in categories.items()}
        self.n_features_in_, self.feature_names_in_ = len(names), np.array(names, dtype=object)
        return self

    def fit(self, table: pd.DataFrame, target: Any = None) -> Self:
        """Learn the categories of each column that is text or has the dtype `category`."""
        del target
        own = categories_of(table)
        texts = [name for name in table.columns if dtypes.is_string_dtype(table[name].dtype)]
        own |= {str(name): table[name].astype("category").cat.categories for name in texts if str(name) not in own}
        return self._holding(own, [str(name) for name in table.columns])

    def transform(self, table: pd.DataFrame) -> pd.DataFrame:
        """The same columns, some of them as categories."""
        made = {name: _categorical(table[name], listed) for name, listed in self.categories_.items()}
        return table.assign(**made)

    def get_feature_names_out(self, names: Any = None) -> NDArray[np.object_]:
        """The names of the columns."""
        return self.feature_names_in_ if names is None else np.asarray(names, dtype=object)


def _categorical(column: pd.Series[Any], listed: NDArray[Any]) -> pd.Categorical:
    """The categories of a column; one that is a number is also meant by its text."""
    place = {str(category): code for code, category in enumerate(listed)}
    place |= {category: code for code, category in enumerate(listed)}
    codes = [place.get(value, -1) for value in column]
    return pd.Categorical.from_codes(codes, categories=pd.Index(listed))


def categories_of(table: Any) -> dict[str, pd.Index[Any]]:
    """The categories of each column of a table that has the dtype `category`, by its name."""
    if not isinstance(table, pd.DataFrame):
        return {}
    kept = {str(name): column for name, column in table.items() if isinstance(column.dtype, pd.CategoricalDtype)}
    return {name: column.cat.categories for name, column in kept.items()}


def as_codes(table: Any) -> Any:
    """The table with the code of each category in its place, NaN for null."""
    own = categories_of(table)
    codes = {name: table[name].cat.codes.astype(np.float64).where(table[name].notna()) for name in own}
    return table.assign(**codes) if own else table

"""Texts become categories as `pandas.Categorical` makes them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from twinserve.estimators.categories import Categories, as_codes, categories_of


def table() -> pd.DataFrame:
    """A text, a number, and whole numbers as categories."""
    sizes = pd.Categorical([10, 20, 10], categories=[20, 10])
    return pd.DataFrame({"word": ["b", "a", np.nan], "number": [1.0, 2.0, 3.0], "size": sizes})


def test_texts_and_categories_become_categories_and_numbers_stay() -> None:
    made = Categories().fit(table()).transform(table())
    assert list(map(str, made.dtypes)) == ["category", "float64", "category"]
    assert made["word"].cat.categories.tolist() == ["a", "b"]
    assert made["size"].cat.categories.tolist() == [20, 10]


def test_what_was_not_there_is_null() -> None:
    fitted = Categories().fit(table())
    asked = pd.DataFrame({"word": ["c", "b", None], "number": 0.0, "size": ["20", "30", "10"]})
    made = fitted.transform(asked)
    assert made["word"].isna().tolist() == [True, False, True]
    assert made["size"].astype(object).where(made["size"].notna(), None).tolist() == [20, None, 10]


def test_categories_of_another_table_keep_their_order() -> None:
    own = categories_of(table())
    assert {name: listed.tolist() for name, listed in own.items()} == {"size": [20, 10]}
    fitted = Categories.of(own, ["word", "number", "size"])
    assert fitted.get_feature_names_out().tolist() == ["word", "number", "size"]
    assert fitted.get_feature_names_out(["a"]).tolist() == ["a"]
    assert as_codes(fitted.transform(table()))["size"].tolist() == [1.0, 0.0, 1.0]


def test_codes_of_null_are_null() -> None:
    made = Categories().fit(table()).transform(table())
    np.testing.assert_array_equal(as_codes(made)["word"], [1.0, 0.0, np.nan])
    assert as_codes(made[["number"]]) is not None
    assert categories_of(made.to_numpy()) == {}

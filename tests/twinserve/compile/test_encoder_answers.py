"""A fitted encoder is asked about each word; what its answer is not fixed by is refused.

The encoders here are made by hand and named as the library's, whose own are tried by `make test-libraries`."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from tests.twinserve.compile.comparing import Table, assert_same, beside, compiled_answer, random_numbers, words
from twinserve.compile import compile_pipeline
from twinserve.compile.lowerings.encoder_answers import words_of
from twinserve.errors import CannotCompile
from twinserve.proof.known_categories import known_categories

ROWS = 40


class ByWord(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types.
    """Gives `c0` the position of its word, after a column of ones; leaves the other columns."""

    handle_unknown: Any = "value"

    def fit(self, table: pd.DataFrame, target: Any = None) -> Self:
        """Learn the words."""
        del target
        self.feature_names_in_, self.n_features_in_ = list(table.columns), table.shape[1]
        self.cols = ["c0"]
        listed = table["c0"].dropna().unique()
        self.mapping = {"c0": pd.Series(np.arange(len(listed)) + 0.25, index=listed)}
        return self

    def transform(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with numbers in place of words."""
        found = table["c0"].map(self.mapping["c0"]).astype(np.float64).fillna(-1.0).where(table["c0"].notna(), -2.0)
        return table.assign(c0=self.number(table, found)).assign(one=1.0)

    def number(self, table: pd.DataFrame, found: pd.Series[float]) -> Any:
        """The column of numbers."""
        del table
        return found


class RefusesUnseen(ByWord):
    """Raises on a word that it does not know."""

    def number(self, table: pd.DataFrame, found: pd.Series[float]) -> Any:
        """As they are, unless one is not known."""
        del table
        if (found == -1.0).any():
            raise ValueError("unseen")
        return found


class ByLength(ByWord):
    """Gives an unseen word its length."""

    def number(self, table: pd.DataFrame, found: pd.Series[float]) -> Any:
        """The length where the word is not known."""
        return found.where(found != -1.0, table["c0"].str.len())


class OfTwoColumns(ByWord):
    """Makes one column of two."""

    def fit(self, table: pd.DataFrame, target: Any = None) -> Self:
        """Learn the words of both."""
        super().fit(table, target)
        self.cols = ["c0", "c1"]
        self.mapping["c1"] = self.mapping["c0"]
        return self

    def number(self, table: pd.DataFrame, found: pd.Series[float]) -> Any:
        """The number, and 100 for a word of the other column."""
        return found + 100.0 * (table["c1"] == "w1")

    def transform(self, table: pd.DataFrame) -> pd.DataFrame:
        """Numbers alone."""
        return super().transform(table).assign(c1=0.0)


class Changes(ByWord):
    """Doubles a number."""

    def transform(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table, one of its numbers twice."""
        return super().transform(table).assign(n0=lambda made: made["n0"] * 2.0)


for _class in (ByWord, RefusesUnseen, ByLength, OfTwoColumns, Changes):
    _class.__module__, _class.__qualname__ = "category_encoders.target_encoder", "TargetEncoder"


def whole(seed: int, unseen: float = 0.0) -> Table:
    """A number and two columns of words."""
    return beside(random_numbers(seed, ROWS, 1), words(seed, ROWS, (6, 3), unseen=unseen))


def narrow(table: Table) -> Table:
    """Without the second column of words."""
    return Table(table.frame.drop(columns="c1"), table.x[:, :2], table.columns[:2])


def fitted(encoder: Any) -> Any:
    """Before a sum that shows every column."""
    model = make_pipeline(encoder, LinearRegression()).fit(narrow(whole(0)).frame, np.arange(float(ROWS)))
    model[-1].coef_ = np.array([1.0, 10.0, 100.0])
    return model


def test_its_numbers_and_the_columns_that_it_leaves_are_the_same() -> None:
    assert_same(fitted(ByWord()), narrow(whole(1, unseen=0.2)))


def test_a_word_that_it_refuses_has_no_answer() -> None:
    asked = narrow(whole(1, unseen=0.2))
    answers = compiled_answer(fitted(RefusesUnseen()), asked)["value"]
    np.testing.assert_array_equal(np.isnan(answers), asked.x[:, 1] == -1.0)


def test_its_words_are_tried_by_the_proof() -> None:
    model = fitted(ByWord())
    assert sorted(words_of(model[0])) == [f"w{k}" for k in range(6)]
    assert sorted(known_categories(model)) == [f"w{k}" for k in range(6)]


@pytest.mark.parametrize(
    ("encoder", "reason"), [(ByLength(), "depend on the word"), (Changes(), "changes column 'n0'")]
)
def test_answers_that_a_word_does_not_fix_are_refused(encoder: Any, reason: str) -> None:
    with pytest.raises(CannotCompile, match=reason):
        compile_pipeline(fitted(encoder), narrow(whole(0)).columns)


def test_a_column_of_two_is_refused() -> None:
    table = whole(0)
    kept = Table(table.frame, table.x, table.columns)
    encoder = OfTwoColumns().fit(kept.frame)
    model = make_pipeline(encoder, LinearRegression())
    with pytest.raises(CannotCompile, match="one column of several"):
        compile_pipeline(model, kept.columns)

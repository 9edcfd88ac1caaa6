"""A null text has no words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer

from twinserve.estimators.words import Words

TEXTS = ["good fruit", "", "bad fruit"]


def test_null_is_the_empty_text() -> None:
    plain = TfidfVectorizer(max_features=9).fit(TEXTS)
    for null in (None, np.nan):
        column = pd.Series(["good fruit", null, "bad fruit"], dtype=object)
        words = clone(Words(max_features=9)).fit(column)
        np.testing.assert_array_equal(words.transform(column).toarray(), plain.transform(TEXTS).toarray())
        np.testing.assert_array_equal(words.fit_transform(column).toarray(), plain.transform(TEXTS).toarray())

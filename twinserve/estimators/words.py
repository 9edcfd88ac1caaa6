"""Features of a text that may be null."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer


class Words(TfidfVectorizer):  # type: ignore[misc]  # scikit-learn has no type information.
    """scikit-learn's `TfidfVectorizer`, to which null is the empty text."""

    takes_null = True

    def fit(self, raw_documents: Any, y: Any = None) -> Words:
        """Learn the words of these texts."""
        super().fit(_texts(raw_documents), y)
        return self

    def fit_transform(self, raw_documents: Any, y: Any = None) -> Any:
        """Learn the words of these texts, and give their weights, sparse `[n, words]`."""
        return super().fit_transform(_texts(raw_documents), y)

    def transform(self, raw_documents: Any) -> Any:
        """The weights of the known words, sparse `[n, words]`."""
        return super().transform(_texts(raw_documents))


def _texts(documents: Any) -> list[str]:
    return ["" if pd.isna(text) else text for text in documents]

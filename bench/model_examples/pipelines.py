"""The pipelines that the examples share, and the names of their estimators."""

from __future__ import annotations

from typing import Any

from sklearn import compose, impute, pipeline, preprocessing


def scaled(*steps: Any) -> Any:
    """A pipeline behind a StandardScaler."""
    return pipeline.make_pipeline(preprocessing.StandardScaler(), *steps)


def encoded(head: Any, encoder: Any = None) -> Any:
    """The usual pipeline for a mixed table."""
    encoder = encoder or preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    number = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="median", add_indicator=True), preprocessing.StandardScaler()
    )
    word = pipeline.make_pipeline(impute.SimpleImputer(strategy="most_frequent"), encoder)
    parts = [("number", number, [f"n{i}" for i in range(8)]), ("word", word, [f"c{i}" for i in range(5)])]
    return pipeline.make_pipeline(compose.ColumnTransformer(parts), head)


def named(model: Any) -> str:
    """The class and the parameters that are not the default."""
    shown = repr(model).replace("\n", " ")
    return " ".join(shown.split()).removesuffix("()")

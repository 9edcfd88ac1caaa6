"""Reading a file as a recipe's input declares its columns."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel

from twinserve.metric import Task
from twinserve.recipes import target as targets
from twinserve.recipes.recipe import Table
from twinserve.recipes.table import rows_with_target
from twinserve.signature.signature import TEXTUAL, Feature, FeatureType
from twinserve.signature.sources.from_pydantic import from_pydantic
from twinserve.signature.sources.type_inference import NotAFeature, interpret
from twinserve.tables.files import read
from twinserve.tables.formats import Form, source_name


def read_table(
    path: Path,
    input: type[BaseModel],  # noqa: A002  # The word that a recipe uses.
    *,
    target: str,
    task: Task,
    form: Form | None = None,
    null_text: str | None = None,
) -> Table:
    """The rows of a file that have a target, with one column for each field of `input`.

    Types are read from all rows, as for `train.py --data`; but whole numbers become texts where `input` declares texts.
    `null_text` stands for a missing text. A column that is not in the file, or not as declared, is an error of the
    training. Raises `NoSuchTable`, `UnreadableTable`, `NoSuchColumn` and `BadTarget`.
    """
    known = rows_with_target(read(str(path), form, sys.stdin.buffer), target)
    column = known[target]
    features = [feature for feature in from_pydantic(input).features if feature.name in known.columns]
    return Table(
        pd.DataFrame({feature.name: _values(known[feature.name], feature, null_text) for feature in features}),
        targets.labels(column) if task == "classification" else targets.values(column),
        source=source_name(str(path)),
        given=known.drop(columns=target),
    )


def _values(values: pd.Series[Any], feature: Feature, null_text: str | None) -> pd.Series[Any]:
    try:
        column = interpret(values, recognise=feature.type not in TEXTUAL)
    except NotAFeature:
        return values
    if feature.type in TEXTUAL and column.type is FeatureType.INTEGER:
        whole = [None if pd.isna(value) else str(int(value)) for value in column.values.tolist()]
        return pd.Series(whole, index=values.index, dtype=object)
    if feature.type is FeatureType.STRING and null_text is not None:
        return column.values.fillna(null_text)
    return column.values

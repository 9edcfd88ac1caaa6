"""Reading a file as a recipe's input declares its columns."""

from __future__ import annotations

import sys
from collections.abc import Sequence
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
from twinserve.tables.formats import Form, Reading, source_name
from twinserve.tables.values import read_values


def read_table(
    path: Path,
    input: type[BaseModel],  # noqa: A002  # The word that a recipe uses.
    *,
    target: str,
    task: Task,
    form: Form | None = None,
    header: bool | None = None,
    null_values: Sequence[str] = (),
) -> Table:
    """The rows of a file that have a target, with one column for each field of `input`.

    Types are read from all rows, as for `train.py --data`; but whole numbers become texts where `input` declares texts.
    `header` and `null_values` are what `--header` and `--null-values` say. A column that is not in the file, or not as
    declared, is an error of the training. Raises `NoSuchTable`, `UnreadableTable`, `NoSuchColumn` and `BadTarget`.
    """
    frame, cells = read([str(path)], Reading(form, header, tuple(null_values)), sys.stdin.buffer)
    known = rows_with_target(read_values(frame, cells).frame, target)
    column = known[target]
    features = [feature for feature in from_pydantic(input).features if feature.name in known.columns]
    return Table(
        pd.DataFrame({feature.name: _values(known[feature.name], feature) for feature in features}),
        targets.labels(column) if task == "classification" else targets.values(column),
        source=source_name(str(path)),
        given=known.drop(columns=target),
    )


def _values(values: pd.Series[Any], feature: Feature) -> pd.Series[Any]:
    try:
        column = interpret(values, recognise=feature.type not in TEXTUAL)
    except NotAFeature:
        return values
    if feature.type in TEXTUAL and column.type is FeatureType.INTEGER:
        whole = [None if pd.isna(value) else str(int(value)) for value in column.values.tolist()]
        return pd.Series(whole, index=values.index, dtype=object)
    return column.values

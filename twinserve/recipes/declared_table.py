"""Reading a file as a recipe's input declares its columns."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
from pydantic import BaseModel

from twinserve.metric import Task
from twinserve.notations.notation import Notation
from twinserve.recipes.column_choices import NO_CHOICES, ColumnChoices
from twinserve.recipes.predicted import predicted, rows_with_targets
from twinserve.recipes.recipe import IS_TARGET, Table
from twinserve.recipes.row_weights import row_weights
from twinserve.recipes.table import with_dates
from twinserve.signature.left_out import with_nameless
from twinserve.signature.signature import TEXTUAL, Feature, FeatureType
from twinserve.signature.sources.from_pydantic import from_pydantic
from twinserve.signature.sources.given_type import GivenType
from twinserve.signature.sources.read_as import notation_of, read_as
from twinserve.signature.sources.type_inference import NotAFeature, interpret
from twinserve.tables.files import read
from twinserve.tables.formats import Form, Reading, source_name
from twinserve.tables.values import read_values

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
UNDECLARED: Final = "the input does not declare it"


def read_table(
    path: Path,
    input: type[BaseModel],  # noqa: A002  # The word that a recipe uses.
    *,
    target: str | Sequence[str],
    task: Task,
    form: Form | None = None,
    header: bool | None = None,
    null_values: Sequence[str] = (),
    sheet: str | None = None,
    columns: ColumnChoices = NO_CHOICES,
    left_out: Mapping[str, str] = NOTHING,
) -> Table:
    """The rows of a file that have a target, with one column for each field of `input`.

    Types are read from all rows, as for `train.py --data`; but whole numbers become texts where `input` declares texts.
    `header`, `null_values` and `sheet` are what `--header`, `--null-values` and `--sheet` say. `columns` names types,
    such as the format of a date, and the weight of a row. Of several targets `task` is `multi-output`, or that of each
    of them. The other columns of the file may be sent and are ignored; `left_out` says why. A column that is not in the
    file, or not as declared, is an error of the training. Raises `NoSuchTable`, `UnreadableTable`, `NoSuchColumn`,
    `BadTarget` and `BadWeight`.
    """
    frame, cells = read([str(path)], Reading(form, header, tuple(null_values), sheet=sheet), sys.stdin.buffer)
    names = [str(name) for name in frame.columns]
    chosen = columns.among(names, decimal_comma=cells.decimal_comma)
    values_read = read_values(frame, cells, chosen.literal)
    wanted = (target,) if isinstance(target, str) else tuple(target)
    known = rows_with_targets(values_read.frame, wanted)
    features = [feature for feature in from_pydantic(input).features if feature.name in names]
    why = {**dict.fromkeys(names, UNDECLARED), **left_out, **chosen.left_out, **dict.fromkeys(wanted, IS_TARGET)}
    declared = {feature.name for feature in features}
    others = {name: why[name] for name in names if name not in declared}

    def values(feature: Feature) -> pd.Series[Any]:
        return _values(known[feature.name], feature, chosen.types.get(feature.name))

    def notation(feature: Feature) -> Notation | None:
        name = feature.name
        return notation_of(known[name], chosen.types.get(name) or _texts(feature), values_read.notations.get(name))

    return Table(
        pd.DataFrame({feature.name: values(feature) for feature in features}),
        predicted(known, wanted, task).target,
        source=source_name(str(path)),
        given=with_dates(known.drop(columns=list(wanted)), chosen.types),
        weights=None if chosen.weight is None else row_weights(known[chosen.weight]),
        left_out=others if "" in names else with_nameless(others),
        notations={feature.name: found for feature in features if (found := notation(feature)) is not None},
    )


def _texts(feature: Feature) -> GivenType | None:
    """A type that is given by the declaration: texts, whatever the table holds."""
    return GivenType(feature.type) if feature.type in TEXTUAL else None


def _values(values: pd.Series[Any], feature: Feature, given: GivenType | None) -> pd.Series[Any]:
    try:
        if given is not None:
            return read_as(values, given).values
        column = interpret(values, recognise=feature.type not in TEXTUAL)
    except NotAFeature:
        return values
    if feature.type in TEXTUAL and column.type is FeatureType.INTEGER:
        whole = [None if pd.isna(value) else str(int(value)) for value in column.values.tolist()]
        return pd.Series(whole, index=values.index, dtype=object)
    return column.values

"""Comparing a declared input with a table, and one error for all fields that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd
from pydantic_core import SchemaValidator, ValidationError

from twinserve.errors import AskedWrongly
from twinserve.signature.findings import explain
from twinserve.signature.request.core_schema import LEAVES
from twinserve.signature.signature import (
    NUMERIC,
    NUMERIC_OR_BOOLEAN,
    TEMPORAL,
    TEXTUAL,
    Feature,
    FeatureType,
    Signature,
)
from twinserve.signature.sources.type_inference import NotAFeature, interpret

# By the declared type: the types that the column in the table may have.
READABLE: Final[Mapping[FeatureType, frozenset[FeatureType]]] = {
    FeatureType.NUMBER: NUMERIC,
    FeatureType.INTEGER: NUMERIC,
    FeatureType.BOOLEAN: NUMERIC_OR_BOOLEAN,
    FeatureType.CATEGORY: TEXTUAL,
    FeatureType.STRING: TEXTUAL,
    FeatureType.DATE: frozenset({FeatureType.DATE}),
    FeatureType.DATETIME: TEMPORAL,
}


class Disagreement(AskedWrongly):
    """The declared input and the table differ; `fields` has a sentence for each field that does."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__("The input and the table disagree: " + "; ".join(fields) + ".")
        self.fields = fields


def require_agreement(signature: Signature, frame: pd.DataFrame, *, exact: bool) -> None:
    """Raise `Disagreement` unless every row is an instance of the signature; `exact` allows no further column."""
    fields = list(disagreements(signature, frame, exact=exact))
    if fields:
        raise Disagreement(fields)


def disagreements(signature: Signature, frame: pd.DataFrame, *, exact: bool) -> Iterator[str]:
    """One sentence for each field that differs; further columns of the table differ only with `exact`."""
    declared = [feature.name for feature in signature.features]
    for feature in signature.features:
        if feature.name not in frame.columns:
            yield f"{feature.name} is declared and not in the table"
        else:
            yield from _differences(feature, frame[feature.name])
    for name in frame.columns if exact else ():
        if name not in declared:
            yield f"{name} is in the table and not declared"


def _differences(feature: Feature, values: pd.Series[Any]) -> Iterator[str]:
    nulls = int(values.isna().sum())
    if nulls and not feature.nullable:
        yield f"{feature.name} is null in {nulls} rows and declared as never null"
    try:
        column = interpret(values, recognise=feature.type in TEMPORAL)
    except NotAFeature as error:
        yield f"{feature.name} {error} and is declared as {feature.type}"
        return
    present = column.values.dropna()
    if len(present) and column.type not in READABLE[feature.type]:
        yield f"{feature.name} holds {column.type} values and is declared as {feature.type}"
    elif feature.type not in TEMPORAL:
        yield from _values(feature, present)


def _values(feature: Feature, present: pd.Series[Any]) -> Iterator[str]:
    """A sentence if the service would refuse some of these values, with its reason for the first of them."""
    validate = SchemaValidator(LEAVES[feature.type](feature)).validate_python
    convert = {FeatureType.BOOLEAN: _boolean}.get(feature.type, _as_it_is)
    refused: list[Any] = []
    reason = ""
    for value in present.unique().tolist():
        try:
            validate(convert(value))
        except ValidationError as error:
            reason = reason or explain({**error.errors(include_url=False)[0]}).detail
            refused.append(value)
    if refused:
        rows = int(present.isin(refused).sum())
        yield f"{feature.name} is not as declared in {rows} rows ({reason.rstrip('.')})"


def _boolean(value: Any) -> Any:
    return bool(value) if value in (0, 1) else value


def _as_it_is(value: Any) -> Any:
    return value

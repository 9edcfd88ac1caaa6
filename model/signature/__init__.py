"""The input contract of a model. Everything about fields, their order and their values is asked here."""

from model.signature.columns import UNSEEN, Columns, FloatArray, from_frame, to_frame
from model.signature.feature import (
    Constraints,
    Feature,
    FeatureType,
    Seen,
    Signature,
    outside,
    pointer,
)
from model.signature.findings import Finding, unseen_category, unseen_range
from model.signature.instances import to_instances
from model.signature.json_schema import json_schema
from model.signature.observe import observe
from model.signature.rules import OutOfRange
from model.signature.strict_json import MalformedJson
from model.signature.validator import MAX_BATCH, MAX_ERRORS, Batch, InvalidInput, Validator

__all__ = [
    "MAX_BATCH",
    "MAX_ERRORS",
    "UNSEEN",
    "Batch",
    "Columns",
    "Constraints",
    "Feature",
    "FeatureType",
    "Finding",
    "FloatArray",
    "InvalidInput",
    "MalformedJson",
    "OutOfRange",
    "Seen",
    "Signature",
    "Validator",
    "from_frame",
    "json_schema",
    "observe",
    "outside",
    "pointer",
    "to_frame",
    "to_instances",
    "unseen_category",
    "unseen_range",
]

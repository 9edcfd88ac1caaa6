"""The input contract of a model. Everything about fields, their order and their values is asked here."""

from model.signature.columns import UNSEEN, Columns, FloatArray, from_frame, to_frame
from model.signature.diff import Change, diff
from model.signature.feature import (
    Constraints,
    Feature,
    FeatureType,
    Path,
    Seen,
    Signature,
    pointer,
)
from model.signature.findings import Finding
from model.signature.instances import to_instances
from model.signature.json_schema import json_schema
from model.signature.observe import observe
from model.signature.refusal import MAX_ERRORS, InvalidInput
from model.signature.rules import OutOfRange
from model.signature.strict_json import MalformedJson
from model.signature.validator import MAX_BATCH, Batch, Validator
from model.signature.warnings import Novelty

__all__ = [
    "MAX_BATCH",
    "MAX_ERRORS",
    "UNSEEN",
    "Batch",
    "Change",
    "Columns",
    "Constraints",
    "Feature",
    "FeatureType",
    "Finding",
    "FloatArray",
    "InvalidInput",
    "MalformedJson",
    "Novelty",
    "OutOfRange",
    "Path",
    "Seen",
    "Signature",
    "Validator",
    "diff",
    "from_frame",
    "json_schema",
    "observe",
    "pointer",
    "to_frame",
    "to_instances",
]

"""The input contract of a model: its fields, their order and their values."""

from twinserve.signature.columns import UNSEEN, Columns
from twinserve.signature.diff import Change, diff
from twinserve.signature.findings import Finding
from twinserve.signature.instances import to_instances
from twinserve.signature.json_schema import json_schema
from twinserve.signature.signature import Constraints, Feature, FeatureType, Path, Seen, Signature, pointer

__all__ = [
    "UNSEEN",
    "Change",
    "Columns",
    "Constraints",
    "Feature",
    "FeatureType",
    "Finding",
    "Path",
    "Seen",
    "Signature",
    "diff",
    "json_schema",
    "pointer",
    "to_instances",
]

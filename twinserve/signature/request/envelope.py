"""Bodies that are meant for another service: another protocol's envelope, or JSON within a JSON string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from twinserve.signature.findings import Finding
from twinserve.signature.signature import Path

SEND: Final = "send here an instance itself, or an array of instances"
# What the member that holds the rows says of the protocol, and where such a body belongs.
ROWS: Final[Mapping[str, tuple[str, str]]] = {
    "dataframe_split": ("MLflow", "/invocations of an MLflow server"),
    "dataframe_records": ("MLflow", "/invocations of an MLflow server"),
    "instances": ("TensorFlow Serving and KServe V1", "/v1/models/NAME:predict of such a server"),
    "inputs": ("MLflow and TensorFlow Serving", "/invocations or /v1/models/NAME:predict of such a server"),
}
V2: Final = ("the Open Inference Protocol V2", "/v2/models/NAME/infer of such a server")
TENSOR: Final = frozenset(("name", "shape", "datatype", "data"))
BESIDE: Final = frozenset(("signature_name", "params", "parameters", "id", "outputs", "model_name", "model_version"))
"""What an envelope may hold beside the rows."""
TWICE: Final = "Must be an object, and is a string that holds JSON: the body was encoded twice."


def envelope(body: object, known: frozenset[str]) -> Finding | None:
    """The error for an envelope of another protocol; None where this is none, or has a name of the input."""
    if type(body) is not dict or not known.isdisjoint(body):
        return None
    rows = [key for key in ROWS if key in body]
    if len(rows) != 1 or not body.keys() - {rows[0]} <= BESIDE:
        return None
    protocol, place = V2 if rows[0] == "inputs" and _are_tensors(body["inputs"]) else ROWS[rows[0]]
    return Finding((rows[0],), "envelope", f"This is an envelope of {protocol}, for {place}; {SEND}.")


def _are_tensors(value: Any) -> bool:
    return (
        type(value) is list and bool(value) and all(type(one) is dict and len(TENSOR & one.keys()) > 2 for one in value)
    )


def encoded_twice(row: object, path: Path) -> Finding | None:
    """The error for an instance that is a string with a JSON text in it."""
    if not isinstance(row, str):
        return None
    text = row.strip()
    is_json = text[:1] + text[-1:] in ("{}", "[]")
    return Finding(path, "type", TWICE) if is_json else None

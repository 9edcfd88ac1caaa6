"""Bodies in another form: the envelope of another protocol, a whole table of pandas, JSON within a JSON string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from twinserve.orients import RECORDS, are_values, orient_of_body
from twinserve.signature.findings import Finding
from twinserve.signature.left_out import flat_names
from twinserve.signature.signature import Feature, Path, Signature, is_array

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
TABLE: Final = (
    'This is a whole table as to_json(orient="{}") of pandas writes it; send an array of objects, '
    f"as {RECORDS} writes it."
)
CONTAINERS: Final = frozenset((dict, list))
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


class WholeTable:
    """Tells bodies that are a table, by the fields of a signature."""

    def __init__(self, signature: Signature) -> None:
        tree = signature.tree()
        self._tree_is_array = is_array(tree)
        self._groups = frozenset(part for part, child in tree.items() if not isinstance(child, Feature))
        self._names = frozenset(map(str, (*tree, *flat_names(signature))))
        self._leaves = self._names - self._groups

    def look(self, value: Any) -> Finding | None:
        """The error for a body that pandas wrote with another orient than records, if it is invalid; None where this is
        none. Its names must be as they were sent."""
        if self._tree_is_array:
            return None
        written = None
        if type(value) is list:
            written = "values" if are_values(value) else None
        elif type(value) is dict:
            name, first = next(iter(value.items()), ("", None))
            if type(first) in CONTAINERS and name not in self._groups:  # Else it begins as a row: 0.2 us.
                written = orient_of_body(value, self._leaves, self._names)
        return None if written is None else Finding((), "envelope", TABLE.format(written))


def encoded_twice(row: object, path: Path) -> Finding | None:
    """The error for an instance that is a string with a JSON text in it."""
    if not isinstance(row, str):
        return None
    text = row.strip()
    is_json = text[:1] + text[-1:] in ("{}", "[]")
    return Finding(path, "type", TWICE) if is_json else None

"""Instances of cars as requests of the Open Inference Protocol V2, in JSON and in binary data."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from twinserve.service.protocols.v2.datatypes import BYTES, LAYOUTS, OF_FEATURES
from twinserve.signature import Signature
from twinserve.testing.fakes import signature

Json = dict[str, Any]
INFER: Final = "/v2/models/tumor/infer"
LENGTH: Final = "Inference-Header-Content-Length"


def cell(instance: Any, path: Sequence[str | int]) -> Any:
    """The value of a field, None where it is left out."""
    for part in path:
        instance = instance.get(part) if isinstance(instance, dict) else instance[part]
    return instance


def inputs_of(instances: Sequence[Any], contract: Signature | None = None) -> list[Json]:
    """One input for each field, in JSON."""
    features = (contract or signature()).features
    return [
        {
            "name": feature.name,
            "datatype": OF_FEATURES.get(feature.type, BYTES),
            "shape": [len(instances)],
            "data": [cell(instance, feature.path) for instance in instances],
        }
        for feature in features
    ]


def json_body(inputs: Sequence[Json], **rest: Any) -> bytes:
    """A request in JSON."""
    return json.dumps({"inputs": list(inputs), **rest}).encode()


def packed(tensor: Json) -> bytes:
    """The binary data of an input; null is NaN."""
    items = tensor["data"]
    if tensor["datatype"] == BYTES:
        encoded = [item.encode() for item in items]
        return b"".join(struct.pack("<I", len(item)) + item for item in encoded)
    numbers = [math.nan if item is None else item for item in items]
    return np.array(numbers).astype(LAYOUTS[tensor["datatype"]]).tobytes()


def binary_body(inputs: Sequence[Json], **rest: Any) -> tuple[bytes, Mapping[str, str]]:
    """A request with binary data where that can hold the values, and its header."""
    listed: list[Json] = []
    behind: list[bytes] = []
    for tensor in inputs:
        if None in tensor["data"] and not tensor["datatype"].startswith("FP"):
            listed.append(tensor)
            continue
        behind.append(packed(tensor))
        about = {name: value for name, value in tensor.items() if name != "data"}
        listed.append({**about, "parameters": {"binary_data_size": len(behind[-1])}})
    text = json_body(listed, **rest)
    return b"".join([text, *behind]), {LENGTH: str(len(text))}


def outputs_in(body: bytes, length: str | None) -> dict[str, Any]:
    """The outputs of a reply by their names, nested as their shapes say; texts as lists."""
    text, rest = (body, b"") if length is None else (body[: int(length)], body[int(length) :])
    found: dict[str, Any] = {}
    for output in json.loads(text)["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is None:
            values = output["data"]
        else:
            values, rest = unpacked(rest[:size], output["datatype"]), rest[size:]
        shape = output["shape"]
        found[output["name"]] = np.reshape(np.array(values, dtype=object), shape).tolist()
    assert not rest
    return found


def unpacked(data: bytes, datatype: str) -> list[Any]:
    """The elements of binary data."""
    if datatype != BYTES:
        values = np.frombuffer(data, LAYOUTS[datatype])
        return list((values.astype(bool) if datatype == "BOOL" else values).tolist())
    texts: list[str] = []
    while data:
        (size,) = struct.unpack("<I", data[:4])
        texts.append(data[4 : 4 + size].decode())
        data = data[4 + size :]
    return texts

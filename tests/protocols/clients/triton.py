"""Asks a server with tritonclient: run by another Python, which has that; says on standard output what it has found.

Arguments: the server's host and port, and a file with the model's name, its columns and what they must give."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

LAYOUTS = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}


def inputs_of(columns: dict[str, Any], *, binary: bool) -> list[InferInput]:
    """One input for each column. A missing string has no binary form, so such a column is sent as JSON."""
    found = []
    for name, (datatype, values) in columns.items():
        missing = datatype == "BYTES" and None in values
        tensor = InferInput(name, [len(values)], datatype)
        array = np.array([np.nan if v is None and not missing else v for v in values], dtype=LAYOUTS[datatype])
        if missing:
            array = np.array(["" if value is None else value for value in values], dtype=np.object_)
        tensor.set_data_from_numpy(array, binary_data=binary and not missing)
        if missing:
            tensor._data = [value for value in values]  # noqa: C416  # It has no way to send null.
        found.append(tensor)
    return found


def check(found: Any, expected: dict[str, Any]) -> None:
    """Are the outputs what is expected, to the last bit?"""
    for name, values in expected.items():
        array = found.as_numpy(name)
        given = [item.decode() if isinstance(item, bytes) else item for item in array.tolist()]
        assert given == values, name


def refusal(call: Any) -> str:
    """The message of a refusal."""
    try:
        call()
    except InferenceServerException as error:
        return f"{error.status()}: {error.message()}"
    raise AssertionError("It was not refused.")


def main(url: str, path: str) -> None:
    facts = json.loads(Path(path).read_text())
    name, columns, expected = facts["model"], facts["columns"], facts["expected"]
    client = InferenceServerClient(url)
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready(name)
    assert client.is_model_ready(name, facts["version"])
    assert not client.is_model_ready(name, "99")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    metadata = client.get_model_metadata(name)
    assert [tensor["name"] for tensor in metadata["inputs"]] == list(columns)
    assert client.get_model_repository_index()[0]["state"] == "READY"
    for binary in (True, False):
        inputs = inputs_of(columns, binary=binary)
        for encoding in (None, "gzip", "deflate"):
            check(client.infer(name, inputs, request_compression_algorithm=encoding, request_id="a"), expected)
        for out in (True, False):
            outputs = [InferRequestedOutput(output, binary_data=out) for output in reversed(expected)]
            found = client.infer(name, inputs, model_version=facts["version"], outputs=outputs)
            assert [output["name"] for output in found.get_response()["outputs"]] == list(reversed(expected))
            check(found, expected)
    many = [client.async_infer(name, inputs) for _ in range(8)]
    for one in many:
        check(one.get_result(), expected)
    everything = [InferRequestedOutput(tensor["name"]) for tensor in metadata["outputs"]]
    found = client.infer(name, inputs, outputs=everything)
    contributions = found.as_numpy("contributions").sum(axis=1) + found.as_numpy("base")
    np.testing.assert_allclose(contributions, found.as_numpy("output"), rtol=1e-9)
    if all(datatype == "FP64" for datatype, _ in columns.values()):
        table = np.array([values for _, values in columns.values()]).T.copy()
        whole = InferInput("x", list(table.shape), "FP64")
        whole.set_data_from_numpy(table)
        check(client.infer(name, [whole]), expected)
    wrong = InferInput(next(iter(columns)), [1, 2], "FP64")
    wrong.set_data_from_numpy(np.zeros((1, 2)))
    told = {
        "version": refusal(lambda: client.infer(name, inputs, model_version="99")),
        "model": refusal(lambda: client.get_model_metadata("nobody")),
        "missing": refusal(lambda: client.infer(name, inputs[1:])),
        "shape": refusal(lambda: client.infer(name, [wrong])),
        "output": refusal(lambda: client.infer(name, inputs, outputs=[InferRequestedOutput("x")])),
        "class": refusal(lambda: client.infer(name, inputs, outputs=[InferRequestedOutput("label", class_count=2)])),
    }
    client.close()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])

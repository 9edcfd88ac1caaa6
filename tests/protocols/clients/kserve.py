"""Asks a server with KServe's client: run by another Python, which has that."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput

LAYOUTS = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}


def inputs_of(columns: dict[str, Any], *, binary: bool) -> list[InferInput]:
    """One input for each column; a missing string has no binary form."""
    found = []
    for name, (datatype, values) in columns.items():
        if datatype == "BYTES" and None in values:
            found.append(InferInput(name, [len(values)], datatype, data=values))
            continue
        array = np.array([np.nan if value is None else value for value in values], dtype=LAYOUTS[datatype])
        tensor = InferInput(name, [len(values)], datatype)
        tensor.set_data_from_numpy(array, binary_data=binary)
        found.append(tensor)
    return found


def check(found: Any, expected: dict[str, Any]) -> None:
    """Are the outputs what is expected, to the last bit?"""
    outputs = {output.name: output for output in found.outputs}
    for name, values in expected.items():
        array = outputs[name].as_numpy()
        given = array.tolist()
        assert [item.decode() if isinstance(item, bytes) else item for item in given] == values, (name, given)


async def refusal(call: Any) -> str:
    """The message of a refusal."""
    try:
        await call
    except httpx.HTTPStatusError as error:
        return f"{error.response.status_code}: {error}"
    raise AssertionError("It was not refused.")


async def main(url: str, path: str) -> None:
    facts = json.loads(Path(path).read_text())
    base, name, columns, expected = f"http://{url}", facts["model"], facts["columns"], facts["expected"]
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert await client.is_server_live(base)
    assert await client.is_server_ready(base)
    assert await client.is_model_ready(base, name)
    for binary in (True, False):
        for out in (True, False):
            inputs = inputs_of(columns, binary=binary)
            outputs = [RequestedOutput(output, {"binary_data": out}) for output in expected]
            request = InferRequest(name, inputs, request_id="a", request_outputs=outputs)
            found = await client.infer(base, request, model_name=name)
            assert found.id == "a"
            check(found, expected)
        request = InferRequest(name, inputs, parameters={"binary_data_output": binary})
        check(await client.infer(base, request, model_name=name), expected)
    request = InferRequest(name, inputs_of(columns, binary=True)[1:])
    told = {
        "missing": await refusal(client.infer(base, request, model_name=name)),
        "model": await refusal(client.infer(base, request, model_name="nobody")),
    }
    await client.close()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

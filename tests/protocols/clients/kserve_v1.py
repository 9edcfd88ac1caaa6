"""Asks a server with KServe's client in the protocol V1: run by another Python, which has that."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
from kserve import InferenceRESTClient
from kserve.inference_client import RESTConfig


async def refusal(call: Any) -> str:
    """The message of a refusal."""
    try:
        await call
    except httpx.HTTPStatusError as error:
        return f"{error.response.status_code}: {error}"
    raise AssertionError("It was not refused.")


async def main(url: str, path: str) -> None:
    facts = json.loads(Path(path).read_text())
    base, name = f"http://{url}", facts["model"]
    client = InferenceRESTClient(RESTConfig(protocol="v1"))
    assert await client.is_server_live(base)
    assert await client.is_model_ready(base, name)
    found = await client.infer(base, {"instances": facts["rows"]}, model_name=name)
    assert found == {"predictions": facts["predictions"]}, found
    explained = await client.explain(base, name, {"instances": facts["rows"]})
    assert [len(one["contributions"]) > 0 for one in explained["explanations"]] == [True] * len(facts["rows"])
    told = {
        "missing": await refusal(client.infer(base, {"instances": [{}]}, model_name=name)),
        "model": await refusal(client.infer(base, {"instances": facts["rows"]}, model_name="nobody")),
    }
    await client.close()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

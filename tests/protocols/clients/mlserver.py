"""Asks a server with what MLServer makes of a DataFrame, and reads its replies with MLServer's types: run by another
Python, which has that."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pandas as pd
from mlserver.codecs import PandasCodec, StringCodec
from mlserver.types import (
    InferenceErrorResponse,
    InferenceResponse,
    MetadataModelResponse,
    MetadataServerResponse,
    RepositoryIndexResponse,
)


def frame_of(columns: dict[str, Any]) -> pd.DataFrame:
    """The columns as a table; MLServer knows strings by their being objects."""
    made = {
        name: pd.Series(values, dtype=object if datatype == "BYTES" else None)
        for name, (datatype, values) in columns.items()
    }
    return pd.DataFrame(made)


def main(url: str, path: str) -> None:
    facts = json.loads(Path(path).read_text())
    name, expected = facts["model"], facts["expected"]

    def ask(target: str, body: bytes | None = None, status: int = 200) -> bytes:
        request = Request(f"http://{url}{target}", body, {"Content-Type": "application/json"} if body else {})
        try:
            with urlopen(request) as answer:
                assert answer.status == status
                found: bytes = answer.read()
        except OSError as error:
            if getattr(error, "code", 0) != status:
                raise
            found = error.read()  # type: ignore[attr-defined]
        return found

    MetadataServerResponse.model_validate_json(ask("/v2"))
    metadata = MetadataModelResponse.model_validate_json(ask(f"/v2/models/{name}"))
    assert metadata.inputs is not None
    RepositoryIndexResponse.model_validate_json(ask("/v2/repository/index", b"{}"))
    request = PandasCodec.encode_request(frame_of(facts["columns"]), use_bytes=False)
    found = InferenceResponse.model_validate_json(ask(f"/v2/models/{name}/infer", request.model_dump_json().encode()))
    outputs = {output.name: output for output in found.outputs}
    if "label" in outputs:
        assert StringCodec.decode_output(outputs["label"]) == expected["label"]
        one = InferenceResponse(model_name=name, outputs=[outputs["label"]])
        assert PandasCodec.decode_response(one)["label"].tolist() == expected["label"]
    else:
        assert PandasCodec.decode_response(found)["value"].tolist() == expected["value"]
    request.inputs = request.inputs[1:]
    refused = ask(f"/v2/models/{name}/infer", request.model_dump_json().encode(), 422)
    told = {"missing": f"422: {InferenceErrorResponse.model_validate_json(refused).error}"}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])

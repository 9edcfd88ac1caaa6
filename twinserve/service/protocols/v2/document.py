"""What the OpenAPI document of the dialect says, in the words of the protocol."""

from __future__ import annotations

from typing import Final

from twinserve.service.documents.protocol import Description, Operation
from twinserve.service.documents.responses import PREDICTING
from twinserve.service.documents.schemas import (
    ANY_OBJECT,
    COUNT,
    FLAG,
    TEXT,
    Document,
    list_of,
    named,
    object_of,
    one_of,
)
from twinserve.service.http.reply import JSON
from twinserve.service.protocols.v2.datatypes import DATATYPES
from twinserve.service.protocols.v2.writing import BINARY, HEADER_LENGTH
from twinserve.service.settings import Settings

ABOUT: Final = (
    "The Open Inference Protocol V2, as KServe, Triton and MLServer speak it, for all models of the service. "
    "`GET /v2/models/{name}` says which inputs and outputs a model has."
)
PARAMETERS: Final[Document] = ANY_OBJECT
SHAPE: Final = list_of(COUNT)
DATA: Final[Document] = {"type": "array", "items": {}, "description": "Row by row; flat, or nested as the shape."}
TENSOR: Final[Document] = {"name": TEXT, "datatype": one_of(DATATYPES), "shape": SHAPE}
BYTES_OF_ALL: Final[Document] = {
    "type": "string",
    "format": "binary",
    "description": f"The JSON, of the length that {HEADER_LENGTH} says, and behind it the binary data of the tensors.",
}
LENGTH: Final[Document] = {
    "description": "The bytes of the JSON in a body with binary data.",
    "schema": {"type": "integer", "minimum": 0},
}
SCHEMAS: Final[Document] = {
    "Server": object_of({"name": TEXT, "version": TEXT, "extensions": list_of(TEXT)}),
    "Liveness": object_of({"live": FLAG}),
    "Readiness": object_of({"ready": FLAG}),
    "ModelList": object_of({"models": list_of(TEXT)}),
    "ModelState": object_of(
        {
            "name": TEXT,
            "version": TEXT,
            "state": one_of(("READY", "UNAVAILABLE")),
            "reason": TEXT,
        }
    ),
    "ModelReady": object_of({"name": TEXT, "ready": FLAG}),
    "TensorMetadata": object_of(TENSOR | {"parameters": PARAMETERS}, optional=("parameters",)),
    "ModelMetadata": object_of(
        {
            "name": TEXT,
            "versions": list_of(TEXT),
            "platform": TEXT,
            "inputs": list_of(named("TensorMetadata")),
            "outputs": list_of(named("TensorMetadata")),
        }
    ),
    "RequestInput": object_of(TENSOR | {"parameters": PARAMETERS, "data": DATA}, optional=("parameters", "data")),
    "RequestOutput": object_of({"name": TEXT, "parameters": PARAMETERS}, optional=("parameters",)),
    "InferenceRequest": object_of(
        {
            "id": TEXT,
            "parameters": PARAMETERS,
            "inputs": list_of(named("RequestInput")),
            "outputs": list_of(named("RequestOutput")),
        },
        optional=("id", "parameters", "outputs"),
    ),
    "ResponseOutput": object_of(
        TENSOR | {"parameters": PARAMETERS, "data": DATA | {"description": "Row by row, flat."}},
        optional=("parameters", "data"),
    ),
    "InferenceResponse": object_of(
        {
            "model_name": TEXT,
            "model_version": TEXT,
            "id": TEXT,
            "parameters": PARAMETERS,
            "outputs": list_of(named("ResponseOutput")),
        },
        optional=("id", "parameters"),
    ),
    "Refusal": object_of({"error": TEXT}),
}


def _read(schema: Document, *refusals: str) -> Operation:
    return Operation({JSON: schema}, refusals=refusals)


INFER: Final = Operation(
    {JSON: named("InferenceResponse"), BINARY: BYTES_OF_ALL},
    {JSON: named("InferenceRequest"), BINARY: BYTES_OF_ALL},
    ("not-found", *PREDICTING, "bad-request", "invalid-parameter", "not-implemented"),
    ({"name": HEADER_LENGTH, "in": "header", **LENGTH},),
    {HEADER_LENGTH: LENGTH},
)
OF_MODEL: Final = ("not-found", "unavailable")
OPERATIONS: Final = {
    "v2_server": _read(named("Server")),
    "v2_server_slash": _read(named("Server")),
    "v2_live": _read(named("Liveness")),
    "v2_ready": _read(named("Readiness"), "unavailable"),
    "v2_models": _read(named("ModelList")),
    "v2_index": _read(list_of(named("ModelState"))),
    "v2_model": _read(named("ModelMetadata"), *OF_MODEL),
    "v2_version": _read(named("ModelMetadata"), *OF_MODEL),
    "v2_model_ready": _read(named("ModelReady"), *OF_MODEL),
    "v2_version_ready": _read(named("ModelReady"), *OF_MODEL),
    "v2_infer": INFER,
    "v2_version_infer": INFER,
}


def describe(_: Settings) -> Description:
    """The description, which is the same under all settings."""
    return Description("Open Inference Protocol V2", ABOUT, OPERATIONS, SCHEMAS)

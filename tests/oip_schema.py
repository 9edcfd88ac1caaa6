"""What the Open Inference Protocol's OpenAPI document says of its replies, as JSON Schemas."""

from __future__ import annotations

from typing import Any, Final


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


STRING: Final = {"type": "string"}
SHAPE: Final = {"type": "array", "items": {"type": "integer"}}
DATATYPE: Final = {"enum": [*(f"{kind}{bits}" for kind in ("INT", "UINT") for bits in (8, 16, 32, 64)), "BOOL", "FP16",
                            "FP32", "FP64", "BYTES"]}  # fmt: skip
PARAMETERS: Final = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
DATA: Final = {"type": "array", "items": {"anyOf": [{"type": ["number", "string", "boolean"]}, {"type": "array"}]}}
TENSOR: Final = _object("name datatype shape", name=STRING, datatype=DATATYPE, shape=SHAPE)
OUTPUT: Final = _object("name shape datatype", name=STRING, shape=SHAPE, datatype=DATATYPE, parameters=PARAMETERS,
                        data=DATA)  # fmt: skip
SCHEMAS: Final[dict[str, Any]] = {
    "object": {"type": "object"},
    "metadata_server_response": _object(
        "name version extensions", name=STRING, version=STRING, extensions={"type": "array", "items": STRING}
    ),
    "metadata_model_response": _object(
        "name platform",
        name=STRING,
        platform=STRING,
        versions={"type": "array", "items": STRING},
        inputs={"type": "array", "items": TENSOR},
        outputs={"type": "array", "items": TENSOR},
    ),
    # Data that are binary stand behind the JSON, as the extension says.
    "inference_response": _object(
        "model_name outputs",
        model_name=STRING,
        model_version=STRING,
        id=STRING,
        parameters=PARAMETERS,
        outputs={
            "type": "array",
            "items": {
                **OUTPUT,
                "anyOf": [{"required": ["data"]}, {"properties": {"parameters": {"required": ["binary_data_size"]}}}],
            },
        },
    ),
    "inference_error_response": {**_object("error", error=STRING), "additionalProperties": False},
}

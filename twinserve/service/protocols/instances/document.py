"""What the OpenAPI documents of these dialects say."""

from __future__ import annotations

from typing import Final

from twinserve.bulk.forms import has_pyarrow
from twinserve.service.documents.protocol import Description, Operation
from twinserve.service.documents.responses import PREDICTING
from twinserve.service.documents.schemas import (
    ANY_OBJECT,
    FLAG,
    NUMBER,
    TEXT,
    Document,
    always,
    list_of,
    named,
    object_of,
)
from twinserve.service.http.reply import JSON
from twinserve.service.protocols.instances.tables import CSV, PARQUET
from twinserve.service.settings import Settings

V1: Final = "KServe V1 for all models of the service. `GET /models/NAME/schema` says what an instance of one is."
VERTEX: Final = "The routes that the platform's variables name, with the bodies of KServe V1, for the default model."
SCORING: Final = "The scoring server of MLflow, which SageMaker asks as well, for the default model."
ROW: Final[Document] = {
    "anyOf": [ANY_OBJECT, {"type": "array"}],
    "description": "An object, nested or with dotted names, or the list of its values in the order of the signature.",
}
PREDICTION: Final[Document] = {
    "anyOf": [{"type": "string"}, NUMBER, ANY_OBJECT],
    "description": "A label, a value, or an object: of several targets, or with all details of a native answer.",
}
PARAMETERS: Final = object_of({"details": FLAG | {"default": False}}, optional=("details",)) | {
    "additionalProperties": False
}
PREDICTIONS: Final = object_of({"predictions": list_of(PREDICTION)})
REFUSALS: Final = ("not-found", *PREDICTING, "bad-request", "invalid-parameter", "not-implemented")


def _rows(settings: Settings, *, explains: bool = False) -> Document:
    most = min(settings.max_batch, settings.max_explain) if explains else settings.max_batch
    return list_of(ROW) | {"minItems": 1, "maxItems": most}


def _request(rows: Document) -> Document:
    members = {"instances": rows, "parameters": named("Parameters"), "signature_name": {}}
    return object_of(members, optional=("parameters", "signature_name")) | {"additionalProperties": False}


def describe_v1(settings: Settings) -> Description:
    """KServe's protocol V1, and the two paths of Vertex AI."""
    operations = {
        "v1_models": Operation({JSON: named("ModelList")}),
        "v1_model": Operation({JSON: named("ModelReady")}, refusals=("not-found", "unavailable")),
        "v1_predict": Operation({JSON: named("PredictionList")}, {JSON: named("PredictionRequest")}, REFUSALS),
        "v1_explain": Operation({JSON: named("ExplanationList")}, {JSON: named("ExplanationRequest")}, REFUSALS),
    }
    schemas = {
        "ModelList": object_of({"models": list_of(TEXT)}),
        "ModelReady": object_of({"name": TEXT, "ready": FLAG}),
        "Parameters": PARAMETERS,
        "PredictionRequest": _request(_rows(settings)),
        "ExplanationRequest": _request(_rows(settings, explains=True)),
        "PredictionList": PREDICTIONS,
        "ExplanationList": object_of({"predictions": list_of(PREDICTION), "explanations": list_of(ANY_OBJECT)}),
        "Refusal": object_of({"error": TEXT}),
    }
    return Description("KServe V1", V1, operations, schemas)


def describe_vertex(settings: Settings) -> Description:
    """The two paths of Vertex AI."""
    operations = {
        "vertex_health": Operation({JSON: named("Ready")}, refusals=("unavailable",)),
        "vertex_predict": Operation({JSON: named("PredictionList")}, {JSON: named("PredictionRequest")}, REFUSALS),
    }
    schemas = {
        "Ready": object_of({"status": always("ready")}),
        "Parameters": PARAMETERS,
        "PredictionRequest": _request(_rows(settings)),
        "PredictionList": PREDICTIONS,
        "Refusal": object_of({"error": TEXT}),
    }
    return Description("Vertex AI", VERTEX, operations, schemas)


def describe_invocations(title: str, settings: Settings) -> Description:
    """MLflow's scoring server, and the two of its paths that SageMaker asks."""
    ping = Operation({}, refusals=("unavailable",))
    table: Document = {"type": "string", "format": "binary"}
    takes = {JSON: named("Invocation"), CSV: TEXT, **({PARQUET: table} if has_pyarrow() else {})}
    invocations = Operation({JSON: named("PredictionList"), CSV: TEXT}, takes, REFUSALS)
    operations = {
        **dict.fromkeys(("mlflow_ping", "mlflow_health", "sagemaker_ping"), ping),
        "mlflow_version": Operation({}),
        **dict.fromkeys(("mlflow_invocations", "sagemaker_invocations"), invocations),
    }
    split = {"columns": list_of(TEXT), "data": list_of({"type": "array"}), "index": {}}
    members: Document = {
        "dataframe_split": object_of(split, optional=("index",)) | {"additionalProperties": False},
        "dataframe_records": _rows(settings),
        "instances": _rows(settings),
        "inputs": {"description": "Rows, or an object with an array of values for each column."},
        "params": named("Parameters"),
    }
    schemas: Document = {
        "Invocation": {
            "type": "object",
            "description": "Exactly one of the first four members, and params if there are some.",
            "properties": members,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 2,
        },
        "Parameters": PARAMETERS,
        "PredictionList": PREDICTIONS,
        "Refusal": object_of({"error_code": TEXT, "message": TEXT, "sqlstate": TEXT, "error_class": TEXT}),
    }
    return Description(title, SCORING, operations, schemas)

"""What the paths that are only read answer, as JSON Schemas of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from twinserve.explain.stored import Method, Scale
from twinserve.metric import Task
from twinserve.predict.predictor import PredictorKind
from twinserve.service.documents.schemas import (
    ANY_OBJECT,
    COUNT,
    NUMBER,
    TEXT,
    Document,
    always,
    list_of,
    named,
    object_of,
    one_of,
    or_null,
)
from twinserve.store.manifest import Training

PARTS: Final[Document] = {
    "Target": object_of({"name": TEXT, "classes": or_null(list_of(TEXT))}),
    "Predictor": object_of({"kind": one_of(get_args(PredictorKind)), "reason": or_null(TEXT)}),
    "ExplanationFacts": object_of(
        {"method": named("ExplanationMethod"), "of": named("ExplanationScale"), "reason": TEXT}
    ),
    "ExplanationMethod": one_of(get_args(Method)),
    "ExplanationScale": one_of(get_args(Scale)) | {"description": "The scale of output, base and contributions."},
    "CoverageFacts": object_of({"method": or_null(TEXT), "rows": COUNT, "largest": NUMBER, "reason": or_null(TEXT)}),
    "Importances": object_of({"method": TEXT, "features": list_of(named("Importance"))}),
    "Importance": object_of({"feature": TEXT, "mean": NUMBER, "spread": NUMBER}),
    "Hold": object_of({"since": TEXT, "version": TEXT}),
    "Opening": object_of({"version": TEXT, "since": TEXT}),
    "Refused": object_of({"version": TEXT, "reason": TEXT}),
    "ListedPath": object_of({"path": TEXT, "methods": list_of(TEXT), "summary": TEXT}),
    "ListedModel": object_of(
        {
            "name": TEXT,
            "version": or_null(TEXT) | {"description": "The version that answers; null as long as none is open."},
            "state": one_of(("open", "closed", "refused"))
            | {"description": "closed: opened when it is asked for. refused: its champion cannot be opened."},
        }
    ),
}
"""What answers have in them. Each has a name: a generated client has a class for it, not one for each place."""
MODEL: Final = object_of(
    {
        "name": TEXT,
        "version": TEXT,
        "task": one_of(get_args(Task)),
        "classes": or_null(list_of(TEXT)),
        "targets": list_of(named("Target")),
        "quantiles": list_of(NUMBER),
        "predictor": named("Predictor"),
        "explanation": or_null(named("ExplanationFacts")),
        "coverage": or_null(named("CoverageFacts")),
        "metric": TEXT,
        "metrics": {"type": "object", "additionalProperties": NUMBER},
        "importances": or_null(named("Importances")),
        "training": named("Training"),
        "hold": named("Hold"),
    },
    optional=("targets", "quantiles", "hold"),
)
"""`/model`: see `description.describe`."""
ALIVE: Final = object_of({"status": always("alive")})
READY: Final = object_of(
    {
        "status": always("ready"),
        "model": TEXT,
        "version": TEXT,
        "opening": named("Opening"),
        "refused": named("Refused"),
    },
    optional=("opening", "refused"),
)
INDEX: Final = object_of({"service": TEXT, "status": always("alive"), "paths": list_of(named("ListedPath"))})
MODELS: Final = object_of(
    {
        "default": TEXT | {"description": "The model of the plain paths."},
        "models": list_of(named("ListedModel")),
        "next": or_null(TEXT) | {"description": "The value of `after` for what follows."},
    }
)
ANSWERS: Final[Mapping[str, str]] = {
    "model": "Model",
    "named_model": "Model",
    "live": "Alive",
    "healthz": "Alive",
    "livez": "Alive",
    "ready": "Ready",
    "readyz": "Ready",
    "index": "Index",
    "models": "ModelList",
    "schema": "JsonSchema",
    "named_schema": "JsonSchema",
}
"""By route name: the schema of what is answered."""


def read_schemas() -> Document:
    """These schemas by name, and those that they refer to."""
    whole = Training.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    facts = {"Training": whole, **whole.pop("$defs", {})}
    read = {"Model": MODEL, "Alive": ALIVE, "Ready": READY, "Index": INDEX, "ModelList": MODELS}
    return {
        **read,
        **PARTS,
        "OpenApiDocument": ANY_OBJECT | {"description": "An OpenAPI document (3.1)."},
        "JsonSchema": ANY_OBJECT | {"description": "A JSON Schema (2020-12)."},
        **{name: _always(schema) for name, schema in facts.items()},
    }


def _always(schema: Document) -> Document:
    """The schema of a model of Pydantic as it is written: every member is there."""
    properties = {
        name: _wide({key: value for key, value in member.items() if key not in ("title", "default")})
        for name, member in schema["properties"].items()
    }
    return {**object_of(properties), "description": schema.get("description", "")}


def _wide(schema: Any) -> Any:
    """A schema whose numbers have their width."""
    if isinstance(schema, list):
        return [_wide(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    wide = {"number": NUMBER, "integer": COUNT}.get(str(schema.get("type")), {})
    return {key: _wide(value) for key, value in schema.items()} | wide

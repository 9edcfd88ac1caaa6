"""What the paths that are only read answer, as JSON Schemas of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from twinserve.explain.stored import Method, Scale
from twinserve.metric import Task
from twinserve.predict.predictor import PredictorKind
from twinserve.store.manifest import Training

Document = dict[str, Any]
TEXT: Final[Document] = {"type": "string"}
NUMBER: Final[Document] = {"type": "number"}
COUNT: Final[Document] = {"type": "integer"}


def _object(properties: Document, optional: tuple[str, ...] = ()) -> Document:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _or_null(schema: Document) -> Document:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(schema: Document) -> Document:
    return {"type": "array", "items": schema}


def _named(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


_IMPORTANCE: Final = _object({"feature": TEXT, "mean": NUMBER, "spread": NUMBER})
_COVERAGE: Final = _object({"method": _or_null(TEXT), "rows": COUNT, "largest": NUMBER, "reason": _or_null(TEXT)})
MODEL: Final = _object(
    {
        "name": TEXT,
        "version": TEXT,
        "task": {"enum": [*get_args(Task)]},
        "classes": _or_null(_list(TEXT)),
        "targets": _list(_object({"name": TEXT, "classes": _or_null(_list(TEXT))})),
        "quantiles": _list(NUMBER),
        "predictor": _object({"kind": {"enum": [*get_args(PredictorKind)]}, "reason": _or_null(TEXT)}),
        "explanation": _or_null(
            _object({"method": {"enum": [*get_args(Method)]}, "of": {"enum": [*get_args(Scale)]}, "reason": TEXT})
        ),
        "coverage": _or_null(_COVERAGE),
        "metric": TEXT,
        "metrics": {"type": "object", "additionalProperties": NUMBER},
        "importances": _or_null(_object({"method": TEXT, "features": _list(_IMPORTANCE)})),
        "training": _named("Training"),
        "hold": _object({"since": TEXT, "version": TEXT}),
    },
    optional=("targets", "quantiles", "hold"),
)
"""`/model`: see `description.describe`."""
ALIVE: Final = _object({"status": {"const": "alive"}})
READY: Final = _object(
    {
        "status": {"const": "ready"},
        "model": TEXT,
        "version": TEXT,
        "opening": _object({"version": TEXT, "since": TEXT}),
        "refused": _object({"version": TEXT, "reason": TEXT}),
    },
    optional=("opening", "refused"),
)
INDEX: Final = _object(
    {
        "service": TEXT,
        "status": {"const": "alive"},
        "paths": _list(_object({"path": TEXT, "methods": _list(TEXT), "summary": TEXT})),
    }
)
_LISTED: Final = _object(
    {
        "name": TEXT,
        "version": _or_null(TEXT) | {"description": "The version that answers; null as long as none is open."},
        "state": {
            "enum": ["open", "closed", "refused"],
            "description": "closed: opened when it is asked for. refused: its champion cannot be opened.",
        },
    }
)
MODELS: Final = _object(
    {
        "default": TEXT | {"description": "The model of the plain paths."},
        "models": _list(_LISTED),
        "next": _or_null(TEXT) | {"description": "The value of `after` for what follows."},
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
    "models": "Models",
    "schema": "JsonSchema",
    "named_schema": "JsonSchema",
}
"""By route name: the schema of what is answered."""


def read_schemas() -> Document:
    """These schemas by name, and those that they refer to."""
    whole = Training.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    facts = {"Training": whole, **whole.pop("$defs", {})}
    named = {"Model": MODEL, "Alive": ALIVE, "Ready": READY, "Index": INDEX, "Models": MODELS}
    return {
        **named,
        "JsonSchema": {"type": "object", "description": "A JSON Schema (2020-12)."},
        **{name: _always(schema) for name, schema in facts.items()},
    }


def _always(schema: Document) -> Document:
    """The schema of a model of Pydantic as it is written: every member is there."""
    properties = {
        name: {key: value for key, value in member.items() if key not in ("title", "default")}
        for name, member in schema["properties"].items()
    }
    return {**_object(properties), "description": schema.get("description", "")}

"""What the paths that are only read answer, as JSON Schemas of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from twinserve.explain.stored import Method, Scale
from twinserve.metric import Task
from twinserve.predict.predictor import PredictorKind
from twinserve.service.documents.schemas import COUNT, NUMBER, TEXT, Document, list_of, named, object_of, or_null
from twinserve.store.manifest import Training

_IMPORTANCE: Final = object_of({"feature": TEXT, "mean": NUMBER, "spread": NUMBER})
_COVERAGE: Final = object_of({"method": or_null(TEXT), "rows": COUNT, "largest": NUMBER, "reason": or_null(TEXT)})
MODEL: Final = object_of(
    {
        "name": TEXT,
        "version": TEXT,
        "task": {"enum": [*get_args(Task)]},
        "classes": or_null(list_of(TEXT)),
        "targets": list_of(object_of({"name": TEXT, "classes": or_null(list_of(TEXT))})),
        "quantiles": list_of(NUMBER),
        "predictor": object_of({"kind": {"enum": [*get_args(PredictorKind)]}, "reason": or_null(TEXT)}),
        "explanation": or_null(
            object_of({"method": {"enum": [*get_args(Method)]}, "of": {"enum": [*get_args(Scale)]}, "reason": TEXT})
        ),
        "coverage": or_null(_COVERAGE),
        "metric": TEXT,
        "metrics": {"type": "object", "additionalProperties": NUMBER},
        "importances": or_null(object_of({"method": TEXT, "features": list_of(_IMPORTANCE)})),
        "training": named("Training"),
        "hold": object_of({"since": TEXT, "version": TEXT}),
    },
    optional=("targets", "quantiles", "hold"),
)
"""`/model`: see `description.describe`."""
ALIVE: Final = object_of({"status": {"const": "alive"}})
READY: Final = object_of(
    {
        "status": {"const": "ready"},
        "model": TEXT,
        "version": TEXT,
        "opening": object_of({"version": TEXT, "since": TEXT}),
        "refused": object_of({"version": TEXT, "reason": TEXT}),
    },
    optional=("opening", "refused"),
)
INDEX: Final = object_of(
    {
        "service": TEXT,
        "status": {"const": "alive"},
        "paths": list_of(object_of({"path": TEXT, "methods": list_of(TEXT), "summary": TEXT})),
    }
)
_LISTED: Final = object_of(
    {
        "name": TEXT,
        "version": or_null(TEXT) | {"description": "The version that answers; null as long as none is open."},
        "state": {
            "enum": ["open", "closed", "refused"],
            "description": "closed: opened when it is asked for. refused: its champion cannot be opened.",
        },
    }
)
MODELS: Final = object_of(
    {
        "default": TEXT | {"description": "The model of the plain paths."},
        "models": list_of(_LISTED),
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
    "models": "Models",
    "schema": "JsonSchema",
    "named_schema": "JsonSchema",
}
"""By route name: the schema of what is answered."""


def read_schemas() -> Document:
    """These schemas by name, and those that they refer to."""
    whole = Training.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    facts = {"Training": whole, **whole.pop("$defs", {})}
    read = {"Model": MODEL, "Alive": ALIVE, "Ready": READY, "Index": INDEX, "Models": MODELS}
    return {
        **read,
        "JsonSchema": {"type": "object", "description": "A JSON Schema (2020-12)."},
        **{name: _always(schema) for name, schema in facts.items()},
    }


def _always(schema: Document) -> Document:
    """The schema of a model of Pydantic as it is written: every member is there."""
    properties = {
        name: {key: value for key, value in member.items() if key not in ("title", "default")}
        for name, member in schema["properties"].items()
    }
    return {**object_of(properties), "description": schema.get("description", "")}

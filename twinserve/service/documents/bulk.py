"""The OpenAPI document of requests in bulk. It is one of its own, as many a generator of clients takes no path that has
other forms beside JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from twinserve.bulk.forms import READ
from twinserve.service.documents.answers import parameter_document
from twinserve.service.documents.openapi import PROBLEM, PROBLEM_ERROR, REFUSALS
from twinserve.service.documents.protocol import Description, Operation, protocol_openapi
from twinserve.service.http.parameters import COVERAGE, PASS
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import JSON
from twinserve.service.http.routes import BULK
from twinserve.service.settings import Settings

LINES: Final[dict[str, Any]] = {"type": "string", "description": "A JSON object on each line."}
CSV: Final[dict[str, Any]] = {
    "type": "string",
    "description": "A header of dotted names, then a row on each line (RFC 4180).",
}
OF_JSON: Final[dict[str, Any]] = {"description": "As the model's own document has it."}
SCHEMAS: Final[dict[str, dict[str, Any]]] = {"ndjson": LINES, "csv": CSV, "arrow": {}, "parquet": {}}
"""OpenAPI says nothing of the inside of bytes."""
CONTENTS: Final = {JSON: OF_JSON, **{media_type: SCHEMAS[form] for media_type, form in READ.items()}}
"""By media type: what such a request takes, and, as its Accept says, what it gives."""
PREDICT: Final = Operation(
    CONTENTS,
    CONTENTS,
    (*REFUSALS["predict"], "malformed-table"),
    tuple(parameter_document(parameter) for parameter in (COVERAGE, PASS)),
)
DESCRIPTION: Final = Description(
    "Twinserve: many rows",
    "Tables of any length in, and their answers out, while the body arrives.",
    {"predict": PREDICT, "named_predict": replace(PREDICT, refusals=(*PREDICT.refusals, "not-found"))},
    {"Refusal": PROBLEM, "ProblemError": PROBLEM_ERROR},
)


def bulk_openapi(settings: Settings) -> dict[str, Any]:
    """The document."""
    routes = [route for route in settings.routes if route.name in BULK]
    return protocol_openapi(DESCRIPTION, routes, Problem.reply, settings)

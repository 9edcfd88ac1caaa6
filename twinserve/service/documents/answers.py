"""The bodies of predictions and explanations in the OpenAPI document: what is sent, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from twinserve.explain.stored import Method, Scale
from twinserve.service.documents.bulk import bulk_contents
from twinserve.service.documents.replies import ANSWERS, read_schemas
from twinserve.service.documents.security import TOKEN_RESPONSE
from twinserve.service.http.parameters import CLASS, COVERAGE, Parameter
from twinserve.service.http.routes import TOKEN, Route
from twinserve.service.settings import Settings
from twinserve.store.examples import Example
from twinserve.store.manifest import Manifest

Document = dict[str, Any]

TEXTS: Final = frozenset({"docs", "metrics", "form", "card", "named_card", "live_page", "asset"})
"""The routes whose answer is no JSON."""

SUMMARIES: Final = {"middle": "In the middle", "low": "Low values", "high": "High values"}
FINDINGS: Final[Document] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901) into the request's body."},
            "code": {"type": "string"},
            "detail": {"type": "string"},
        },
        "required": ["pointer", "code", "detail"],
    },
}


ANSWERER: Final[Document] = {"model": {"type": "string"}, "version": {"type": "string"}}


def request_body(route: Route, settings: Settings, examples: Sequence[Example]) -> Document:
    """One instance, or as many as the path takes; a page that tries a request begins with the first example."""
    instance: Document = {"type": "object"} if route.parameters else {"$ref": "#/components/schemas/Instance"}
    most = min(settings.max_batch, settings.max_explain) if route.explains else settings.max_batch
    schema = {"oneOf": [instance, {"type": "array", "items": instance, "minItems": 1, "maxItems": most}]}
    content: Document = {"schema": schema}
    if examples and not route.parameters:
        content["examples"] = _named(examples)
    return {"required": True, "content": {"application/json": content, **bulk_contents(route)}}


def _named(examples: Sequence[Example]) -> Document:
    """The examples by name: `middle`, `low`, `high`, and `class-1`, ... in the order of the classes."""
    named: Document = {}
    for example in examples:
        name = (
            f"class-{sum(key.startswith('class-') for key in named) + 1}" if example.kind == "class" else example.kind
        )
        about = f"Typical of {example.label}" if example.kind == "class" else SUMMARIES[example.kind]
        named[name] = {"summary": about, "value": example.instance}
    return named


def parameters(route: Route, facts: Manifest) -> list[Document]:
    """The query parameters that a path takes of this model."""
    documented = (
        (parameter, parameter.schema if route.parameters else _parameter_schema(parameter, facts))
        for parameter in route.query or ()
    )
    return [
        {"name": parameter.name, "in": "query", "description": parameter.description, "schema": schema}
        for parameter, schema in documented
        if schema is not None
    ]


def _parameter_schema(parameter: Parameter, facts: Manifest) -> Mapping[str, Any] | None:
    """The schema of its values for this model; None where the model has none."""
    if parameter is CLASS:
        return None if facts.classes is None else {"enum": [*facts.classes]}
    if parameter is COVERAGE:
        largest = 0.0 if facts.coverage is None else facts.coverage.largest
        return {**parameter.schema, "maximum": largest} if largest else None
    return parameter.schema


def path_parameters(route: Route) -> list[Document]:
    """The parts of a path that the caller chooses."""
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in route.parameters]


def success(route: Route, facts: Manifest) -> Document:
    """The schema of the body of a 200."""
    if route.kind == "predict" and route.parameters:  # Of any model: its own document says what.
        return {"type": "object", "properties": ANSWERER, "required": [*ANSWERER]}
    if route.kind == "predict":
        prediction = {"$ref": f"#/components/schemas/{'Explained' if route.explains else 'Prediction'}"}
        named = {"model": {"const": facts.name}, "version": {"type": "string"}}
        batch = named | {"predictions": {"type": "array", "items": prediction}}
        one = {"allOf": [{"type": "object", "properties": named, "required": [*named]}, prediction]}
        return {"oneOf": [one, {"type": "object", "properties": batch, "required": [*batch]}]}
    if route is TOKEN:
        return TOKEN_RESPONSE
    if route.name in ANSWERS:
        return {"$ref": f"#/components/schemas/{ANSWERS[route.name]}"}
    return {"type": "string"} if route.name in TEXTS else {"type": "object"}


def schemas(facts: Manifest) -> Document:
    """The schemas of what is answered: of a prediction without and, where it has one, with its explanation."""
    properties, target = _prediction(facts), facts.target
    covered = _covered(facts) if target.uncovered is None else {}
    prediction = {"type": "object", "properties": properties | covered, "required": [*properties]}
    named: Document = {"Prediction": prediction, **read_schemas()}
    if target.unexplained is not None:
        return named
    explained = {**properties, "explanation": _explanation(facts)}
    return named | {"Explained": {"type": "object", "properties": explained, "required": [*explained]}}


def _covered(facts: Manifest) -> Document:
    """The member that `coverage` adds."""
    number, said = {"type": "number"}, "Only where `coverage` was asked for."
    if facts.classes is None:
        ends: Document = {"coverage": number, "low": number, "high": number}
        return {"interval": {"type": "object", "description": said, "properties": ends, "required": [*ends]}}
    labels = {"type": "array", "items": {"enum": [*facts.classes]}, "minItems": 1, "uniqueItems": True}
    members: Document = {"coverage": number, "labels": labels}
    return {"set": {"type": "object", "description": said, "properties": members, "required": [*members]}}


def _prediction(facts: Manifest) -> Document:
    warnings = FINDINGS | {"description": "Values not seen in training, and columns that are ignored."}
    return {**facts.target.members, "warnings": warnings}


def _explanation(facts: Manifest) -> Document:
    number = {"type": "number"}
    contribution: Document = {
        "type": "object",
        "properties": {
            "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901) of a field of the instance."},
            "contribution": number,
            "error": {"type": "number", "description": "The standard error, where contributions are sampled."},
        },
        "required": ["pointer", "contribution"],
    }
    properties: Document = {
        "method": {"enum": [*get_args(Method)]},
        "of": {"enum": [*get_args(Scale)], "description": "The scale of output, base and contributions."},
        **({} if facts.classes is None else {"class": {"enum": [*facts.classes]}}),
        "base": {"type": "number", "description": "The output where no field is known."},
        "output": {"type": "number", "description": "Base, contributions and others together."},
        "contributions": {"type": "array", "items": contribution, "description": "The greatest magnitude first."},
        "others": {"type": "number", "description": "The sum of the contributions that are not listed."},
    }
    return {"type": "object", "properties": properties, "required": [*properties]}

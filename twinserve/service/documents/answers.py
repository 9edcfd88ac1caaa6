"""The bodies of predictions and explanations in the OpenAPI document: what is sent, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from twinserve.service.documents.replies import ANSWERS, read_schemas
from twinserve.service.documents.schemas import NUMBER, TEXT, Document, list_of, named, object_of, one_of
from twinserve.service.documents.security import TOKEN_RESPONSE
from twinserve.service.http.parameters import CLASS, COVERAGE, PASS, Parameter
from twinserve.service.http.reply import JSON
from twinserve.service.http.routes import TOKEN, Route
from twinserve.service.settings import Settings
from twinserve.store.examples import Example
from twinserve.store.manifest import Manifest

TEXTS: Final = frozenset({"docs", "metrics", "form", "card", "named_card", "live_page", "asset"})
"""The routes whose answer is no JSON."""

SUMMARIES: Final = {"middle": "In the middle", "low": "Low values", "high": "High values"}
POINTER: Final = TEXT | {"description": "JSON Pointer (RFC 6901) into the request's body."}
WARNING: Final = object_of({"pointer": POINTER, "code": TEXT, "detail": TEXT})
ANSWERER: Final[Document] = {"model": TEXT, "version": TEXT}


def request_body(route: Route, examples: Sequence[Example]) -> Document:
    """One instance, or as many as the path takes; a page that tries a request begins with the first example."""
    if route.parameters:  # No choice of free objects: some generators write no valid program for that.
        about = {"description": "An instance of that model, or an array of them: its own document says what they are."}
        return {"required": True, "content": {JSON: {"schema": about}}}
    content: Document = {"schema": named("ExplanationRequest" if route.explains else "PredictionRequest")}
    if examples:
        content["examples"] = _by_kind(examples)
    return {"required": True, "content": {JSON: content}}


def _by_kind(examples: Sequence[Example]) -> Document:
    """The examples by name: `middle`, `low`, `high`, and `class-1`, ... in the order of the classes."""
    by_kind: Document = {}
    for example in examples:
        name = (
            f"class-{sum(key.startswith('class-') for key in by_kind) + 1}" if example.kind == "class" else example.kind
        )
        about = f"Typical of {example.label}" if example.kind == "class" else SUMMARIES[example.kind]
        by_kind[name] = {"summary": about, "value": example.instance}
    return by_kind


def parameters(route: Route, facts: Manifest) -> list[Document]:
    """The query parameters that a path takes of this model, but for that of requests in bulk."""
    documented = (
        (parameter, parameter.schema if route.parameters else _parameter_schema(parameter, facts))
        for parameter in route.query or ()
        if parameter is not PASS
    )
    return [parameter_document(parameter, schema) for parameter, schema in documented if schema is not None]


def parameter_document(parameter: Parameter, schema: Mapping[str, Any] | None = None) -> Document:
    """A query parameter, with this schema or its own."""
    about = {"name": parameter.name, "in": "query", "description": parameter.description}
    return {**about, "schema": parameter.schema if schema is None else schema}


def _parameter_schema(parameter: Parameter, facts: Manifest) -> Mapping[str, Any] | None:
    """The schema of its values for this model; None where the model has none."""
    if parameter is CLASS:
        return None if facts.classes is None else named("Label")
    if parameter is COVERAGE:
        largest = 0.0 if facts.coverage is None else facts.coverage.largest
        return {**parameter.schema, "maximum": largest} if largest else None
    return parameter.schema


def path_parameters(route: Route) -> list[Document]:
    """The parts of a path that the caller chooses."""
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in route.parameters]


def success(route: Route) -> Document:
    """The schema of the body of a 200."""
    if route.kind == "predict" and route.parameters:  # Of any model: its own document says what.
        return named("AnyAnswer")
    if route.kind == "predict":
        return named("ExplainedResponse" if route.explains else "PredictionResponse")
    if route is TOKEN:
        return TOKEN_RESPONSE
    if route.name in ANSWERS:
        return named(ANSWERS[route.name])
    return TEXT if route.name in TEXTS else named("OpenApiDocument")


def schemas(facts: Manifest, settings: Settings) -> Document:
    """The schemas of what is sent and answered: of a prediction without and, where it has one, with its explanation."""
    described: Document = {
        "PredictionRequest": _request(settings.max_batch),
        "ExplanationRequest": _request(min(settings.max_batch, settings.max_explain)),
        "AnyAnswer": object_of(ANSWERER) | {"additionalProperties": True},
        "Warning": WARNING,
        **read_schemas(),
    }
    if facts.classes is not None:
        described["Label"] = one_of(facts.classes)
    properties, target = _prediction(facts, described), facts.target
    covered = _covered(facts, described) if target.uncovered is None else {}
    described |= _answers("Prediction", "", properties, covered)
    if target.unexplained is None:
        explained = {**properties, "explanation": named("Explanation")}
        described |= {**_answers("Explained", "Explained", explained, {}), **_explanation(facts)}
    return described


def _request(most: int) -> Document:
    instance = named("Instance")
    return {"oneOf": [instance, list_of(instance) | {"minItems": 1, "maxItems": most}]}


def _answers(name: str, prefix: str, properties: Document, optional: Document) -> Document:
    """The answer to one instance and that to several: each has a name, so that a client has classes for them."""
    return {
        name: object_of(properties | optional, tuple(optional)),
        f"{prefix}Answer": object_of({**ANSWERER, **properties, **optional}, tuple(optional)),
        f"{prefix}BatchAnswer": object_of({**ANSWERER, "predictions": list_of(named(name))}),
        f"{name}Response": {"oneOf": [named(f"{prefix}Answer"), named(f"{prefix}BatchAnswer")]},
    }


def _covered(facts: Manifest, described: Document) -> Document:
    """The member that `coverage` adds."""
    said = {"description": "Only where `coverage` was asked for."}
    if facts.classes is None:
        described["Interval"] = object_of({"coverage": NUMBER, "low": NUMBER, "high": NUMBER}) | said
        return {"interval": named("Interval")}
    labels = list_of(named("Label")) | {"minItems": 1, "uniqueItems": True}
    described["LabelSet"] = object_of({"coverage": NUMBER, "labels": labels}) | said
    return {"set": named("LabelSet")}


def _prediction(facts: Manifest, described: Document) -> Document:
    """The members of a prediction; what has a name of its own is added to what is described."""
    members = {**facts.target.members}
    if facts.classes is not None:
        members["label"] = named("Label")
    if "probabilities" in members:
        described["Probabilities"], null = members["probabilities"]["anyOf"]
        members["probabilities"] = {"anyOf": [named("Probabilities"), null]}
    about = {"description": "Values not seen in training, and columns that are ignored."}
    return {**members, "warnings": list_of(named("Warning")) | about}


def _explanation(facts: Manifest) -> Document:
    pointer = TEXT | {"description": "JSON Pointer (RFC 6901) of a field of the instance."}
    error = NUMBER | {"description": "The standard error, where contributions are sampled."}
    contribution = object_of({"pointer": pointer, "contribution": NUMBER, "error": error}, optional=("error",))
    members: Document = {
        "method": named("ExplanationMethod"),
        "of": named("ExplanationScale"),
        **({} if facts.classes is None else {"class": named("Label")}),
        "base": NUMBER | {"description": "The output where no field is known."},
        "output": NUMBER | {"description": "Base, contributions and others together."},
        "contributions": list_of(named("FieldContribution")) | {"description": "The greatest magnitude first."},
        "others": NUMBER | {"description": "The sum of the contributions that are not listed."},
    }
    return {"Explanation": object_of(members), "FieldContribution": contribution}

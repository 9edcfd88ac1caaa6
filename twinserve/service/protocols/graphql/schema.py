"""The schema of one version of a model: its queries, and the types of their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLFloat,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
)

Fields = dict[str, GraphQLField]
FLOAT: Final = GraphQLNonNull(GraphQLFloat)
TEXT: Final = GraphQLNonNull(GraphQLString)


def of(
    kind: GraphQLOutputType, description: str | None = None, resolve: Callable[..., Any] | None = None
) -> GraphQLField:
    """A field of an answer; by default it is the member of the same name."""
    return GraphQLField(kind, description=description, resolve=resolve)


def many(kind: GraphQLOutputType) -> GraphQLNonNull[Any]:
    """A list without null, of values that are not null."""
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(kind)))


def pairs(member: str, key: str, value: str) -> Callable[..., list[dict[str, Any]] | None]:
    """Resolves an object with names that GraphQL may not take, as a list of pairs."""

    def resolve(source: Mapping[str, Any], *_: Any) -> list[dict[str, Any]] | None:
        found = source[member]
        return None if found is None else [{key: name, value: number} for name, number in found.items()]

    return resolve


WARNING: Final = GraphQLObjectType(
    "Warning", {"pointer": of(TEXT, "The field, as a JSON Pointer."), "code": of(TEXT), "detail": of(TEXT)}
)
PROBABILITY: Final = GraphQLObjectType("Probability", {"label": of(TEXT), "probability": of(FLOAT)})
INTERVAL: Final = GraphQLObjectType("Interval", {"coverage": of(FLOAT), "low": of(FLOAT), "high": of(FLOAT)})
LABELS: Final = GraphQLObjectType("LabelSet", {"coverage": of(FLOAT), "labels": of(many(GraphQLString))})
CONTRIBUTION: Final = GraphQLObjectType(
    "Contribution",
    {
        "pointer": of(TEXT, "The field, as a JSON Pointer."),
        "contribution": of(FLOAT),
        "error": of(GraphQLFloat, "A standard error, where the method samples.", lambda source, _: source.get("error")),
    },
)
METRIC: Final = GraphQLObjectType("Metric", {"name": of(TEXT), "value": of(GraphQLFloat)})


def explanation(classes: Sequence[str] | None) -> GraphQLObjectType:
    """The type of an explanation."""
    named = {} if classes is None else {"class": of(TEXT)}
    numbers = {"base": of(FLOAT), "output": of(FLOAT)}
    listed = {"contributions": of(many(CONTRIBUTION), "The largest first."), "others": of(FLOAT)}
    return GraphQLObjectType("Explanation", {"method": of(TEXT), "of": of(TEXT), **named, **numbers, **listed})


def answer(classes: Sequence[str] | None) -> Fields:
    """The fields of a prediction."""
    if classes is None:
        given = {"value": of(FLOAT)}
    else:
        listed = GraphQLList(GraphQLNonNull(PROBABILITY))
        told = "Of each class; null for a model that gives none."
        given = {"label": of(TEXT), "probabilities": of(listed, told, pairs("probabilities", "label", "probability"))}
    return {"model": of(TEXT), "version": of(TEXT), **given, "warnings": of(many(WARNING))}


def sure(classes: Sequence[str] | None) -> Fields:
    """The field that says how sure a prediction is."""
    name, kind = ("interval", INTERVAL) if classes is None else ("set", LABELS)
    return {name: of(kind, "Where a coverage was asked for.", lambda source, _: source.get(name))}


def model() -> GraphQLObjectType:
    """The type of what the service says of its model."""
    metrics = of(many(METRIC), "As measured on the hold-out.", pairs("metrics", "name", "value"))
    facts = {
        "name": of(TEXT),
        "version": of(TEXT),
        "task": of(TEXT),
        "classes": of(GraphQLList(GraphQLNonNull(GraphQLString))),
    }
    return GraphQLObjectType("Model", {**facts, "metric": of(TEXT), "metrics": metrics, "created": of(TEXT)})


def schema_of(
    instance: GraphQLInputObjectType, classes: Sequence[str] | None, ask: Mapping[str, Callable[..., Any]]
) -> GraphQLSchema:
    """The schema of a model with these classes, None for a regression; `ask` resolves each query.

    Every query may be null, so that one that fails leaves the others as they are."""
    prediction = GraphQLObjectType("Prediction", {**answer(classes), **sure(classes)})
    explained = GraphQLObjectType(
        "ExplainedPrediction", {**answer(classes), "explanation": of(GraphQLNonNull(explanation(classes)))}
    )
    one = GraphQLArgument(GraphQLNonNull(instance))
    several = GraphQLArgument(GraphQLNonNull(GraphQLList(GraphQLNonNull(instance))))
    coverage = GraphQLArgument(GraphQLFloat, description="The probability that an interval or a set shall have.")
    top = GraphQLArgument(GraphQLInt, description="How many contributions to list.")
    label = {} if classes is None else {"class": GraphQLArgument(GraphQLString, description="The class to explain.")}
    queries = {
        "predict": GraphQLField(prediction, {"instance": one, "coverage": coverage}, ask["predict"]),
        "predictMany": GraphQLField(
            GraphQLList(GraphQLNonNull(prediction)), {"instances": several, "coverage": coverage}, ask["predictMany"]
        ),
        "explain": GraphQLField(explained, {"instance": one, "top": top, **label}, ask["explain"]),
        "model": GraphQLField(model(), None, ask["model"]),
    }
    return GraphQLSchema(GraphQLObjectType("Query", queries))

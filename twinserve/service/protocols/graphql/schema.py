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

from twinserve.predict.targets.target import Target

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


def by_target(source: Mapping[str, Any], *_: Any) -> list[dict[str, Any]] | None:
    """Resolves the probabilities of several targets, as `pairs` does."""
    found = source["probabilities"]
    if found is None:
        return None
    return [
        {"target": name, "probabilities": [{"label": label, "probability": number} for label, number in each.items()]}
        for name, each in found.items()
    ]


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
QUANTILE: Final = GraphQLObjectType("Quantile", {"quantile": of(TEXT), "value": of(FLOAT)})
VALUE: Final = GraphQLObjectType("TargetValue", {"target": of(TEXT), "value": of(FLOAT)})
LABEL: Final = GraphQLObjectType("TargetLabel", {"target": of(TEXT), "label": of(TEXT)})
PROBABILITIES: Final = GraphQLObjectType(
    "TargetProbabilities", {"target": of(TEXT), "probabilities": of(many(PROBABILITY))}
)
METRIC: Final = GraphQLObjectType("Metric", {"name": of(TEXT), "value": of(GraphQLFloat)})


def explanation(classes: Sequence[str] | None) -> GraphQLObjectType:
    """The type of an explanation."""
    named = {} if classes is None else {"class": of(TEXT)}
    numbers = {"base": of(FLOAT), "output": of(FLOAT)}
    listed = {"contributions": of(many(CONTRIBUTION), "The largest first."), "others": of(FLOAT)}
    return GraphQLObjectType("Explanation", {"method": of(TEXT), "of": of(TEXT), **named, **numbers, **listed})


MEMBERS: Final[Mapping[str, GraphQLField]] = {
    "label": of(TEXT),
    "probabilities": of(
        GraphQLList(GraphQLNonNull(PROBABILITY)),
        "Of each class; null for a model that gives none.",
        pairs("probabilities", "label", "probability"),
    ),
    "value": of(FLOAT),
    "quantiles": of(many(QUANTILE), "The other quantiles.", pairs("quantiles", "quantile", "value")),
    "score": of(FLOAT, "The estimator's own decision function."),
    "values": of(many(VALUE), "Of each target.", pairs("values", "target", "value")),
    "labels": of(many(LABEL), "Of each target.", pairs("labels", "target", "label")),
}
"""The field of each member that a prediction may have."""
BY_TARGET: Final = {
    "probabilities": of(
        GraphQLList(GraphQLNonNull(PROBABILITIES)), "Of each target; null for a model that gives none.", by_target
    )
}
"""The same, where several targets have one each."""


def answer(target: Target) -> Fields:
    """The fields of a prediction."""
    fields = {**MEMBERS, **BY_TARGET} if "labels" in target.members else MEMBERS
    given = {name: fields[name] for name in target.members}
    return {"model": of(TEXT), "version": of(TEXT), **given, "warnings": of(many(WARNING))}


def sure(target: Target) -> Fields:
    """The field that says how sure a prediction is, where that can be said."""
    if target.uncovered is not None:
        return {}
    name, kind = ("interval", INTERVAL) if target.classes is None else ("set", LABELS)
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


def explain(target: Target, instance: GraphQLArgument, resolve: Callable[..., Any]) -> GraphQLField:
    """The query that explains a prediction."""
    classes = target.classes
    explained = GraphQLObjectType(
        "ExplainedPrediction", {**answer(target), "explanation": of(GraphQLNonNull(explanation(classes)))}
    )
    top = GraphQLArgument(GraphQLInt, description="How many contributions to list.")
    label = {} if classes is None else {"class": GraphQLArgument(GraphQLString, description="The class to explain.")}
    return GraphQLField(explained, {"instance": instance, "top": top, **label}, resolve)


def schema_of(instance: GraphQLInputObjectType, target: Target, ask: Mapping[str, Callable[..., Any]]) -> GraphQLSchema:
    """The schema of a model with this target; `ask` resolves each query.

    Every query may be null, so that one that fails leaves the others as they are."""
    prediction = GraphQLObjectType("Prediction", {**answer(target), **sure(target)})
    one = GraphQLArgument(GraphQLNonNull(instance))
    several = GraphQLArgument(GraphQLNonNull(GraphQLList(GraphQLNonNull(instance))))
    coverage = GraphQLArgument(GraphQLFloat, description="The probability that an interval or a set shall have.")
    covered = {} if target.uncovered is not None else {"coverage": coverage}
    queries = {
        "predict": GraphQLField(prediction, {"instance": one, **covered}, ask["predict"]),
        "predictMany": GraphQLField(
            GraphQLList(GraphQLNonNull(prediction)), {"instances": several, **covered}, ask["predictMany"]
        ),
        **({} if target.unexplained is not None else {"explain": explain(target, one, ask["explain"])}),
        "model": GraphQLField(model(), None, ask["model"]),
    }
    return GraphQLSchema(GraphQLObjectType("Query", queries))

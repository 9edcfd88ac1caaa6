"""`Asking`: how the queries of one request ask the version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    value_from_ast_untyped,
)

from twinserve.service.http.parameters import COVERAGE, TOP, Unfit
from twinserve.service.http.problem import Problem, invalid_input
from twinserve.service.http.query import invalid_parameters
from twinserve.service.protocols.dialect import Asked, Native
from twinserve.service.protocols.graphql.wording import extensions
from twinserve.service.settings import Settings
from twinserve.signature.request.diagnosis import too_many

MOST_CHECKED: Final = 5
"""Queries of an invalid document whose instances are looked at."""


class Asking:
    """The context of one request. Its limits hold for all queries of the request together."""

    def __init__(
        self, native: Native, spelled: Callable[[Any], Any], model: Mapping[str, Any], settings: Settings
    ) -> None:
        """`spelled` gives an instance the names of its fields back."""
        self._native, self._spelled, self.model = native, spelled, model
        self._limits = {False: settings.max_batch, True: settings.max_explain}
        self._left = dict(self._limits)

    @staticmethod
    def resolvers() -> Mapping[str, Callable[..., Any]]:
        """What resolves each query."""
        return {
            "predict": lambda _, info, instance, coverage=None: context(info).one(instance, coverage=coverage),
            "predictMany": lambda _, info, instances, coverage=None: context(info).many(instances, coverage=coverage),
            "explain": lambda _, info, instance, **given: context(info).one(instance, explains=True, **given),
            "model": lambda _, info: context(info).model,
        }

    def one(self, instance: Any, *, explains: bool = False, **query: Any) -> Mapping[str, Any]:
        """The answer to an instance."""
        self._take(1, explains=explains)
        answer: Mapping[str, Any] = self._answer(self._spelled(instance), query, explains=explains)
        return answer

    def many(self, instances: list[Any], **query: Any) -> list[Mapping[str, Any]]:
        """The answers to some instances."""
        self._take(len(instances), explains=False)
        found = self._answer([self._spelled(instance) for instance in instances], query, explains=False)
        about = {"model": found["model"], "version": found["version"]}
        return [{**about, **prediction} for prediction in found["predictions"]]

    def findings(self, document: DocumentNode | None, variables: Mapping[str, Any]) -> list[GraphQLError]:
        """What the native check finds in the instances of a document whose values do not have their types: it says at
        which fields. Empty where it finds nothing."""
        fields = [] if document is None else list(instance_arguments(document))
        values = {} if document is None else all_variables(document, variables)
        found = []
        for argument in fields[:MOST_CHECKED]:
            value = value_from_ast_untyped(argument.value, values)
            several = value if isinstance(value, list) else [value]
            spelled = [self._spelled(instance) for instance in several]
            try:
                self._native.read(encoded(spelled if isinstance(value, list) else spelled[0]))
            except Problem as problem:
                if problem.errors:
                    found.append(
                        GraphQLError(problem.detail, argument, extensions=extensions(problem, self._native.request_id))
                    )
        return found

    def _take(self, instances: int, *, explains: bool) -> None:
        """Raise `Problem` where the queries so far and this one have more instances than a request may have."""
        self._left[explains] -= instances
        if self._left[explains] < 0:
            raise invalid_input(too_many(self._limits[explains]))

    def _answer(self, value: Any, query: Mapping[str, Any], *, explains: bool) -> Any:
        asked = Asked(query=checked(query), explains=explains)
        return json.loads(self._native.ask(encoded(value), asked))


def encoded(value: Any) -> bytes:
    """A value as native JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def instance_arguments(document: DocumentNode) -> Iterator[ArgumentNode]:
    """The arguments that hold instances, of the queries that a document's operations name directly."""
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            continue
        for selection in definition.selection_set.selections:
            if isinstance(selection, FieldNode):
                yield from (node for node in selection.arguments or () if node.name.value in ("instance", "instances"))


def all_variables(document: DocumentNode, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The value of each variable that a document defines: as sent, else its default, else null."""
    defined = {
        variable.variable.name.value: variable.default_value and value_from_ast_untyped(variable.default_value)
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
        for variable in definition.variable_definitions or ()
    }
    return {**defined, **sent}


def context(info: GraphQLResolveInfo[Any]) -> Asking:
    """The context of the request that a query belongs to."""
    found = info.context
    if not isinstance(found, Asking):
        raise TypeError("The context is not ours.")
    return found


def checked(query: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments that were given, by the rules for query parameters; raises `Problem` (400)."""
    values = {name: value for name, value in query.items() if value is not None}
    for parameter in (COVERAGE, TOP):
        if parameter.name in values:
            try:
                values[parameter.name] = parameter.read(repr(values[parameter.name]))
            except Unfit as error:
                raise invalid_parameters(
                    [{"parameter": parameter.name, "code": error.code, "detail": str(error)}]
                ) from None
    return values

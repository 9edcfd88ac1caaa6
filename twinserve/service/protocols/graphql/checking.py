"""Reads and checks a document; what is wrong is told in our own words, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    get_operation_ast,
    get_variable_values,
    parse,
    specified_rules,
    validate,
)

from twinserve.service.protocols.graphql.limits import MOST_TOKENS, require_within_limits
from twinserve.service.protocols.graphql.request import GraphQLRequest
from twinserve.service.protocols.graphql.wording import INVALID, RULES, SYNTAX, VALUE

MOST_ERRORS: Final = 5
"""Errors that are told of one document. For each, graphql-core prints the value again, however large."""
TOO_DEEP: Final = "The document nests too deeply."


class Checked(NamedTuple):
    """A document that can be executed, and its operation."""

    document: DocumentNode
    operation: OperationDefinitionNode


class Unfit(Exception):
    """The request cannot be executed; each error is told in our own words."""

    def __init__(self, errors: Sequence[GraphQLError], document: DocumentNode | None = None) -> None:
        """`document`: where a value in it or in its variables does not have its type."""
        super().__init__()
        self.errors, self.document = list(errors), document


class Checker:
    """Checks documents against one schema."""

    def __init__(self, schema: GraphQLSchema, *, introspection: bool) -> None:
        self._schema = schema
        rules = specified_rules if introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
        self._rules = [reworded(rule) for rule in rules]

    def check(self, request: GraphQLRequest) -> Checked:
        """The document and its operation; raises `Unfit`."""
        try:
            return self._check(request)
        except GraphQLError as error:
            raise Unfit([error]) from None
        except RecursionError:
            raise Unfit([told("limit", TOO_DEEP)]) from None

    def _check(self, request: GraphQLRequest) -> Checked:
        document = read(request.document)
        require_within_limits(document)
        if errors := validate(self._schema, document, self._rules, MOST_ERRORS):
            found = [error for error in errors if error.extensions] or [told("invalid", INVALID)]
            codes = {(error.extensions or {}).get("code") for error in found}
            raise Unfit(found, document if codes == {"type"} else None)
        operation = get_operation_ast(document, request.operation)
        if operation is None:
            raise told("operation", "The document has no operation of this name, or several and none is named.")
        return Checked(document, operation)

    def require_variables(self, checked: Checked, values: dict[str, Any]) -> None:
        """Raise `Unfit` where a value does not fit its variable."""
        found = get_variable_values(self._schema, checked.operation.variable_definitions or (), values, MOST_ERRORS)
        if isinstance(found, list):
            raise Unfit([told("type", VALUE, error) for error in found], checked.document)


def read(document: str) -> DocumentNode:
    """The document as a tree; raises `GraphQLError`."""
    try:
        return parse(document, max_tokens=MOST_TOKENS, allow_empty_selection_sets=False)
    except GraphQLError as error:
        raise told("syntax", SYNTAX, error) from None


def told(code: str, message: str, error: GraphQLError | None = None) -> GraphQLError:
    """An error in our own words, in the place of another one."""
    nodes, source, positions = (None, None, None) if error is None else (error.nodes, error.source, error.positions)
    return GraphQLError(message, nodes, source, positions, extensions={"code": code})


def reworded(rule: type[ASTValidationRule]) -> type[ASTValidationRule]:
    """A rule that tells what it finds in our words."""
    message = RULES.get(rule.__name__, INVALID)
    code = "type" if message == VALUE else "invalid"

    class Reworded(rule):  # type: ignore[misc, valid-type]  # A class that is given.
        def report_error(self, error: GraphQLError) -> None:
            super().report_error(told(code, message, error))

    return Reworded

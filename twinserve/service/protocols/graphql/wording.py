"""Our own words for what graphql-core finds, whose messages repeat what was sent; and how a problem is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from twinserve.service.http.problem import Problem

SYNTAX: Final = "The document is not GraphQL, or it is too long, or it nests too deeply."
VALUE: Final = "A value is not of the type that the schema names."
INVALID: Final = "The document is not valid."
NO_DIRECTIVE: Final = "There is no such directive here."

# By the name of graphql-core's rule.
RULES: Final[Mapping[str, str]] = {
    "DeferStreamDirectiveLabel": NO_DIRECTIVE,
    "DeferStreamDirectiveOnRootField": NO_DIRECTIVE,
    "DeferStreamDirectiveOnValidOperationsRule": NO_DIRECTIVE,
    "ExecutableDefinitionsRule": "A request can hold operations and fragments only.",
    "FieldsOnCorrectTypeRule": "The type has no field of this name.",
    "FragmentsOnCompositeTypesRule": "A fragment must be on a type that has fields.",
    "KnownArgumentNamesRule": "The field has no argument of this name.",
    "KnownDirectivesRule": NO_DIRECTIVE,
    "KnownFragmentNamesRule": "There is no fragment of this name.",
    "KnownOperationTypesRule": "The schema has queries only.",
    "KnownTypeNamesRule": "The schema has no type of this name.",
    "LoneAnonymousOperationRule": "An operation without a name must be the only one.",
    "MaxIntrospectionDepthRule": "The introspection nests too deeply.",
    "NoFragmentCyclesRule": "A fragment contains itself.",
    "NoSchemaIntrospectionCustomRule": "This service does not answer questions about its schema.",
    "NoUndefinedVariablesRule": "The operation does not define this variable.",
    "NoUnusedFragmentsRule": "A fragment is not used.",
    "NoUnusedVariablesRule": "A variable is not used.",
    "OverlappingFieldsCanBeMergedRule": "Two different fields have the same name in the answer; give one an alias.",
    "PossibleFragmentSpreadsRule": "The fragment can never apply here.",
    "ProvidedRequiredArgumentsRule": "A required argument is missing.",
    "ScalarLeafsRule": "A field of an object type needs a selection, and no other field may have one.",
    "SingleFieldSubscriptionsRule": "The schema has queries only.",
    "StreamDirectiveOnListField": NO_DIRECTIVE,
    "UniqueArgumentNamesRule": "An argument is given twice.",
    "UniqueDirectivesPerLocationRule": "A directive is given twice.",
    "UniqueFragmentNamesRule": "Two fragments have the same name.",
    "UniqueInputFieldNamesRule": "A field of an input object is given twice.",
    "UniqueOperationNamesRule": "Two operations have the same name.",
    "UniqueVariableNamesRule": "Two variables have the same name.",
    "ValuesOfCorrectTypeRule": VALUE,
    "VariablesAreInputTypesRule": "A variable must be of an input type.",
    "VariablesInAllowedPositionRule": "The variable's type does not fit this place.",
}


def extensions(problem: Problem, request_id: str) -> dict[str, Any]:
    """What stands beside the message of a problem."""
    return {"code": problem.kind, "requestId": request_id, "errors": list(problem.errors)}

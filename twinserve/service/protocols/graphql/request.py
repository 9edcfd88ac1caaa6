"""Reads a GraphQL request: by POST from JSON, by GET from the query of the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from twinserve.service.http.body import require_json
from twinserve.service.http.problem import Problem
from twinserve.service.protocols.dialect import Asked
from twinserve.signature.request.strict_json import MalformedJson, TooDeep, parse

QUERY: Final = "query"
VARIABLES: Final = "variables"
OPERATION: Final = "operationName"
EXTENSIONS: Final = "extensions"


class GraphQLRequest(NamedTuple):
    """A document, the values of its variables, and which of its operations is meant; None: the only one."""

    document: str
    variables: Mapping[str, Any]
    operation: str | None


def read_request(body: bytes, asked: Asked, max_depth: int) -> GraphQLRequest:
    """The request; raises `Problem` (400, 415)."""
    if asked.query or (not body and asked.header("content-type") is None):
        members = dict(asked.query)
        for name in (VARIABLES, EXTENSIONS):
            if name in members:
                members[name] = read_json(members[name].encode(), max_depth)
    else:
        if body:
            require_json(asked.header("content-type"), asked.header("content-encoding"))
        members = read_json(body, max_depth)
    return checked(members)


def read_json(content: bytes, max_depth: int) -> Any:
    """A JSON document; raises `Problem` (400)."""
    try:
        return parse(content, max_depth)
    except MalformedJson as error:
        raise Problem("malformed-json", str(error)) from None
    except TooDeep as error:
        raise Problem("bad-request", f"The values of variables: {error}") from None


def checked(members: Any) -> GraphQLRequest:
    """The request with these members; raises `Problem` (400) where one is not what the specification says."""
    if not isinstance(members, dict):
        raise Problem("bad-request", "The body must be an object; batches are not taken.")
    document, variables, operation = members.get(QUERY), members.get(VARIABLES), members.get(OPERATION)
    if not isinstance(document, str):
        raise Problem("bad-request", f"`{QUERY}` is required, and must be a string.")
    for name in (VARIABLES, EXTENSIONS):
        if not isinstance(members.get(name), dict | None):
            raise Problem("bad-request", f"`{name}` must be an object.")
    if not isinstance(operation, str | None):
        raise Problem("bad-request", f"`{OPERATION}` must be a string.")
    return GraphQLRequest(document, variables or {}, operation)

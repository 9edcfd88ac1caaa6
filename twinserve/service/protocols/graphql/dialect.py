"""The dialect: its two routes, and how a refusal by the service looks in it."""

from __future__ import annotations

import json
from typing import Final

from twinserve.service.http.body import require_json
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.parameters import Parameter
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import READ, Route
from twinserve.service.protocols.dialect import Composer, Dialect
from twinserve.service.protocols.graphql.request import EXTENSIONS, OPERATION, QUERY, VARIABLES
from twinserve.service.protocols.graphql.wording import extensions
from twinserve.service.protocols.native import NativeCodec
from twinserve.service.settings import Settings
from twinserve.store.artifact import LoadedArtifact

TEXT: Final = {"type": "string"}
ROUTES: Final = (
    Route("graphql", "/graphql", ("POST",), "predict", "GraphQL", "predict", beside=READ),
    Route(
        *("graphql_get", "/graphql", READ, "predict", "GraphQL, the query in the address", "predict"),
        (
            Parameter(QUERY, str, TEXT, "The document."),
            Parameter(VARIABLES, str, TEXT, "The values of its variables, as JSON."),
            Parameter(OPERATION, str, TEXT, "Which of its operations is meant."),
            Parameter(EXTENSIONS, str, TEXT, "Nothing here; taken as the specification wants it."),
        ),
        beside=("POST",),
    ),
)


def admit(header: HeaderLookup) -> None:
    """Raise `Problem` (415) for a body of another format; a request without one, as by GET, has none."""
    if header("content-type") is not None or header("content-encoding") is not None:
        require_json(header("content-type"), header("content-encoding"))


def refuse(problem: Problem, request_id: str) -> Reply:
    """A refusal as GraphQL's own error."""
    body = {"errors": [{"message": problem.detail, "extensions": extensions(problem, request_id)}]}
    return Reply(problem.status, json.dumps(body, separators=(",", ":")).encode(), headers=problem.headers)


def composer(artifact: LoadedArtifact, version: str, settings: Settings) -> Composer:
    """What answers for a version. Imported here, as only this needs graphql-core."""
    from twinserve.service.protocols.graphql.composer import GraphQLComposer

    return GraphQLComposer(artifact, version, settings)


GRAPHQL: Final = Dialect("graphql", ROUTES, admit, NativeCodec, refuse, {}, composer=composer)

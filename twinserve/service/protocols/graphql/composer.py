"""`GraphQLComposer`: answers GraphQL requests for one version of a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from graphql import ExecutionResult, GraphQLError, execute_sync

from twinserve.service.documents.description import describe
from twinserve.service.http.accept import preferred
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import JSON, Reply
from twinserve.service.protocols.dialect import Asked, Native
from twinserve.service.protocols.graphql.asking import Asking
from twinserve.service.protocols.graphql.checking import Checker, Unfit, told
from twinserve.service.protocols.graphql.instances import Instances
from twinserve.service.protocols.graphql.request import read_request
from twinserve.service.protocols.graphql.schema import schema_of
from twinserve.service.protocols.graphql.wording import VALUE, extensions
from twinserve.service.settings import Settings
from twinserve.store.artifact import LoadedArtifact

RESPONSE: Final = "application/graphql-response+json"
VARY: Final = (("Vary", "Accept"),)


class GraphQLComposer:
    """The schema of a version, and what executes documents against it."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings) -> None:
        self._settings = settings
        self._shape = Instances(artifact.signature).shape
        facts = describe(artifact, version)
        self._model = {**facts, "created": facts["training"]["created"]}
        self._schema = schema_of(self._shape.type, artifact.manifest.target, Asking.resolvers())
        self._checker = Checker(self._schema, introspection=settings.graphql_introspection)

    def compose(self, body: bytes, asked: Asked, native: Native) -> Reply:
        """See `Composer`. A document that cannot be executed is 400 in GraphQL's own media type; in plain JSON, whose
        older clients take any other status for a failed transport, it is 200."""
        media_type = negotiated(asked.header("accept"))
        try:
            return rendered(self._executed(body, asked, native), HTTPStatus.OK, media_type)
        except Unfit as unfit:
            status = HTTPStatus.BAD_REQUEST if media_type == RESPONSE else HTTPStatus.OK
            return rendered({"errors": [error.formatted for error in unfit.errors]}, status, media_type)

    def _executed(self, body: bytes, asked: Asked, native: Native) -> Mapping[str, Any]:
        """What a request is answered; raises `Problem` or `Unfit`."""
        request = read_request(body, asked, self._settings.max_depth)
        variables = dict(request.variables)
        asking = Asking(native, self._shape.native, self._model, self._settings)
        try:
            checked = self._checker.check(request)
            if excess := asking.excess(checked.operation, variables):
                raise Unfit(excess)
            self._checker.require_variables(checked, variables)
        except Unfit as unfit:
            raise Unfit(asking.findings(unfit.document, variables) or unfit.errors) from None
        result = execute_sync(
            self._schema,
            checked.document,
            context_value=asking,
            variable_values=variables,
            operation_name=request.operation,
        )
        return reply_members(result, native)


def reply_members(result: ExecutionResult, native: Native) -> Mapping[str, Any]:
    """The members of a reply; raises what a query raised, if that is a fault of ours."""
    errors = [worded(error, native) for error in result.errors or ()]
    return {"data": result.data, **({"errors": [error.formatted for error in errors]} if errors else {})}


def worded(error: GraphQLError, native: Native) -> GraphQLError:
    """The error of a query in our own words."""
    cause = error.original_error
    if isinstance(cause, Problem):
        native.count(cause)
        return GraphQLError(cause.detail, error.nodes, path=error.path, extensions=extensions(cause, native.request_id))
    if cause is not None and not isinstance(cause, GraphQLError):
        raise cause
    return GraphQLError(VALUE, error.nodes, path=error.path, extensions=told("type", VALUE).extensions)


def negotiated(accept: str | None) -> str:
    """GraphQL's own media type where the caller names it, plain JSON where it takes anything."""
    is_named = accept is not None and RESPONSE in accept.lower()
    return preferred(accept, (RESPONSE, JSON) if is_named else (JSON, RESPONSE))


def rendered(members: Mapping[str, Any], status: HTTPStatus, media_type: str) -> Reply:
    """The reply with these members."""
    body = json.dumps(members, separators=(",", ":"), allow_nan=False).encode()
    return Reply(status, body, f"{media_type}; charset=utf-8", VARY)

"""Gives a protocol the path of its own OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from twinserve.service.documents.openapi import OF_PROTOCOLS
from twinserve.service.documents.protocol import Description, protocol_openapi
from twinserve.service.http.reply import Reply, json_reply
from twinserve.service.http.routes import READ, Route
from twinserve.service.protocols.dialect import Asked, Dialect, Served
from twinserve.service.settings import Settings

Describe = Callable[[Settings], Description]


def documented(dialect: Dialect, title: str, describe: Describe) -> Dialect:
    """The dialect with `GET /openapi/NAME.json`, which has a document of its own, as a client that is generated from
    our own would suffer: its methods would be doubled, and their types are those of any model."""
    name, path = f"{dialect.name}_openapi", f"{OF_PROTOCOLS}{dialect.name}.json"
    route = Route(name, path, READ, "read", f"{title}: the OpenAPI document", is_general=True)

    def read(service: Served, _: Asked) -> Reply:
        description = describe(service.settings)
        owners = {owned.path: owned.name for owned in service.routes}
        # Not of paths that another protocol took over; what two speak alike is described alike.
        own = [one for one in dialect.routes if owners.get(one.path) in description.operations]
        return json_reply(protocol_openapi(description, own, dialect.refuse, service.settings))

    return replace(dialect, routes=(*dialect.routes, route), reads={**dialect.reads, name: read})

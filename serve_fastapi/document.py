"""The contract's paths in the OpenAPI document of an app that includes the router."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Response, Security
from fastapi.params import Depends
from fastapi.security import APIKeyHeader, HTTPBearer, OpenIdConnect

from twinserve.service.auth.fetch import DISCOVERY
from twinserve.service.http.problem import Problem
from twinserve.service.http.routes import Route
from twinserve.service.service import Service
from twinserve.service.settings import Settings


def described(service: Service, route: Route) -> dict[str, Any]:
    """How a route's path operation describes itself: the same as in the service's own document.

    The types of the model stand in each place that has them, as no path operation can name components. What a model
    that takes its place later may add (wider ranges in annotations) is in the service's own document alone.
    """
    given: dict[str, Any] = {"summary": route.summary, "response_class": Response}
    if not service.settings.is_open(route):
        given["dependencies"] = ways_to_show_who_one_is(service.settings, route)
    try:
        document = json.loads(service.openapi("/").body)
    except Problem:  # No model yet, so nothing is known of it.
        return given
    if route.path not in document["paths"]:  # Another protocol's.
        return given
    operation = document["paths"][route.path][route.methods[0].lower()]
    own = {key: operation[key] for key in ("requestBody", "responses") if key in operation}
    return given | {"openapi_extra": resolved(own, document)}


def resolved(node: Any, document: Mapping[str, Any]) -> Any:
    """A part of a document without references: each is exchanged for what it refers to."""
    if isinstance(node, list):
        return [resolved(item, document) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return resolved(found, document)
    return {key: resolved(value, document) for key, value in node.items()}


def ways_to_show_who_one_is(settings: Settings, route: Route) -> list[Depends]:
    """Dependencies that only document: the service itself looks at credentials. Each is one that suffices."""
    schemes: list[HTTPBearer | APIKeyHeader | OpenIdConnect] = [
        HTTPBearer(scheme_name="twinserve-bearer", auto_error=False)
    ]
    if settings.auth == "keys":
        schemes.append(APIKeyHeader(name="X-API-Key", scheme_name="twinserve-key", auto_error=False))
    elif settings.issuer is not None:
        url = settings.issuer.rstrip("/") + DISCOVERY
        schemes.append(OpenIdConnect(openIdConnectUrl=url, scheme_name="twinserve-issuer", auto_error=False))
    scopes = [route.scope] if settings.auth == "oauth" and route.scope else []
    return [Security(scheme, scopes=scopes) for scheme in schemes]

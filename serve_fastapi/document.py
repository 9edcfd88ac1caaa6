"""Describes the routes in the OpenAPI document of an app that includes the router."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from fastapi import Response, Security
from fastapi.params import Depends
from fastapi.security import APIKeyHeader, HTTPBearer, OpenIdConnect

from twinserve.service.auth.fetch import DISCOVERY
from twinserve.service.http.problem import Problem
from twinserve.service.http.routes import Route
from twinserve.service.protocols.native import NATIVE
from twinserve.service.service import Service
from twinserve.service.settings import Settings


def described(service: Service, route: Route) -> dict[str, Any]:
    """The arguments that describe a route's path operation as the service's own document describes it: one of a dialect
    not at all, so that a client that is made from the app's document has no methods for it.

    Schemas are repeated in full, because a path operation cannot refer to components. Changes by a later version (wider
    ranges in annotations) appear only in the service's own document.
    """
    arguments: dict[str, Any] = {"summary": route.summary, "response_class": Response}
    if service.dialect_of(route) is not NATIVE:
        return arguments | {"include_in_schema": False}
    if not service.settings.is_open(route):
        arguments["dependencies"] = documented_security(service.settings, route)
    try:
        document = json.loads(service.models.current().openapi(service.routes).body)
    except Problem:  # No version is open yet.
        return arguments
    if route.path not in document["paths"]:
        return arguments
    operation = document["paths"][route.path][route.methods[0].lower()]
    own = {key: operation[key] for key in ("parameters", "requestBody", "responses") if key in operation}
    return arguments | {"openapi_extra": resolved(own, document)}


def resolved(node: Any, document: Mapping[str, Any]) -> Any:
    """A part of a document with each `$ref` replaced by what it refers to."""
    if isinstance(node, list):
        return [resolved(item, document) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        return resolved(_target(node["$ref"], document), document)
    return {key: resolved(value, document) for key, value in node.items()}


def _target(reference: str, document: Mapping[str, Any]) -> Any:
    """What a reference within a document refers to: a JSON Pointer (RFC 6901) in a fragment."""
    target: Any = document
    for part in unquote(reference.removeprefix("#/")).split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        target = target[int(key)] if isinstance(target, list) else target[key]
    return target


def documented_security(settings: Settings, route: Route) -> list[Depends]:
    """Dependencies that document the security schemes, any of which suffices; the service checks the credentials."""
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

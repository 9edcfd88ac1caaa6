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


class OwnDocument:
    """The service's own document, read once for all routes: for each route anew it took 16 of a router's 27 ms."""

    def __init__(self, service: Service) -> None:
        try:
            self._content = json.loads(service.models.current().openapi(service.routes).body)
        except Problem:  # No version is open yet.
            self._content = {"paths": {}}
        self._targets: dict[str, Any] = {}

    def operation(self, route: Route) -> Mapping[str, Any]:
        """What it says of a route, without references; empty where it says nothing."""
        operation = self._content["paths"].get(route.path, {}).get(route.methods[0].lower(), {})
        own = {key: operation[key] for key in ("parameters", "requestBody", "responses") if key in operation}
        return {key: self._resolved(value) for key, value in own.items()}

    def _resolved(self, node: Any) -> Any:
        """A part of the document with each `$ref` replaced by what it refers to."""
        if isinstance(node, list):
            return [self._resolved(item) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(reference := node.get("$ref"), str):
            if reference not in self._targets:
                self._targets[reference] = self._resolved(_target(reference, self._content))
            return self._targets[reference]
        return {key: self._resolved(value) for key, value in node.items()}


def described(service: Service, route: Route, document: OwnDocument) -> dict[str, Any]:
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
    operation = document.operation(route)
    return arguments | {"openapi_extra": operation} if operation else arguments


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

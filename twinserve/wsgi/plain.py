"""What a door's own app answers without its framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinserve.service.http.paths import Plain
from twinserve.service.service import Service
from twinserve.wsgi.answers import PLAIN
from twinserve.wsgi.environ_keys import PARAMETERS
from twinserve.wsgi.raw_endpoint import Endpoint

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


def plain(service: Service) -> Plain[WSGIApplication]:
    """The endpoints of a service."""
    routes = [route for route in service.routes if route.kind in PLAIN]
    return Plain(routes, lambda route: Endpoint(service, route.name, PLAIN[route.kind]))


def plain_endpoint(endpoints: Plain[WSGIApplication], environ: WSGIEnvironment) -> WSGIApplication | None:
    """The one of a request, which finds the parameters of its path in the environ."""
    found = endpoints.find(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
    if found is None:
        return None
    endpoint, values = found
    if values:
        environ[PARAMETERS] = values
    return endpoint

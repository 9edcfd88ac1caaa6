"""The credential that a request carries, and whether a page must ask a person for one."""

from __future__ import annotations

from twinserve.service.http.accept import prefers_page
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.routes import Route
from twinserve.service.settings import Settings


def sent_credential(settings: Settings, header: HeaderLookup) -> str | None:
    """The credential that the caller sent, None if it sent none. Authorization takes precedence over X-API-Key."""
    given = header("authorization")
    if given:
        scheme, _, credential = given.partition(" ")
        return credential.strip(" ") if scheme.lower() == "bearer" else ""
    return header("x-api-key") or None if settings.auth == "keys" else None


def is_page(route: Route, header: HeaderLookup) -> bool:
    """Does this request get the page of the path?"""
    return route.page is not None and prefers_page(header("accept"))


def must_ask(settings: Settings, route: Route, header: HeaderLookup) -> bool:
    """Must the page ask for credentials, since it requires some and the browser sent none?"""
    is_open = settings.is_open(route, page=True)
    return not is_open and is_page(route, header) and sent_credential(settings, header) is None

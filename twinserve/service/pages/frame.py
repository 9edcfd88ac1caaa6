"""`Frame`: what the frame of a page shows of the service and the model; the pages themselves, ready to be sent."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple, Protocol

from twinserve.service.http.cacheable import CacheableDocument
from twinserve.service.http.routes import Route
from twinserve.service.pages.form import Form
from twinserve.service.pages.rendering import SHELLS, KeptPages, document
from twinserve.service.settings import Settings
from twinserve.store.manifest import Manifest


class Shown(Protocol):
    """The part of a version of a model that pages show."""

    model: str
    version: str
    pages: KeptPages
    """Its pages; they end with it."""

    @property
    def manifest(self) -> Manifest:
        """What the version says of itself."""

    @property
    def form(self) -> Form:
        """The form of the page."""

    @property
    def card(self) -> Mapping[str, bytes]:
        """The Markdown of the model card and its figures, by the names of their files."""


class Frame(NamedTuple):
    """What stands around every page, also around that which asks for credentials, so nothing that needs a scope."""

    page: str
    """The name of the page, which is that of its texts."""
    asks: str
    """What callers sign in with: nothing, `key`, `client`, or `token`."""
    model: str | None = None
    """None on a page that asks for credentials, or as long as no model is loaded."""
    version: str | None = None
    created: str | None = None
    """When the version was trained."""
    root: str = ""
    """The way to the service's own path, relative to the page's."""
    has_docs: bool = True
    """Can a browser open /docs? Credentials in the memory of a page do not go along with a link to another document."""

    @classmethod
    def of(cls, page: str, settings: Settings, version: Shown | None, root: str = "") -> Frame:
        """The frame of a page."""
        has_docs = all(settings.is_open(route) for route in settings.routes if route.name == "docs")
        if version is None:
            return cls(page, asks(settings), root=root, has_docs=has_docs)
        created = version.manifest.training.created
        return cls(page, asks(settings), version.model, version.version, created, root, has_docs)


def root_of(route: Route) -> str:
    """The way from a path to the service's own: `../../` from `/models/{name}/card`."""
    return "../" * (route.path.count("/") - 1)


def asks(settings: Settings) -> str:
    """What callers sign in with."""
    if settings.auth == "keys":
        return "key"
    if settings.auth == "oauth":
        return "client" if settings.issues_tokens else "token"
    return ""


def shell(page: str, settings: Settings, root: str = "") -> CacheableDocument:
    """The page that asks for credentials in place of the one of this name; it shows nothing of the model."""
    frame = Frame.of(page, settings, None, root)
    return SHELLS.get(frame, lambda: document("sign_in.html", frame=frame))


def kept(template: str, frame: Frame, version: Shown, key: Hashable = None, **context: Any) -> CacheableDocument:
    """A page that is rendered once; `key` is all that it depends on beside its frame and the version."""
    return version.pages.get((template, frame, key), lambda: document(template, frame=frame, **context))

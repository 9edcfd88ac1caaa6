"""`PublishedVersion`: what one version of a model publishes of itself: schema, OpenAPI document, card, page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from twinserve.service.documents.description import describe
from twinserve.service.documents.openapi import OF_A_MODEL, openapi
from twinserve.service.http.reply import Reply, json_reply
from twinserve.service.http.routes import Route
from twinserve.service.pages.form import Form
from twinserve.service.pages.rendering import KeptPages
from twinserve.service.settings import Settings
from twinserve.signature import json_schema
from twinserve.store.artifact import LoadedArtifact
from twinserve.store.examples import Example
from twinserve.store.manifest import Manifest
from twinserve.store.shown_examples import shown_examples

SCHEMA_JSON: Final = "application/schema+json"


class PublishedVersion:
    """One version of a model, as far as it describes itself; each document is made when it is first asked for."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings) -> None:
        self.model, self.version = artifact.manifest.name, version
        self.created = datetime.fromisoformat(artifact.manifest.training.created)
        self.description = json_reply(describe(artifact, version))
        self.pages = KeptPages()
        self._artifact, self._settings = artifact, settings
        self._documents: dict[tuple[Route, ...], Reply] = {}

    @property
    def manifest(self) -> Manifest:
        """What the artifact says of itself."""
        return self._artifact.manifest

    @property
    def card(self) -> Mapping[str, bytes]:
        """The Markdown of the model card and its figures, by the names of their files."""
        return self._artifact.card

    @cached_property
    def examples(self) -> Sequence[Example]:
        """The examples that documents show."""
        return shown_examples(self._artifact.examples, self._artifact.signature)

    def _schema_document(self, *, flat: bool) -> dict[str, Any]:
        instances, policy = [example.instance for example in self.examples], self._settings.out_of_range
        return json_schema(self._artifact.signature, out_of_range=policy, examples=instances, flat=flat)

    @cached_property
    def schema(self) -> Reply:
        """`GET /schema`."""
        return json_reply(self._schema_document(flat=True), SCHEMA_JSON)

    @cached_property
    def form(self) -> Form:
        """The form of the page, made when it is first asked for."""
        return Form(self._artifact.signature, self._artifact.examples, self._artifact.manifest.target)

    def openapi(self, routes: tuple[Route, ...]) -> Reply:
        """The OpenAPI document of a service with these routes."""
        if routes not in self._documents:
            self._documents[routes] = json_reply(self._openapi(routes, "."))
        return self._documents[routes]

    @cached_property
    def own_openapi(self) -> Reply:
        """The OpenAPI document of the paths of this model alone, whose URLs are relative to `/models/{name}/`."""
        routes = [route for route in self._settings.routes if route.name in OF_A_MODEL]
        return json_reply(self._openapi(routes, "../.."))

    def _openapi(self, routes: Sequence[Route], root: str) -> dict[str, Any]:
        instance, facts = self._schema_document(flat=False), self._artifact.manifest
        return openapi(instance, facts, self._settings, self.examples, routes=routes, root=root)

"""The tags of operations, by which pages group them and generated clients have their modules or classes."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, Final

from twinserve.service.http.routes import HEALTH, TOKEN, Route

Document = dict[str, Any]
TAGS: Final[Mapping[str, str]] = {
    "predictions": "What a model predicts, and why.",
    "models": "What is known of the models.",
    "operations": "Health and metrics.",
    "credentials": "Tokens for clients.",
}


def tags(used: Container[str]) -> list[Document]:
    """Those that a document uses, described."""
    return [{"name": name, "description": about} for name, about in TAGS.items() if name in used]


def tag_of(route: Route) -> str:
    """The tag of a route's operations."""
    if route.kind in ("predict", "form"):
        return "predictions"
    if route.is_probe or route.name in HEALTH or route.scope == "manage":
        return "operations"
    return "credentials" if route is TOKEN else "models"

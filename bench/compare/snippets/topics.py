"""The tasks of the snippets, and their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

FRAMEWORKS: Final = ("flask", "fastapi", "django")
TOPICS: Final[Mapping[str, str]] = {
    "dependencies": "the model is given to the endpoint, and a test gives another one",
    "openapi": "an OpenAPI document that names the body's fields",
    "oauth": "only callers with a valid OAuth 2.0 bearer token (a JWT) are answered",
    "testing": "a test of an endpoint",
    "background": "work that is done after the answer",
}


def file_of(topic: str, framework: str) -> Path:
    """The file of a snippet."""
    return Path(__file__).parent / f"{topic}_{framework}.py"

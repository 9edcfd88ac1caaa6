"""The page of the OpenAPI document: self-contained, with script and style inline."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from twinserve.service.http.cacheable import CacheableDocument
from twinserve.service.pages.rendering import HTML

HERE = Path(__file__).parent


@cache
def docs() -> CacheableDocument:
    """Swagger UI for the service's OpenAPI document."""
    style = (HERE / "vendor" / "swagger-ui.css").read_text(encoding="utf-8")
    script = (HERE / "vendor" / "swagger-ui-bundle.js").read_text(encoding="utf-8")
    start = (HERE / "docs.js").read_text(encoding="utf-8")
    page = (HERE / "docs.html").read_text(encoding="utf-8")
    body = page.replace("{style}", style).replace("{start}", start).replace("{script}", script)
    policy = (
        f"default-src 'none'; script-src {_source(script)} {_source(start)}; style-src 'unsafe-inline'; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return CacheableDocument(body.encode(), HTML, (("Content-Security-Policy", policy),))


def _source(script: str) -> str:
    """The source expression that allows this inline script in a Content-Security-Policy: its SHA-256 digest."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"

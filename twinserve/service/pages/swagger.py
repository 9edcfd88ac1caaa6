"""The page of the OpenAPI document: self-contained, with script and style inline."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from twinserve.service.http.cacheable import CacheableDocument
from twinserve.service.pages.rendering import HTML
from twinserve.service.pages.texts import texts

HERE: Final = Path(__file__).parent
LINKS: Final = {"try": "./", "card": "card", "live": "live"}


@cache
def docs(*, has_pages: bool) -> CacheableDocument:
    """Swagger UI for the service's OpenAPI document, with links to the other pages where there are any."""
    style = (HERE / "vendor" / "swagger-ui.css").read_text(encoding="utf-8")
    script = (HERE / "vendor" / "swagger-ui-bundle.js").read_text(encoding="utf-8")
    start = (HERE / "docs.js").read_text(encoding="utf-8")
    page = (HERE / "docs.html").read_text(encoding="utf-8")
    page = page.replace("{links}", _links() if has_pages else "")
    body = page.replace("{style}", style).replace("{start}", start).replace("{script}", script)
    policy = (
        f"default-src 'none'; script-src {_source(script)} {_source(start)}; style-src 'unsafe-inline'; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return CacheableDocument(body.encode(), HTML, (("Content-Security-Policy", policy),))


def _links() -> str:
    frame = texts()["frame"]
    links = "".join(f'<a href="{target}">{escape(frame[name])}</a>' for name, target in LINKS.items())
    return f'<nav aria-label="{escape(frame["navigation"])}">{links}</nav>'


def _source(script: str) -> str:
    """The source expression that allows this inline script in a Content-Security-Policy: its SHA-256 digest."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"

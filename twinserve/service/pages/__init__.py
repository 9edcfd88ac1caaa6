"""Pages for people. Each is one self-contained document: no request leaves the machine, none is needed for an asset."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path

from twinserve.service.http.reply import Reply

HTML = "text/html; charset=utf-8"
HERE = Path(__file__).parent


@cache
def docs() -> Reply:
    """Swagger UI over the service's own OpenAPI document; its script and style are part of the page."""
    style = (HERE / "vendor" / "swagger-ui.css").read_text(encoding="utf-8")
    script = (HERE / "vendor" / "swagger-ui-bundle.js").read_text(encoding="utf-8")
    start = (HERE / "docs.js").read_text(encoding="utf-8")
    page = (HERE / "docs.html").read_text(encoding="utf-8")
    body = page.replace("{style}", style).replace("{start}", start).replace("{script}", script)
    policy = (
        f"default-src 'none'; script-src {_source(script)} {_source(start)}; style-src 'unsafe-inline'; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = (("Content-Security-Policy", policy), ("Cache-Control", "no-cache"))
    return Reply(HTTPStatus.OK, body.encode(), HTML, headers)


def _source(script: str) -> str:
    """What a Content-Security-Policy calls an inline script: its digest."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"

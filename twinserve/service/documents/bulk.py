"""The bodies and answers of many rows in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from twinserve.bulk.forms import READ
from twinserve.service.http.routes import BULK, Route

LINES: Final[dict[str, Any]] = {"schema": {"type": "string", "description": "A JSON object on each line."}}
CSV: Final[dict[str, Any]] = {
    "schema": {"type": "string", "description": "A header of dotted names, then a row on each line (RFC 4180)."}
}
CONTENTS: Final = {"ndjson": LINES, "csv": CSV, "arrow": {}, "parquet": {}}
"""OpenAPI says nothing of the inside of bytes."""


def bulk_contents(route: Route) -> dict[str, Any]:
    """What a path takes and gives by media type, besides JSON."""
    return {media_type: CONTENTS[form] for media_type, form in READ.items()} if route.name in BULK else {}

"""A number as JSON writes it (RFC 8259 section 6), wherever a text may be one: cells of CSV, query parameters."""

from __future__ import annotations

from typing import Final

JSON_NUMBER: Final = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"
"""A regular expression, of Python's as of RE2's kind, for the whole text."""

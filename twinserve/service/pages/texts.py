"""Every text of the pages, from one file, so that they can be translated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("texts.json")

Texts = Mapping[str, Mapping[str, str]]


@cache
def texts() -> Texts:
    """The texts of each page by their names; `{...}` in a text is filled in."""
    content: Texts = json.loads(FILE.read_text(encoding="utf-8"))
    return content

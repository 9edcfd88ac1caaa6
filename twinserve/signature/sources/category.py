"""`Category`: the type of a text field that has few different values, of which the training table tells the list."""

from __future__ import annotations

from typing import Annotated


class OpenVocabulary:
    """Marks a text as a category that may have other values than training saw; a `Literal` allows no others."""


Category = Annotated[str, OpenVocabulary()]

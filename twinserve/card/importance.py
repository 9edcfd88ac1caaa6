"""What a model card says of the importance of the fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from twinserve.card.document import heading, paragraph, table
from twinserve.store.manifest import Manifest

MOST: Final = 20
"""Fields in the table; the manifest has all that were measured."""


def importance(version: Manifest) -> Iterator[str]:
    """The section; nothing of a version without figures."""
    facts = version.importances
    if facts is None or not facts.features:
        return
    yield heading("Which fields matter")
    yield paragraph(facts.sentence)
    rows = [(one.feature, f"{one.mean:.4g}", f"{one.spread:.2g}") for one in facts.features[:MOST]]
    yield table(("field", f"loss in {version.metric}", "standard deviation"), rows)

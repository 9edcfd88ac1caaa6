"""What a model card says of intervals and sets: how they are made, and what they achieve on other rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from twinserve.card.document import heading, paragraph, table
from twinserve.store.evaluation_facts import Achieved, CoverageMeasured
from twinserve.store.manifest import Manifest

DECISIVE: Final = 0.9
"""The coverage that is shown by class."""
MOST_CLASSES: Final = 12
"""Classes that are listed, those with the least coverage."""


def coverage(version: Manifest) -> Iterator[str]:
    """The section; nothing of a version that was made without."""
    facts = version.coverage
    if facts is None:
        return
    yield heading("How sure an answer is")
    yield paragraph(facts.reason)
    if facts.method == "none":
        return
    yield paragraph(
        f"Calibrated on {facts.rows} held-out rows, which support a coverage of at most {facts.largest:g}. Measured on "
        "repeated halves of them: one half calibrates, the other is asked. In brackets: 95 % of the halves."
    )
    if not facts.measured:
        yield paragraph("There are too few rows to measure it on halves.")
        return
    size = "labels in a set" if version.classes else "width of an interval"
    rows = [(f"{one.coverage:g}", _told(one.achieved), f"{one.size:.4g}") for one in facts.measured]
    yield table(("coverage asked for", "measured", f"mean {size}"), rows)
    yield from (_by_class(one) for one in facts.measured if one.by_class and one.coverage == DECISIVE)


def _by_class(one: CoverageMeasured) -> str:
    ordered = sorted(one.by_class.items(), key=lambda pair: pair[1].share)[:MOST_CLASSES]
    names = [label for label in one.by_class if label in dict(ordered)]
    rows = [(label, _told(one.by_class[label])) for label in names]
    return table(("class", f"measured, {one.coverage:g} asked for"), rows)


def _told(achieved: Achieved) -> str:
    return f"{achieved.share:.3f} ({achieved.low:.3f} to {achieved.high:.3f})"

"""A type that the person who trains names for a column, whatever its values look like."""

from __future__ import annotations

from dataclasses import dataclass

from twinserve.signature.signature import FeatureType


@dataclass(frozen=True)
class GivenType:
    """A type that was named, and for dates the format in which the table has them."""

    type: FeatureType
    """A category, a number, a string (free text) or a date; dates with times become a datetime."""
    format: str | None = None
    """As `strptime` takes it; None: as in RFC 3339."""
    decimal_comma: bool = False
    """Is a comma in a number of this table its decimal point?"""

    def __str__(self) -> str:
        """Its name in a sentence."""
        return {FeatureType.STRING: "text"}.get(self.type, str(self.type))

"""Dates as numbers, which columns hold, and as texts, which callers write: days and seconds since 1970, UTC."""

from __future__ import annotations

import datetime
from typing import Final

from model.signature.feature import Feature, FeatureType

EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def date_text(days: float) -> str:
    """A column's days as a caller writes them."""
    return (EPOCH + datetime.timedelta(days=days)).date().isoformat()


def datetime_text(seconds: float) -> str:
    """A column's seconds as a caller writes them, in UTC."""
    return (EPOCH + datetime.timedelta(seconds=seconds)).isoformat()


def seen_bounds(feature: Feature) -> tuple[float | str | None, float | str | None]:
    """The least and the greatest value that training saw, as a caller writes them; None where it saw none."""
    low, high = (_written(feature.type, bound) for bound in (feature.seen.minimum, feature.seen.maximum))
    return low, high


def _written(kind: FeatureType, bound: float | None) -> float | str | None:
    if bound is None:
        return None
    match kind:
        case FeatureType.DATE:
            return date_text(bound)
        case FeatureType.DATETIME:
            return datetime_text(bound)
        case _:
            return bound

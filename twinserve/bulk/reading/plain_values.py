"""Values of tables that know more types than JSON, as JSON has them."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any

from twinserve.signature import Feature, FeatureType


def as_json(value: Any, feature: Feature) -> Any:
    """A cell as JSON has it: what is no number is null, dates are texts."""
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, datetime.datetime):
        instant = value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value.astimezone(datetime.UTC)
        return instant.isoformat()
    if isinstance(value, datetime.date):
        return f"{value.isoformat()}T00:00:00Z" if feature.type is FeatureType.DATETIME else value.isoformat()
    return float(value) if isinstance(value, decimal.Decimal) else value

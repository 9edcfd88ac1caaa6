"""The hold-out: which rows are held out is decided by a hash of each row's content."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from twinserve.arrays import BoolArray
from twinserve.signature import Columns, Feature, FeatureType, Signature, to_instances
from twinserve.signature.frames import SECONDS_PER_DAY

HOLDOUT_FRACTION: Final = 0.2


def holdout_mask(columns: Columns, signature: Signature) -> BoolArray:
    """The rows that are held out, `[n]`: those whose content has a hash below `HOLDOUT_FRACTION`.

    So a row is on the same side in every training, whatever the seed and whatever rows are added: even where these turn
    an integer into a number or a date into a datetime, add a field that is null in this row, or change the order of the
    columns."""
    ordered = sorted(enumerate(signature.features), key=lambda placed: str(placed[1].path))
    paths = [feature.path for _, feature in ordered]
    rows = zip(*(_contents(columns, place, feature) for place, feature in ordered), strict=True)
    fractions = [
        _hash([(path, value) for path, value in zip(paths, row, strict=True) if value is not None]) for row in rows
    ]
    return np.array(fractions) < HOLDOUT_FRACTION


def _contents(columns: Columns, place: int, feature: Feature) -> Sequence[float | str | None]:
    """A column's values, the same whether its type is integer or number, date or datetime."""
    if feature.type is FeatureType.STRING:
        return columns.texts[place]
    known, values = feature.vocabulary, columns.matrix[:, place] + 0.0  # No -0.
    if feature.type is FeatureType.DATE:
        values = values * SECONDS_PER_DAY
    contents = [None if math.isnan(value) else value for value in values.tolist()]
    if feature.type is not FeatureType.CATEGORY:
        return contents
    return [
        None if code is None else known[int(code)] if code >= 0 else columns.unseen[row, place]
        for row, code in enumerate(contents)
    ]


def _hash(content: object) -> float:
    """A row's content as a number in [0, 1)."""
    digest = hashlib.blake2b(repr(content).encode(), digest_size=8).digest()
    return float(int.from_bytes(digest, "big") / 2**64)


def fingerprint(columns: Columns, signature: Signature, target: Sequence[object]) -> str:
    """SHA-256 over the content of all rows, in their order."""
    whole = hashlib.sha256()
    for instance, value in zip(to_instances(columns, signature), target, strict=True):
        whole.update(repr((instance, value)).encode())
    return whole.hexdigest()

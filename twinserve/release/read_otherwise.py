"""Columns that a new version reads otherwise than the champion, so that the same rows are not the same to both."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pandas as pd

from twinserve.signature import Feature, Signature
from twinserve.signature.signature import TEMPORAL, TEXTUAL, FeatureType
from twinserve.signature.sources.type_inference import plain_text

OPTIONS: Final[Mapping[FeatureType, str]] = {
    FeatureType.CATEGORY: "--category",
    FeatureType.NUMBER: "--number",
    FeatureType.INTEGER: "--number",
    FeatureType.STRING: "--text",
    FeatureType.DATE: "--date",
    FeatureType.DATETIME: "--date",
}
"""By the champion's type: the option that reads the column as before."""


def not_known_again(old: Signature, new: Signature) -> str | None:
    """Why rows that are equal in the table have other contents, and what to do; None where they have not.

    One version has texts as they are and the other one read them, such as `NA` or `$1,200`."""
    differing = next((pair for pair in _shared(old, new) if _differ(*pair)), None)
    return None if differing is None else _sentence(*differing, "so its rows are not known again and not compared")


def of_another_type(old: Signature, new: Signature) -> str | None:
    """Why the champion cannot be asked about rows as the new version reads them, and what to do."""
    differing = next((pair for pair in _shared(old, new) if _group(pair[0]) != _group(pair[1])), None)
    return None if differing is None else _sentence(*differing, "so the champion cannot be asked about these rows")


def as_before(old: Signature, new: Signature, name: str) -> str:
    """What to do where this column is of another kind than before; empty where it is not."""
    pairs = [pair for pair in _shared(old, new) if pair[0].name == name and _group(pair[0]) != _group(pair[1])]
    return "".join(f"; {_cure(was)} reads it as before" for was, _ in pairs)


def as_champion_reads(frame: pd.DataFrame, old: Signature, new: Signature) -> pd.DataFrame:
    """Rows of the new version, where numbers are the texts that the champion knows as categories: `1`, not `1.0`."""
    texts = [was.name for was, now in _shared(old, new) if was.type in TEXTUAL and _group(now) == "number"]
    text: Callable[[Any], Any] = lambda value: None if pd.isna(value) else plain_text(value)  # noqa: E731  # It has a type.
    return frame.assign(**{name: frame[name].map(text).astype(object) for name in texts})


def _shared(old: Signature, new: Signature) -> Iterator[tuple[Feature, Feature]]:
    after = {feature.name: feature for feature in new.features}
    return ((was, after[was.name]) for was in old.features if was.name in after)


def _group(feature: Feature) -> str:
    return "text" if feature.type in TEXTUAL else "date" if feature.type in TEMPORAL else "number"


def _differ(was: Feature, now: Feature) -> bool:
    if (was.type in TEXTUAL) != (now.type in TEXTUAL):
        return was.notation is not None or now.notation is not None
    return _null_word(was, now) or _null_word(now, was)


def _null_word(one: Feature, other: Feature) -> bool:
    """Does one version read a text as null that is a category of the other one?"""
    if one.notation is None or one.type not in TEXTUAL:
        return False
    return not set(one.notation.nulls).isdisjoint(other.vocabulary)


def _sentence(was: Feature, now: Feature, therefore: str) -> str:
    if _group(was) == _group(now):
        how, cure = "has other texts as null than for the champion", "the same --null-values"
    else:
        how = f"was a {was.type} for the champion and is a {now.type} now"
        cure = _cure(was)
    return f"{was.name!r} {how}, {therefore}; {cure} reads it as before"


def _cure(was: Feature) -> str:
    option = OPTIONS.get(was.type)
    return "the table written as before" if option is None else f"{option} {shlex.quote(was.name)}"

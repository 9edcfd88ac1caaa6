"""Which form a caller prefers and which coding it takes, by `Accept` and `Accept-Encoding` (RFC 9110 section 12.5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

RANGE: Final = re.compile(r"\s*([\w!#$&^.+*-]+)/([\w!#$&^.+*-]+)\s*((?:;[^;,]*)*)")
QUALITY: Final = re.compile(r";\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE)
HTML: Final = "text/html"
MARKDOWN: Final = "text/markdown"
LONGEST: Final = 1_000
"""Characters of a header that are looked at."""


@lru_cache(maxsize=256)
def preferred(accept: str | None, offered: Sequence[str]) -> str:
    """The media type among those offered that the caller likes best; of equals the first one, which it also is where
    the caller says nothing, nothing that can be read, or accepts none of them."""
    ranges = [match for part in (accept or "")[:LONGEST].split(",") if (match := RANGE.fullmatch(part))]
    qualities = [_quality(media_type, ranges) for media_type in offered]
    best = max(qualities, default=0.0)
    return offered[qualities.index(best)] if best > 0 else offered[0]


def named(accept: str | None, offered: Sequence[str], default: str) -> str:
    """The media type among those offered that the caller names, and likes at least as much as the default one; the
    default where it names none, or the default as well and likes it as much."""
    ranges = [match for part in (accept or "")[:LONGEST].split(",") if (match := RANGE.fullmatch(part))]
    names = {f"{match[1]}/{match[2]}".lower() for match in ranges}
    known = [media_type for media_type in offered if media_type in names]
    qualities = [_quality(media_type, ranges) for media_type in known]
    best, usual = max(qualities, default=0.0), _quality(default, ranges)
    is_wanted = best > usual or (best == usual > 0 and default not in names)
    return known[qualities.index(best)] if is_wanted else default


def prefers_page(accept: str | None) -> bool:
    """Would a person read the answer? A program says nothing, takes anything, or prefers another form."""
    return accept is not None and preferred(accept, ("application/json", MARKDOWN, HTML)) == HTML


def _quality(media_type: str, ranges: Sequence[re.Match[str]]) -> float:
    """How much a type is liked: by the most specific range that it is in, 0 where it is in none."""
    kind, _, subtype = media_type.partition("/")
    best = (-1, 0.0)
    for match in ranges:
        wanted = (match[1].lower(), match[2].lower())
        if wanted not in ((kind, subtype), (kind, "*"), ("*", "*")):
            continue
        weight = QUALITY.search(match[3])
        best = max(best, (2 - wanted.count("*"), float(weight[1]) if weight else 1.0), key=lambda pair: pair[0])
    return best[1]


@lru_cache(maxsize=256)
def takes_coding(accepted: str | None, coding: str) -> bool:
    """Does the caller take this content coding? Not where it says nothing: it may have no decoder."""
    weights: dict[str, bool] = {}
    for part in (accepted or "")[:LONGEST].lower().split(","):
        name, _, parameter = part.partition(";")
        weight = QUALITY.match(f";{parameter}") if parameter else None
        weights[name.strip(" \t")] = float(weight[1]) > 0 if weight else not parameter.strip(" \t")
    return weights.get(coding, weights.get("*", False))

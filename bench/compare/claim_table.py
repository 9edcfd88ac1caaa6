"""The article's claims, one by one: what it says, what was found, since when, and the command that shows it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bench.compare.judging import RIGHT
from bench.compare.results import Comparison
from bench.compare.sections import found_of, ratio
from bench.compare.variants import ALL, PRODUCTION
from bench.markdown import NOTHING, number, table, times

CLAIMS: Final[list[dict[str, str]]] = tomllib.loads(Path(__file__).with_name("claims.toml").read_text())["claim"]
CHECK: Final = "`.venv-compare/bin/python -m bench.compare.claims {}`"


def render(comparison: Comparison) -> Iterator[str]:
    """The table."""
    values = figures(comparison)
    rows = [
        [claim["topic"], claim["says"], _found(comparison, claim, values), claim["since"], _command(claim)]
        for claim in CLAIMS
    ]
    yield table(["", "the claim", "what was found", "since", "shown by"], rows, figures=False)


def _found(comparison: Comparison, claim: Mapping[str, str], values: Mapping[str, str]) -> str:
    said, checked = claim["found"].format_map(values), comparison.claims.get(claim.get("check", ""))
    return f"{said} The check says: {checked}." if checked else said


def _command(claim: Mapping[str, Any]) -> str:
    return CHECK.format(claim["check"]) if "check" in claim else claim.get("shown", "`make compare`")


def figures(comparison: Comparison) -> Mapping[str, str]:
    """The figures that the sentences name."""
    values: dict[str, str] = {}
    for one in ALL:
        values[f"right_{one.name}"] = _right(comparison, one.name)
        values[f"gain_{one.name}"] = _gain(comparison, one.name)
        values[f"found_{one.name}"] = found_of(comparison, one)
        size = comparison.sizes.get(one.name)
        values[f"lines_{one.name}"] = str(size.lines) if size else NOTHING
    for kind, name in (("quick", "fastapi_over_flask"), ("computing", "fastapi_over_flask_computing")):
        values[name] = times(ratio(comparison, "fastapi_def", "flask_plain", kind, 16))
    return values


def _right(comparison: Comparison, name: str) -> str:
    """How many of the bodies whose verdict is no choice."""
    judged = comparison.validation.get(name)
    if judged is None:
        return NOTHING
    counts = [judged.counts.get(verdict, {}) for verdict in ("valid", "invalid")]
    return f"{sum(found.get(RIGHT, 0) for found in counts)} of {sum(sum(found.values()) for found in counts)}"


def _gain(comparison: Comparison, name: str) -> str:
    """How many times the answers of one connection sixteen get, with the model that waits."""
    many, one = (comparison.throughput(name, PRODUCTION, "sleeping", load) for load in (16, 1))
    return f"{number(many.middle / one.middle)}x" if many and one else NOTHING

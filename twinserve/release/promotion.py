"""Promotion: a new version takes the champion's place if the gate lets it pass."""

from __future__ import annotations

from dataclasses import dataclass

from twinserve.errors import ModelError
from twinserve.release.gate import Challenge, Terms, Verdict, compare
from twinserve.store.artifact import LoadedArtifact, Trust, open_version
from twinserve.store.registry import Registry
from twinserve.training.data import Rows


@dataclass(frozen=True)
class Outcome:
    """The result of comparing a new version with the champion."""

    promoted: bool
    verdict: Verdict
    """Of the gate, whether it was followed or not."""
    champion: int | None
    """The version that serves now; None where there is none, or its file is damaged."""


def promote_if_not_worse(
    registry: Registry, version: int, holdout: Rows, terms: Terms, *, trust: Trust, promote: bool = True
) -> Outcome:
    """Compare a version with the champion on the hold-out, and promote it if it passes the gate.

    It replaces only the champion that it was compared with: where another training has promoted meanwhile, it is
    compared with the new champion, as often as that happens. `promote=False` compares and changes nothing.
    """
    try:
        challenger = open_version(registry.path(version), trust)
    except ModelError as error:  # `register` opened it with trust in pickles, so that trust is missing here.
        verdict = Verdict(passed=False, reason=f"A server would refuse it. {error} --trust-pickles promotes it.")
        return Outcome(promoted=False, verdict=verdict, champion=champion_if_known(registry))
    while True:
        pointer = registry.pointer()
        verdict = _verdict(registry, terms, trust, Challenge(challenger, holdout.columns, holdout.y_true))
        if not (promote and verdict.passed):
            return Outcome(promoted=False, verdict=verdict, champion=champion_if_known(registry))
        if registry.promote_after(pointer, version):
            return Outcome(promoted=True, verdict=verdict, champion=version)


def _verdict(registry: Registry, terms: Terms, trust: Trust, challenge: Challenge) -> Verdict:
    try:
        champion = _opened_champion(registry, trust)
    except ModelError as error:
        return Verdict(passed=True, reason=f"The champion cannot be opened to compare with: {error}")
    return compare(challenge, champion, terms)


def _opened_champion(registry: Registry, trust: Trust) -> LoadedArtifact | None:
    number = registry.champion()
    return None if number is None else open_version(registry.require(number), trust)


def champion_if_known(registry: Registry) -> int | None:
    """The number of the champion; None if there is none, or if its file is damaged."""
    try:
        return registry.champion()
    except ModelError:
        return None

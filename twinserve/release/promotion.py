"""A new version before the champion: it takes its place if the gate lets it pass."""

from __future__ import annotations

from dataclasses import dataclass

from twinserve.errors import ModelError
from twinserve.release.gate import Challenge, Terms, Verdict, judge
from twinserve.store.artifact import LoadedArtifact, Trust, open_version
from twinserve.store.registry import Registry
from twinserve.training.data import Rows


@dataclass(frozen=True)
class Outcome:
    """What became of the new version."""

    promoted: bool
    verdict: Verdict
    """What the gate said, whether it was followed or not."""
    champion: int | None
    """The version that serves now; None where there is none, or nobody knows which."""


@dataclass(frozen=True)
class Facing:
    """How a new version faces the champion."""

    terms: Terms
    seed: int
    trust: Trust
    promote: bool = True
    """Whether the gate is followed; it is asked in any case."""


def face(registry: Registry, version: int, holdout: Rows, facing: Facing) -> Outcome:
    """Compare on the hold-out, and promote what passes, in the place of the very champion that it was compared with.

    Where another training promoted meanwhile, the new champion is compared with, as often as that happens.
    """
    try:
        challenger = open_version(registry.path(version), facing.trust)
    except ModelError as error:  # It was opened a moment ago, so what refuses it now is the lack of trust in pickles.
        verdict = Verdict(passed=False, reason=f"A server would refuse it. {error} --trust-pickles promotes it.")
        return Outcome(promoted=False, verdict=verdict, champion=_champion(registry))
    while True:
        pointer = registry.pointer()
        verdict = _verdict(registry, facing, Challenge(challenger, holdout.columns, holdout.truth))
        if not (facing.promote and verdict.passed):
            return Outcome(promoted=False, verdict=verdict, champion=_champion(registry))
        if registry.promote_after(pointer, version):
            return Outcome(promoted=True, verdict=verdict, champion=version)


def _verdict(registry: Registry, facing: Facing, challenge: Challenge) -> Verdict:
    try:
        champion = _opened_champion(registry, facing.trust)
    except ModelError as error:
        return Verdict(passed=True, reason=f"The champion cannot be opened to compare with: {error}")
    return judge(challenge, champion, facing.terms, facing.seed)


def _opened_champion(registry: Registry, trust: Trust) -> LoadedArtifact | None:
    number = registry.champion()
    return None if number is None else open_version(registry.require(number), trust)


def _champion(registry: Registry) -> int | None:
    try:
        return registry.champion()
    except ModelError:  # Damaged: nobody knows which.
        return None

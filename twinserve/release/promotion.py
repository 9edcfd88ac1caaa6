"""Promotion: a new version takes the champion's place if the gate lets it pass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twinserve.errors import ModelError, StoreUnreadable
from twinserve.metric import Metric
from twinserve.release.gate import Challenge, Terms, Verdict, compare, weakness
from twinserve.store import twin
from twinserve.store.artifact import Trust, open_version, read_manifest
from twinserve.store.pipelines import pipeline_file
from twinserve.store.promotions import Hold, Standing
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
    hold: Hold | None = None
    """The rollback that holds the champion, whatever the gate says."""


@dataclass(frozen=True)
class PromotionOptions:
    """How the person who trains wants a version to be promoted."""

    terms: Terms
    trust: Trust
    """Of the champion and of the new version when they are opened."""
    promote: bool = True
    """False: compare with the champion, and change nothing."""
    release: bool = False
    """Whether a version that passes is promoted although a rollback holds the champion."""
    metric: str | Metric | None = None
    """The metric that decides, which may be the recipe's own; None: the one that the version names."""


def promote_if_not_worse(registry: Registry, version: int, holdout: Rows, options: PromotionOptions) -> Outcome:
    """Compare a version with the champion on the hold-out, and promote it if it passes the gate.

    It replaces only the champion that it was compared with: where another training has promoted meanwhile, it is
    compared with the new champion, as often as that happens. A damaged champion is replaced without comparing; one that
    is only not trusted here, or that the system cannot read now, holds the new version back. So does a rollback, unless
    it is let go of.
    """
    try:
        challenger = open_version(registry.path(version), options.trust, to_judge=True)
    except ModelError as error:  # `register` opened it with all trust, so that some is missing here.
        option = _missing(registry.path(version), options.trust)
        advice = f" {option} promotes it." if option else ""
        verdict = Verdict(passed=False, reason=f"A server would refuse it. {error}{advice}")
        return Outcome(promoted=False, verdict=verdict, champion=champion_if_known(registry))
    while True:
        pointer, standing = registry.pointer(), _standing_if_known(registry)
        champion, hold = (standing.version, standing.hold) if standing else (None, None)
        if champion == version:
            verdict = Verdict(passed=True, reason="It is the champion.")
        else:
            challenge = Challenge(challenger, holdout.columns, holdout.y_true, options.metric, holdout.weights)
            weak = weakness(challenger.manifest, options.terms)
            verdict = _verdict(registry, options.terms, options.trust, challenge) if weak is None else weak
        stays = not (options.promote and verdict.passed) or (hold is not None and not options.release)
        if stays or (champion == version and hold is None):
            return Outcome(promoted=False, verdict=verdict, champion=champion_if_known(registry), hold=hold)
        if registry.promote_after(pointer, version):
            return Outcome(promoted=champion != version, verdict=verdict, champion=version)


def _verdict(registry: Registry, terms: Terms, trust: Trust, challenge: Challenge) -> Verdict:
    champion, folder = None, None
    try:
        if (number := registry.champion()) is not None:
            folder = registry.require(number)
            champion = open_version(folder, trust, to_judge=True)
    except StoreUnreadable as error:
        return Verdict(passed=False, reason=f"The champion cannot be read to compare with: {error}")
    except ModelError as error:
        option = None if folder is None else _missing(folder, trust)
        advice = f" {option} compares with it." if option else ""
        reason = f"The champion cannot be opened to compare with: {error}{advice}"
        return Verdict(passed=option is None, reason=reason)
    return compare(challenge, champion, terms)


def _missing(folder: Path, trust: Trust) -> str | None:
    """The option that a version lacks to be opened here; None where none would help, as it is damaged."""
    if sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) > trust.max_artifact:
        return "--max-artifact"
    try:
        facts = read_manifest(folder)
    except ModelError:
        return None
    is_pickle = facts.predictor.kind != "compiled" and pipeline_file.JOBLIB in facts.files
    is_pickle |= twin.JOBLIB in facts.files
    return "--trust-pickles" if is_pickle and not trust.pickles else None


def champion_if_known(registry: Registry) -> int | None:
    """The number of the champion; None if there is none, or if its file is damaged."""
    standing = _standing_if_known(registry)
    return None if standing is None else standing.version


def _standing_if_known(registry: Registry) -> Standing | None:
    try:
        return registry.standing()
    except ModelError:
        return None

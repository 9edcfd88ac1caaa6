"""The gate: may a new model take the champion's place?

Both are judged on the same hold-out rows, which neither was fitted on. The new one passes if it is not worse: the
lower bound of the paired difference, by bootstrap, is at least `-tolerance`. And it must take what callers send today.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.evaluate.metrics import METRICS, Metric
from twinserve.predict.answers import Answers, ask
from twinserve.predict.predictor import Predictions
from twinserve.signature import Change, Columns, diff
from twinserve.signature.frames import from_frame, to_frame
from twinserve.store.artifact import LoadedArtifact

RESAMPLES: Final = 500
CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Verdict:
    """What the gate says, and why."""

    passed: bool
    reason: str
    changes: Sequence[Change] = ()
    """What changed in the signature."""
    champion_score: float | None = None
    challenger_score: float | None = None
    lower_bound: float | None = None
    """Of the challenger's advantage in the metric that decides; above 0 it is better, whatever the metric's sign."""


@dataclass(frozen=True)
class Challenge:
    """A new model before the gate, and the rows that judge it."""

    opened: LoadedArtifact
    holdout: Columns
    truth: FloatArray
    """Class codes or values of the hold-out rows."""


@dataclass(frozen=True)
class Terms:
    """What the person who trains allows."""

    tolerance: float
    """How much worse, in units of the metric, still counts as not worse."""
    breaking: bool = False
    """May callers of the champion break?"""
    fallback: bool = False
    """May a compiled champion be followed by a model that is not?"""


def judge(challenge: Challenge, champion: LoadedArtifact | None, terms: Terms, seed: int) -> Verdict:
    """Champion against challenger on the challenger's hold-out."""
    if champion is None:
        return Verdict(passed=True, reason="There is no champion to compare with.")
    changes = [*diff(champion.signature, challenge.opened.signature), *_outputs(champion, challenge)]
    breaking = [change for change in changes if change.breaking]
    if breaking and not terms.breaking:
        reason = f"Callers of the champion would break: {breaking[0]}; --allow-breaking promotes all the same."
        return Verdict(passed=False, reason=reason, changes=changes)
    if champion.predictor.kind == "compiled" != challenge.opened.predictor.kind and not terms.fallback:
        reason = f"{challenge.opened.manifest.predictor.reason} --allow-fallback promotes all the same."
        return Verdict(passed=False, reason=reason, changes=changes)
    theirs = _champion_answers(champion, challenge)
    if theirs is None or theirs.predictions is None:
        reason = "The champion has no answer of the same kind to these rows, so they cannot be compared"
        reason += "." if terms.breaking else "; --allow-breaking promotes all the same."
        return Verdict(passed=terms.breaking, reason=reason, changes=changes)
    rows = theirs.given  # Of the others nobody knows who is better.
    both = replace(
        challenge, holdout=challenge.holdout.take(np.flatnonzero(rows).tolist()), truth=challenge.truth[rows]
    )
    return _compare(both, theirs.predictions, changes, terms.tolerance, seed)


def _compare(
    challenge: Challenge, theirs: Predictions, changes: Sequence[Change], tolerance: float, seed: int
) -> Verdict:
    name = challenge.opened.manifest.metric
    metric, mine = METRICS[name], challenge.opened.predictor.predict(challenge.holdout)
    lower = _lower_bound(metric, challenge.truth, mine, theirs, seed)
    passed = lower >= -tolerance
    return Verdict(
        passed=passed,
        reason=(
            f"{'Not worse' if passed else 'Perhaps worse'} than the champion: with {CONFIDENCE:.0%} confidence it "
            f"loses at most {max(0.0, -lower):.4f} of {name}, and {tolerance:.4f} may be lost."
        ),
        changes=changes,
        champion_score=metric.score(challenge.truth, theirs),
        challenger_score=metric.score(challenge.truth, mine),
        lower_bound=lower,
    )


def _outputs(champion: LoadedArtifact, challenge: Challenge) -> list[Change]:
    old, new = champion.manifest.classes, challenge.opened.manifest.classes
    if old == new:
        return []
    return [Change("(reply)", f"the classes {_listed(old)} became {_listed(new)}", breaking=True)]


def _listed(classes: Sequence[str] | None) -> str:
    return "none" if classes is None else ", ".join(classes)


def _champion_answers(champion: LoadedArtifact, challenge: Challenge) -> Answers | None:
    """The champion's answers to those of the same rows to which it has one; None where these are of another kind."""
    signature, manifest = challenge.opened.signature, challenge.opened.manifest
    known = {feature.name for feature in signature.features}
    needed = {feature.name for feature in champion.signature.features}
    if not needed <= known or champion.manifest.classes != manifest.classes:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # What pandas makes of words where the champion wants dates.
            columns = from_frame(to_frame(challenge.holdout, signature), champion.signature)
        theirs = ask(champion.predictor, columns)
        if theirs.predictions is not None:
            METRICS[manifest.metric].score(challenge.truth[theirs.given], theirs.predictions)
    except (
        TypeError,
        ValueError,
    ):  # A type changed, its pipeline takes no such row, or the metric needs other answers.
        return None
    return theirs


def _lower_bound(metric: Metric, truth: FloatArray, mine: Predictions, theirs: Predictions, seed: int) -> float:
    """The lower bound of my advantage over resampled rows, the same for both; each class keeps its share of them."""
    chance = np.random.default_rng(seed)
    sign = 1.0 if metric.greater_is_better else -1.0
    classes = (
        [np.arange(len(truth))] if mine.values is not None else [np.flatnonzero(truth == c) for c in np.unique(truth)]
    )
    advantages: list[float] = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([chance.choice(places, len(places)) for places in classes])
        scores = [metric.score(truth[rows], _take(predictions, rows)) for predictions in (mine, theirs)]
        advantages.append(sign * (scores[0] - scores[1]))
    return float(np.quantile(advantages, 1.0 - CONFIDENCE))


def _take(predictions: Predictions, rows: IntArray) -> Predictions:
    return Predictions(
        None if predictions.labels is None else predictions.labels[rows],
        None if predictions.probabilities is None else predictions.probabilities[rows],
        None if predictions.values is None else predictions.values[rows],
    )

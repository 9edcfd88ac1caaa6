"""The gate: whether a new model, the challenger, may take the champion's place.

Both are scored on those rows of the challenger's hold-out that neither was fitted on: a row is known by its content in
the columns of each. Where fewer than half are left, nothing is compared. The challenger passes if it is not worse: the
lower bound of the paired difference, by bootstrap, is at least `-tolerance`. And it must take what callers send today.
Of a version that was refitted on all rows its twin is asked, and the rows that the twin was fitted on are its record.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray
from twinserve.card.caveats import is_weak
from twinserve.evaluate.bootstrap import CONFIDENCE, lower_bound
from twinserve.evaluate.metrics import score
from twinserve.metric import Metric, about
from twinserve.predict.answers import Answers, ask
from twinserve.predict.predictor import Predictions
from twinserve.recipes.row_hashes import row_hashes
from twinserve.release.read_otherwise import as_before, as_champion_reads, not_known_again, of_another_type
from twinserve.signature import Change, Columns, diff
from twinserve.signature.frames import from_frame, to_frame
from twinserve.store.artifact import LoadedArtifact
from twinserve.store.manifest import Manifest

UNRECORDED: Final = (
    "The champion keeps no record of the rows that it was fitted on, so its score may be of rows that it learned from."
)

NO_ANSWERS: Final = "The champion has no predictions of the same kind for these rows, so they cannot be compared"


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger passes, and why."""

    passed: bool
    reason: str
    changes: Sequence[Change] = ()
    """Changes of the signature and of the classes."""
    champion_score: float | None = None
    challenger_score: float | None = None
    lower_bound: float | None = None
    """Of the challenger's advantage in the metric that decides; above 0 it is better, whatever the metric's sign."""


@dataclass(frozen=True)
class Challenge:
    """The challenger, and the rows on which both are scored."""

    opened: LoadedArtifact
    holdout: Columns
    y_true: FloatArray
    """Class codes or values of the hold-out rows."""
    decides: str | Metric | None = None
    """The metric; None: the one that the challenger names."""
    weights: FloatArray | None = None
    """Of these rows, by which the challenger is judged."""

    @property
    def metric(self) -> str | Metric:
        """The metric that decides."""
        manifest = self.opened.manifest
        decision = manifest.training.decision
        positive = None if decision is None else decision.positive
        return self.decides or about(manifest.metric, positive, manifest.classes)

    def on(self, rows: BoolArray) -> Challenge:
        """The same on some of the rows, by a mask `[n]`."""
        weights = None if self.weights is None else self.weights[rows]
        holdout = self.holdout.take(np.flatnonzero(rows).tolist())
        return replace(self, holdout=holdout, y_true=self.y_true[rows], weights=weights)


@dataclass(frozen=True)
class Terms:
    """What the person who trains allows, and the seed of the bootstrap."""

    tolerance: float
    """How much worse, in units of the metric, still counts as not worse."""
    seed: int = 0
    breaking: bool = False
    """Whether a challenger passes that breaks callers of the champion."""
    fallback: bool = False
    """Whether a challenger that only scikit-learn can serve passes where the champion is compiled."""
    weak: bool = False
    """Whether a challenger passes that may be no better than a model which uses no feature."""


def weakness(facts: Manifest, terms: Terms) -> Verdict | None:
    """The verdict on a challenger that may be no better than its baseline, whatever the champion; None on others."""
    if terms.weak or not is_weak(facts):
        return None
    found = f"{facts.metric} {facts.metrics[facts.metric]:.4f}, baseline {facts.baseline[facts.metric]:.4f}"
    return Verdict(
        passed=False,
        reason=f"No metric's {CONFIDENCE:.0%} interval excludes the value of a model that uses no feature ({found}); "
        "--allow-weak promotes nevertheless.",
    )


def compare(challenge: Challenge, champion: LoadedArtifact | None, terms: Terms) -> Verdict:
    """Champion against challenger on the challenger's hold-out."""
    if champion is None:
        return Verdict(passed=True, reason="There was no champion to compare with.")
    changes = [*diff(champion.signature, challenge.opened.signature), *_outputs(champion, challenge)]
    breaking = [change for change in changes if change.breaking]
    if breaking and not terms.breaking:
        cure = as_before(champion.signature, challenge.opened.signature, breaking[0].name)
        reason = f"Callers of the champion would break: {breaking[0]}{cure}; --allow-breaking promotes nevertheless."
        return Verdict(passed=False, reason=reason, changes=changes)
    if champion.predictor.kind == "compiled" != challenge.opened.predictor.kind and not terms.fallback:
        reason = f"{challenge.opened.manifest.predictor.reason} --allow-fallback promotes nevertheless."
        return Verdict(passed=False, reason=reason, changes=changes)
    if (why := not_known_again(champion.signature, challenge.opened.signature)) is not None:
        return _without_comparison(why, changes, terms)
    rows = len(challenge.holdout)
    challenge = challenge.on(unseen(challenge, champion))
    if 2 * len(challenge.holdout) < rows:
        return Verdict(passed=False, reason=_too_few(len(challenge.holdout), rows), changes=changes)
    answers = _champion_answers(champion, challenge)
    if answers is None or answers.predictions is None:
        why = of_another_type(champion.signature, challenge.opened.signature) if answers is None else None
        return _without_comparison(why or NO_ANSWERS, changes, terms)
    both = challenge.on(answers.given)  # The others cannot be compared.
    verdict = _compare_scores(both, answers.predictions, changes, terms)
    return verdict if champion.fitted_rows is not None else replace(verdict, reason=f"{verdict.reason} {UNRECORDED}")


def unseen(challenge: Challenge, champion: LoadedArtifact) -> BoolArray:
    """The rows of the hold-out, `[n]`, that neither version was fitted on.

    Equal content is enough: of two copies nobody can tell which one was learned from. A version that keeps no record is
    taken to have seen none, which can only flatter it."""
    frame = to_frame(challenge.holdout, challenge.opened.signature)
    is_new = np.ones(len(frame), dtype=bool)
    for version in (challenge.opened, champion):
        names = [feature.name for feature in version.signature.features]
        if version.fitted_rows is not None and set(names) <= set(frame.columns):
            is_new &= ~np.isin(row_hashes(frame[names]), version.fitted_rows)
    return is_new


def _without_comparison(why: str, changes: Sequence[Change], terms: Terms) -> Verdict:
    """The verdict where the two cannot be compared: the new one might be worse."""
    end = "." if terms.breaking else "; --allow-breaking promotes nevertheless."
    return Verdict(passed=terms.breaking, reason=f"{why}{end}", changes=changes)


def _too_few(left: int, rows: int) -> str:
    return (
        f"Only {left} of the {rows} held-out rows are new to both versions: the others, or rows with the same content, "
        "were fitted on, so they cannot judge. The promote verb promotes without a comparison."
    )


def _compare_scores(challenge: Challenge, of_champion: Predictions, changes: Sequence[Change], terms: Terms) -> Verdict:
    name, weights = challenge.metric, challenge.weights
    of_challenger = challenge.opened.judged.predict(challenge.holdout)
    lower = lower_bound(name, challenge.y_true, of_challenger, of_champion, terms.seed, weights=weights)
    passed = lower >= -terms.tolerance
    return Verdict(
        passed=passed,
        reason=(
            f"{'Not worse' if passed else 'Perhaps worse'} than the champion: with {CONFIDENCE:.0%} confidence its "
            f"{name} is worse by at most {max(0.0, -lower):.4f}; the tolerance is {terms.tolerance:.4f}."
        ),
        changes=changes,
        champion_score=score(name, challenge.y_true, of_champion, weights=weights),
        challenger_score=score(name, challenge.y_true, of_challenger, weights=weights),
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
    """The champion's answers to the hold-out rows; None where they cannot be compared with the challenger's."""
    signature, manifest = challenge.opened.signature, challenge.opened.manifest
    known = {feature.name for feature in signature.features}
    needed = {feature.name for feature in champion.signature.features}
    if not needed <= known or champion.manifest.classes != manifest.classes:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # Of pandas, on texts where the champion takes dates.
            rows = as_champion_reads(to_frame(challenge.holdout, signature), champion.signature, signature)
            columns = from_frame(rows, champion.signature)
        answers = ask(champion.judged, columns)
        if answers.predictions is not None:
            score(challenge.metric, challenge.y_true[answers.given], answers.predictions)
    except (TypeError, ValueError):
        return None  # A type changed, its pipeline refuses a row, or it gives labels only.
    return answers

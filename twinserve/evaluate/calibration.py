"""Calibrate intervals and sets from rows that the model was not fitted on, and measure what they achieve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, get_args

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.conformal.coverage import Coverage
from twinserve.conformal.difficulty import Difficulty
from twinserve.conformal.quantiles import stored_scores
from twinserve.conformal.scores import class_scores
from twinserve.conformal.stored import (
    MOST_SCORES,
    AnyStored,
    SetMethod,
    StoredDifficulty,
    StoredIntervals,
    StoredNone,
    StoredSets,
)
from twinserve.evaluate.halves import CELLS, Asked, ask_intervals, ask_sets, smaller, supports
from twinserve.predict.predictor import Predictions
from twinserve.store.evaluation_facts import CoverageMeasured
from twinserve.store.manifest import CoverageFacts

DECISIVE: Final = 0.9
"""The coverage at which methods are compared."""
TOLD: Final = (0.8, 0.9, 0.95)
"""The coverages that the card shows."""
IN_A_GROUP: Final = 40
"""Rows of a class from which it may have a threshold of its own; they support 0.975."""
MOST_GROUPS: Final = 100
FEWEST_SCORES: Final = 400
"""Scores that are kept of a group with more rows: a coverage is then exceeded by 0.0013 at most."""
CLEARLY: Final = 2.0
"""A class is missed if it is this many standard errors of its rows below the promise."""


@dataclass(frozen=True)
class Calibrated:
    """What a version stores, and what is said of it."""

    stored: AnyStored
    facts: CoverageFacts


def no_coverage(reason: str) -> Calibrated:
    """None can be promised, for this reason: a sentence."""
    return Calibrated(StoredNone(reason=reason), CoverageFacts(method="none", reason=reason))


def calibrate(
    predictions: Predictions,
    y_true: FloatArray,
    matrix: FloatArray,
    difficulty: StoredDifficulty | None,
    classes: Sequence[str] | None,
    seed: int,
) -> Calibrated:
    """Calibrate on the predictions for held-out rows `[n]`, whose columns are `matrix`; `difficulty` are the trees by
    which intervals may be scaled."""
    if predictions.values is not None:
        return _intervals(predictions.values, y_true, matrix, difficulty, seed)
    if predictions.probabilities is None or predictions.labels is None or classes is None:
        return no_coverage("The model gives labels without probabilities, so it has no sets.")
    codes = y_true.astype(np.int64)
    return _sets(predictions.probabilities, predictions.labels, codes, classes, seed)


def _intervals(
    values: FloatArray, y_true: FloatArray, matrix: FloatArray, difficulty: StoredDifficulty | None, seed: int
) -> Calibrated:
    with np.errstate(over="ignore"):
        errors = np.abs(y_true - values)
    plain, scaled = np.ones(len(errors)), None
    if difficulty is not None:
        scaled = Difficulty(difficulty).many(matrix, values)
    if not all(np.isfinite(errors / sizes).all() for sizes in (plain, scaled) if sizes is not None):
        return no_coverage("The model's errors are too large for a double.")
    part = _part(len(errors), 1, seed)
    ask = partial(_ask_intervals, errors, part=part, seed=seed)
    chosen, reason = plain, "Absolute errors."
    if scaled is not None and supports(len(part), DECISIVE):
        before, after = ask(plain, DECISIVE), ask(scaled, DECISIVE)
        ratio = after.size.mean() / before.size.mean() if before.size.mean() else 1.0
        if smaller(after, before):
            chosen, reason = scaled, f"Absolute errors over their expected size: {ratio:.2f} times as wide as without."
        else:
            reason = f"Absolute errors; over their expected size intervals are {ratio:.2f} times as wide."
    is_scaled = chosen is scaled
    stored = StoredIntervals(
        method="scaled" if is_scaled else "absolute",
        scores=stored_scores(errors / chosen, MOST_SCORES),
        difficulty=difficulty if is_scaled else None,
    )
    told = [_measured(c, ask(chosen, c), ()) for c in TOLD if supports(len(part), c)]
    return Calibrated(stored, _facts(stored, stored.scores.rows, reason, told))


def _ask_intervals(errors: FloatArray, sizes: FloatArray, coverage: float, part: IntArray, seed: int) -> Asked:
    return ask_intervals(errors[part], sizes[part], coverage, seed)


def _sets(
    probabilities: FloatArray, labels: IntArray, codes: IntArray, classes: Sequence[str], seed: int
) -> Calibrated:
    part = _part(len(codes), len(classes), seed)

    def ask(method: SetMethod, groups: Sequence[int], coverage: float) -> Asked:
        return ask_sets(class_scores(method, probabilities[part]), labels[part], codes[part], groups, coverage, seed)

    groups: Sequence[int] = [0] * len(classes)
    method: SetMethod = "threshold"
    reason = "A set holds the classes of at least a certain probability."
    if supports(len(part), DECISIVE):
        method, reason, best = _smallest(lambda method: ask(method, [0] * len(classes), DECISIVE))
        missed = _missed(best, codes[part], classes)
        own = _groups(np.bincount(codes, minlength=len(classes)))
        if missed and max(own) > 0:
            groups = own
            reason += f" Thresholds are class-wise, as one for all would miss {', '.join(missed[:3])} too often."
    scores = class_scores(method, probabilities)[np.arange(len(codes)), codes]
    of_rows = np.asarray(groups)[codes]
    most = max(MOST_SCORES // (max(groups) + 1), FEWEST_SCORES)
    kept = tuple(stored_scores(scores[of_rows == group], most) for group in range(max(groups) + 1))
    stored = StoredSets(method=method, groups=tuple(groups), scores=kept)
    rows = [int(np.count_nonzero(of_rows[part] == group)) for group in range(max(groups) + 1)]
    told = [_measured(c, ask(method, groups, c), classes) for c in TOLD if supports(min(rows), c)]
    return Calibrated(stored, _facts(stored, len(codes), reason, told))


def _smallest(ask: Callable[[SetMethod], Asked]) -> tuple[SetMethod, str, Asked]:
    """The method with the smallest sets at equal coverage; the plainest one unless another is measurably smaller."""
    method: SetMethod = "threshold"
    methods: tuple[SetMethod, ...] = get_args(SetMethod)
    asked = {other: ask(other) for other in methods}
    for other in methods:
        if smaller(asked[other], asked[method]):
            method = other
    what = {
        "threshold": "A set holds the classes of at least a certain probability",
        "aps": "A set holds the most probable classes up to a certain sum",
        "raps": "A set holds the most probable classes up to a certain sum, fewer rather than many",
    }
    others = ", ".join(f"{name} {asked[name].size.mean():.2f}" for name in asked if name != method)
    reason = f"{what[method]}: {asked[method].size.mean():.2f} labels on average (other methods: {others})."
    return method, reason, asked[method]


def _missed(asked: Asked, codes: IntArray, classes: Sequence[str]) -> list[str]:
    """The classes that are covered clearly less often than promised, the rarest share first."""
    rows = np.bincount(codes, minlength=len(classes))
    with np.errstate(divide="ignore"):
        error = np.sqrt(DECISIVE * (1 - DECISIVE) / rows)
    shares = [asked.achieved(code).share if rows[code] > 1 else DECISIVE for code in range(len(classes))]
    under = [code for code, share in enumerate(shares) if share < DECISIVE - CLEARLY * error[code]]
    return [classes[code] for code in sorted(under, key=lambda code: shares[code])]


def _groups(rows: IntArray) -> list[int]:
    """For each class its group: its own where it has enough rows, else one with the other rare classes."""
    order = np.argsort(-rows, kind="stable").tolist()
    own = [code for code in order if rows[code] >= IN_A_GROUP][: MOST_GROUPS - 1]
    rest = [code for code in order if code not in own]
    while own and rest and rows[rest].sum() < IN_A_GROUP:
        rest.append(own.pop())  # The rarest of those with enough.
    groups = [len(own)] * len(rows)
    for group, code in enumerate(own):
        groups[code] = group
    return groups


def _part(rows: int, classes: int, seed: int) -> IntArray:
    """The rows that are asked in halves."""
    most = max(1_000, CELLS // classes)
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most])


def _measured(coverage: float, asked: Asked, classes: Sequence[str]) -> CoverageMeasured:
    by_class = {
        label: asked.achieved(code) for code, label in enumerate(classes) if np.isfinite(asked.by_class[:, code]).any()
    }
    return CoverageMeasured(
        coverage=coverage, achieved=asked.achieved(), size=float(asked.size.mean()), by_class=by_class
    )


def _facts(
    stored: StoredIntervals | StoredSets, rows: int, reason: str, told: Sequence[CoverageMeasured]
) -> CoverageFacts:
    return CoverageFacts(
        method=stored.method,
        class_wise=isinstance(stored, StoredSets) and len(stored.scores) > 1,
        rows=rows,
        largest=Coverage(stored).largest,
        reason=reason,
        measured=tuple(told),
    )

"""Caveats about a model that its metrics alone show."""

from __future__ import annotations

from twinserve.metric import names
from twinserve.store.manifest import Manifest, metric_in


def caveats(facts: Manifest) -> tuple[str, ...]:
    """One sentence for each caveat, to be said first; none for a model that is better than its baseline, and not too
    good to be true."""
    doubts = () if facts.too_good is None else (facts.too_good.sentence,)
    return (*doubts, *_against_baseline(facts))


def _against_baseline(facts: Manifest) -> tuple[str, ...]:
    name = facts.metric
    if not beats_baseline(facts):
        return (f"No better than the baseline by {name}: these features hardly predict the target.{_worse(facts)}",)
    if not _surpasses(facts, name) and name in facts.baseline and name in facts.intervals:
        low, high = facts.intervals[name]
        found = (
            f"its 95 % interval, {low:.4f} to {high:.4f}, does not exclude the baseline's {facts.baseline[name]:.4f}"
        )
        return (f"Perhaps no better than the baseline by {name}: {found}.{_worse(facts)}",)
    if _predicts_one_class(facts):
        return (
            "The label of every row of the hold-out is the most frequent class; only the probabilities differ. "
            "If the labels should differ, too, choose balanced_accuracy or f1_macro as the metric.",
        )
    return ()


def is_weak(facts: Manifest) -> bool:
    """Is there no metric whose 95 % interval excludes the value of a model that uses no feature?"""
    compared = facts.intervals.keys() & facts.baseline.keys()
    return bool(compared) and not any(_surpasses(facts, name) for name in compared)


def beats_baseline(facts: Manifest) -> bool:
    """Whether the deciding metric is better than that of a model that uses no feature."""
    if facts.metric not in facts.baseline:
        return True
    return metric_in(facts, facts.metric).better(facts.metrics[facts.metric], facts.baseline[facts.metric])


def _surpasses(facts: Manifest, name: str) -> bool:
    """Is the whole interval of a metric better than the baseline?"""
    if name not in facts.intervals or name not in facts.baseline:
        return False
    return all(metric_in(facts, name).better(end, facts.baseline[name]) for end in facts.intervals[name])


def _worse(facts: Manifest) -> str:
    """A sentence with the metrics by which the baseline is better; empty where there are none."""
    pairs = [(name, value, facts.baseline[name]) for name, value in facts.metrics.items() if name in facts.baseline]
    worse = [
        f"{name} ({value:.4f}; {other:.4f})"
        for name, value, other in pairs
        if metric_in(facts, name).better(other, value)
    ]
    return f" Worse than the baseline by {', '.join(worse)}." if worse else ""


def _predicts_one_class(facts: Manifest) -> bool:
    """Whether all metrics of labels equal those of the baseline, which always predicts the most frequent class."""
    of_labels = names("classification", probabilities=False)
    return facts.classes is not None and all(
        name in facts.baseline and facts.metrics[name] == facts.baseline[name] for name in of_labels
    )

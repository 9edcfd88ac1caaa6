"""Caveats about a model that its metrics alone show."""

from __future__ import annotations

from twinserve.metric import METRICS, names
from twinserve.store.manifest import Manifest


def doubts(facts: Manifest) -> tuple[str, ...]:
    """One sentence for each caveat; none for a model that is better than its baseline."""
    if not beats_baseline(facts):
        return (f"No better than the baseline by {facts.metric}: these features say little of the target.",)
    if _predicts_one_class(facts):
        return (
            "The commonest class is its answer to every row of the hold-out: its probabilities tell the rows apart and "
            "its labels do not. Where they should, let balanced_accuracy or f1_macro decide.",
        )
    return ()


def beats_baseline(facts: Manifest) -> bool:
    """Whether the model is better than one that uses no feature, by the metric that decides."""
    if facts.metric not in facts.baseline:
        return True
    return METRICS[facts.metric].better(facts.metrics[facts.metric], facts.baseline[facts.metric])


def _predicts_one_class(facts: Manifest) -> bool:
    """Whether every metric of labels is that of the baseline, which always predicts the commonest class."""
    of_labels = names("classification", probabilities=False)
    return facts.classes is not None and all(
        name in facts.baseline and facts.metrics[name] == facts.baseline[name] for name in of_labels
    )

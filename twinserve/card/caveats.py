"""Caveats about a model that its metrics alone show."""

from __future__ import annotations

from twinserve.metric import METRICS, names
from twinserve.store.manifest import Manifest


def caveats(facts: Manifest) -> tuple[str, ...]:
    """One sentence for each caveat; none for a model that is better than its baseline."""
    if not beats_baseline(facts):
        return (f"No better than the baseline by {facts.metric}: these features hardly predict the target.",)
    if _predicts_one_class(facts):
        return (
            "The label of every row of the hold-out is the most frequent class; only the probabilities differ. "
            "If the labels should differ, too, choose balanced_accuracy or f1_macro as the metric.",
        )
    return ()


def beats_baseline(facts: Manifest) -> bool:
    """Whether the deciding metric is better than that of a model that uses no feature."""
    if facts.metric not in facts.baseline:
        return True
    return METRICS[facts.metric].better(facts.metrics[facts.metric], facts.baseline[facts.metric])


def _predicts_one_class(facts: Manifest) -> bool:
    """Whether all metrics of labels equal those of the baseline, which always predicts the most frequent class."""
    of_labels = names("classification", probabilities=False)
    return facts.classes is not None and all(
        name in facts.baseline and facts.metrics[name] == facts.baseline[name] for name in of_labels
    )

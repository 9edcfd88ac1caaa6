"""What a person should doubt of a model, seen from its figures alone."""

from __future__ import annotations

from twinserve.metric import METRICS, names
from twinserve.store.manifest import Manifest


def doubts(facts: Manifest) -> tuple[str, ...]:
    """A sentence for each; none of a model that says more than a baseline does."""
    if not beats_baseline(facts):
        return (f"No better than the baseline by {facts.metric}: these features say little of the target.",)
    if _says_one_class(facts):
        return (
            "The commonest class is its answer to every row of the hold-out: its probabilities tell the rows apart and "
            "its labels do not. Where they should, let balanced_accuracy or f1_macro decide.",
        )
    return ()


def beats_baseline(facts: Manifest) -> bool:
    """Is the model better than one that looks at no feature, by the metric that decides?"""
    if facts.metric not in facts.baseline:
        return True
    return METRICS[facts.metric].better(facts.metrics[facts.metric], facts.baseline[facts.metric])


def _says_one_class(facts: Manifest) -> bool:
    """The baseline does, so such a model has its figures."""
    of_labels = names("classification", probabilities=False)
    return facts.classes is not None and all(
        name in facts.baseline and facts.metrics[name] == facts.baseline[name] for name in of_labels
    )

"""What a model card says of the metrics: which rows they are of, and their values."""

from __future__ import annotations

import numpy as np

from twinserve.card.document import table
from twinserve.store.manifest import Manifest, metric_in


def measured(facts: Manifest) -> str:
    """The metric that decides, with its interval and the baseline's."""
    if facts.metric not in facts.metrics:
        return f"{facts.metric} not measured"
    low, high = facts.intervals.get(facts.metric, (np.nan, np.nan))
    other = f"; the baseline has {facts.baseline[facts.metric]:.4f}" if facts.metric in facts.baseline else ""
    return f"{facts.metric} {facts.metrics[facts.metric]:.4f} (95 % interval {low:.4f} to {high:.4f}{other})"


def evaluated_by(facts: Manifest) -> str:
    """Which rows the metrics are of, and how to read them."""
    training = facts.training
    if training.evaluated_on == "nothing":
        return "Not measured: the model came without rows. It is proved on made rows, which have no target."
    learned = "not used in training"
    if training.evaluated_on == "rows that it may have learned from":
        learned = "rows that it may have learned from, so the figures may be better than in use"
    chosen = "" if training.split is None else f", {training.split.sentence}"
    better = "greater" if metric_in(facts, facts.metric).greater_is_better else "less"
    return (
        f"{training.holdout_rows} of {training.rows} rows{chosen}, {learned}. "
        f"{facts.metric} decides ({better} is better). Intervals: 95 %, bootstrap over these rows. "
        "Baseline: a model that uses no feature."
        + " brier is summed over the classes: from 0, which is best, to 2."
        * ("brier" in facts.metrics)
    )


def metrics(facts: Manifest) -> str:
    """A table of every metric."""
    rows = []
    for name, value in facts.metrics.items():
        low, high = facts.intervals.get(name, (np.nan, np.nan))
        other = f"{facts.baseline[name]:.4f}" if name in facts.baseline else ""
        rows.append((name, f"{value:.4f}", f"{low:.4f} to {high:.4f}", other))
    return table(("metric", "model", "95 % interval", "baseline"), rows)

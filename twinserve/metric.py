"""The metrics that may decide: their names, the task of each, and which direction is better.

Their functions are in `twinserve/evaluate/`; this table loads neither NumPy nor scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Task = Literal["classification", "regression"]
TOLERANCE: Final = 0.02
"""How much worse than the champion, in units of the metric that decides, still counts as not worse, by default."""


@dataclass(frozen=True)
class Metric:
    """What is known of a metric before anything is computed."""

    name: str
    task: Task
    greater_is_better: bool
    needs_probabilities: bool = False

    @property
    def sign(self) -> int:
        """1, or -1 for a loss: `sign * value` is greater for a better model."""
        return 1 if self.greater_is_better else -1

    def better(self, left: float, right: float) -> bool:
        """Whether `left` is a strictly better value than `right`; False where either is NaN."""
        return self.sign * left > self.sign * right


METRICS: Final[Mapping[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "classification", greater_is_better=True),
        Metric("balanced_accuracy", "classification", greater_is_better=True),
        Metric("f1_macro", "classification", greater_is_better=True),
        Metric("log_loss", "classification", greater_is_better=False, needs_probabilities=True),
        Metric("roc_auc", "classification", greater_is_better=True, needs_probabilities=True),
        Metric("brier", "classification", greater_is_better=False, needs_probabilities=True),
        Metric("r2", "regression", greater_is_better=True),
        Metric("rmse", "regression", greater_is_better=False),
        Metric("mae", "regression", greater_is_better=False),
    )
}
"""By name, in the order in which they are reported."""

DEFAULT: Final[Mapping[Task, str]] = {"classification": "log_loss", "regression": "rmse"}
"""The metric that decides unless a recipe says otherwise."""


def names(task: Task, *, probabilities: bool = True) -> Sequence[str]:
    """The metrics of a task; without `probabilities` those that labels alone suffice for."""
    return [
        metric.name
        for metric in METRICS.values()
        if metric.task == task and (probabilities or not metric.needs_probabilities)
    ]

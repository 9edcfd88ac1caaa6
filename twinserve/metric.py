"""The metrics that may decide: their names, the task of each, and which direction is better.

A recipe may name one of these, or bring one of its own: `Metric("cost", "classification", False, function=cost)`.

Their functions are in `twinserve/evaluate/`; this table loads neither NumPy nor scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from twinserve.errors import AskedWrongly

Task = Literal["classification", "regression", "multi-output", "anomaly"]
TOLERANCE: Final = 0.02
"""How much worse than the champion, in units of the metric that decides, still counts as not worse, by default."""


@dataclass(frozen=True)
class Metric:
    """What is known of a metric before anything is computed."""

    name: str
    task: Task
    greater_is_better: bool
    needs_probabilities: bool = False
    function: Callable[[Any, Any], float] | None = None
    """Of a metric of one's own: from `y_true` `[n]` (class codes, or values) and the `Predictions` of the same rows
    (`labels` as codes, `probabilities`, or `values`) to the metric. Codes count the classes in their sorted order."""
    of_values: bool = False
    """Of several targets: are they values? Otherwise they are labels."""
    needs_truth: bool = False
    """Of an anomaly detector: only where it is known which rows are outliers."""
    positive: int = 1
    """The code of the positive one of two classes, which average precision is about."""

    def __post_init__(self) -> None:
        """Raise `AskedWrongly` where one's own metric has the name of another."""
        if self.function is not None and (self.name in METRICS or pinball_quantile(self.name) is not None):
            raise AskedWrongly(f"There is a metric {self.name!r} already; give yours another name.")

    def __str__(self) -> str:
        """Its name."""
        return self.name

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
        Metric("average_precision", "classification", greater_is_better=True, needs_probabilities=True),
        Metric("brier", "classification", greater_is_better=False, needs_probabilities=True),
        Metric("r2", "regression", greater_is_better=True),
        Metric("rmse", "regression", greater_is_better=False),
        Metric("mae", "regression", greater_is_better=False),
        Metric("mape", "regression", greater_is_better=False),
        Metric("pinball", "regression", greater_is_better=False),
        Metric("mean_log_loss", "multi-output", greater_is_better=False, needs_probabilities=True),
        Metric("mean_roc_auc", "multi-output", greater_is_better=True, needs_probabilities=True),
        Metric("mean_accuracy", "multi-output", greater_is_better=True),
        Metric("exact_match", "multi-output", greater_is_better=True),
        Metric("mean_f1_macro", "multi-output", greater_is_better=True),
        Metric("mean_r2", "multi-output", greater_is_better=True, of_values=True),
        Metric("mean_rmse", "multi-output", greater_is_better=False, of_values=True),
        Metric("mean_mae", "multi-output", greater_is_better=False, of_values=True),
        Metric("outlier_roc_auc", "anomaly", greater_is_better=True, needs_truth=True),
        Metric("outlier_average_precision", "anomaly", greater_is_better=True, needs_truth=True),
        Metric("outlier_balanced_accuracy", "anomaly", greater_is_better=True, needs_truth=True),
        Metric("outlier_share", "anomaly", greater_is_better=False),
    )
}
"""By name, in the order in which they are reported. `pinball` is of the median; `pinball_0.9` is a metric, too."""

DEFAULT: Final[Mapping[Task, str]] = {
    "classification": "log_loss",
    "regression": "rmse",
    "multi-output": "mean_r2",
    "anomaly": "outlier_share",
}
"""The metric that decides unless a recipe says otherwise; of several labels it is the first that they allow."""


def names(
    task: Task, *, probabilities: bool = True, of_values: bool | None = None, truth: bool = True
) -> Sequence[str]:
    """The metrics of a task; without `probabilities` those that labels alone suffice for, without `truth` those that
    need none. `of_values`: of several values, or of several labels; None: of both."""
    return [
        metric.name
        for metric in METRICS.values()
        if metric.task == task
        and (probabilities or not metric.needs_probabilities)
        and (truth or not metric.needs_truth)
        and of_values in (None, metric.of_values)
    ]


def metric_of(metric: str | Metric) -> Metric:
    """What is known of a metric, by its name or by itself; raises `KeyError` for an unknown name."""
    if isinstance(metric, Metric):
        return metric
    if pinball_quantile(metric) is not None:
        return Metric(metric, "regression", greater_is_better=False)
    return METRICS[metric]


def about(metric: str | Metric, positive: str | None, classes: Sequence[str] | None) -> str | Metric:
    """The metric where somebody chose the positive one of two classes."""
    if positive is None or classes is None:
        return metric
    return replace(metric_of(metric), positive=list(classes).index(positive))


def pinball_quantile(name: str) -> float | None:
    """The quantile of `pinball_0.9`; None for a name of another form."""
    kind, _, text = name.partition("_")
    try:
        quantile = float(text) if kind == "pinball" else 0.0
    except ValueError:
        return None
    return quantile if 0 < quantile < 1 else None

"""The table of metrics says which metrics a task has and which direction is better."""

from __future__ import annotations

import math
from typing import get_args

import pytest

from twinserve.errors import AskedWrongly
from twinserve.metric import DEFAULT, METRICS, Metric, Task, metric_of, names, pinball_quantile


@pytest.mark.parametrize("task", get_args(Task))
def test_the_default_metric_of_a_task_is_one_of_its_metrics(task: Task) -> None:
    assert DEFAULT[task] in names(task)


def test_a_metric_belongs_to_one_task() -> None:
    assert sorted(name for task in get_args(Task) for name in names(task)) == sorted(METRICS)


def test_labels_alone_suffice_for_three_metrics() -> None:
    assert names("classification", probabilities=False) == ["accuracy", "balanced_accuracy", "f1_macro"]


@pytest.mark.parametrize("name", METRICS)
def test_nan_is_not_better_than_anything_nor_anything_than_nan(name: str) -> None:
    assert not METRICS[name].better(math.nan, 0.0)
    assert not METRICS[name].better(0.0, math.nan)


@pytest.mark.parametrize(
    ("name", "quantile"),
    [("pinball_0.9", 0.9), ("pinball_1", None), ("pinball_x", None), ("pinball", None), ("pinball_nan", None)],
)
def test_the_name_of_a_pinball_loss_names_its_quantile(name: str, quantile: float | None) -> None:
    assert pinball_quantile(name) == quantile


def test_a_metric_of_ones_own_has_a_name_of_its_own() -> None:
    own = Metric("cost", "regression", greater_is_better=False, function=lambda _true, _predictions: 0.0)
    assert metric_of(own) is own
    for taken in ("rmse", "pinball_0.5"):
        with pytest.raises(AskedWrongly, match="give yours another name"):
            Metric(taken, "regression", greater_is_better=False, function=lambda _true, _predictions: 0.0)
    with pytest.raises(KeyError):
        metric_of("cost")

"""The table of metrics says which metrics a task has and which direction is better."""

from __future__ import annotations

import math

import pytest

from twinserve.metric import DEFAULT, METRICS, Task, names


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_default_metric_of_a_task_is_one_of_its_metrics(task: Task) -> None:
    assert DEFAULT[task] in names(task)


def test_a_metric_belongs_to_one_task() -> None:
    assert sorted([*names("classification"), *names("regression")]) == sorted(METRICS)


def test_labels_alone_suffice_for_three_metrics() -> None:
    assert names("classification", probabilities=False) == ["accuracy", "balanced_accuracy", "f1_macro"]


@pytest.mark.parametrize("name", METRICS)
def test_nan_is_not_better_than_anything_nor_anything_than_nan(name: str) -> None:
    assert not METRICS[name].better(math.nan, 0.0)
    assert not METRICS[name].better(0.0, math.nan)

"""The target that some facts name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twinserve.metric import Task
from twinserve.predict.targets.anomaly import Anomaly
from twinserve.predict.targets.one_label import OneLabel
from twinserve.predict.targets.one_value import OneValue
from twinserve.predict.targets.quantiles import Quantiles
from twinserve.predict.targets.several_labels import SeveralLabels
from twinserve.predict.targets.several_values import SeveralValues
from twinserve.predict.targets.target import Target

Targets = Mapping[str, tuple[str, ...] | None]
"""The classes of each named target; None where it is a number."""


def one_target(classes: Sequence[str] | None) -> Target:
    """A label of these classes, or a value where there are none."""
    return OneValue() if classes is None else OneLabel(tuple(classes))


def several_targets(targets: Targets) -> Target:
    """A label for each target, or a value; raises ValueError where some have classes and others have none."""
    names, labels = tuple(targets), tuple(classes for classes in targets.values() if classes is not None)
    if not labels:
        return SeveralValues(names)
    if len(labels) != len(names):
        raise ValueError("Some targets have classes and others have none.")
    return SeveralLabels(names, labels)


def target_of(task: Task, classes: Sequence[str] | None, targets: Targets, quantiles: Sequence[float]) -> Target:
    """What a model predicts that was stored with these facts."""
    if task == "multi-output":
        return several_targets(targets)
    if task == "anomaly":
        return Anomaly()
    return Quantiles(tuple(quantiles)) if quantiles else one_target(classes)

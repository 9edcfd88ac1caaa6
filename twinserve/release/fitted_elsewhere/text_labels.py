"""Make a fitted classifier answer with texts, whatever its labels were."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from sklearn.pipeline import Pipeline

from twinserve.estimators.label_encoded import Coded
from twinserve.signature.sources.type_inference import plain_text

LABEL_HOLDERS: Final = ("le_", "_label_encoder", "_label_binarizer")
"""Attributes in which scikit-learn's classifiers keep a second copy of their classes, used by `predict`."""


def labels_of(classifier: Any) -> tuple[str, ...]:
    """A fitted classifier's classes as texts."""
    return tuple(plain_text(label) for label in classifier.classes_)


def is_computed(estimator: Any, attribute: str) -> bool:
    """Whether an attribute is a property of its class, so that it cannot be set."""
    return isinstance(getattr(type(estimator), attribute, None), property)


def with_text_labels(classifier: Any, classes: Sequence[str]) -> Iterator[Any]:
    """Copies that answer with these texts, the simplest first.

    The first has other labels in the classifier itself; the second in the estimators of an ensemble, too (AdaBoost
    compares theirs with its own); the last two keep the classifier and map the labels of its last step or its own.
    """
    for deep in (False, True):
        ours = copy.deepcopy(classifier)
        last = ours.steps[-1][1] if isinstance(ours, Pipeline) else ours
        members = list(getattr(last, "estimators_", [])) if deep else []
        holders = [last, *(getattr(last, attribute, None) for attribute in LABEL_HOLDERS), *members]
        held = [holder for holder in holders if hasattr(holder, "classes_")]
        if not any(is_computed(holder, "classes_") for holder in held):
            for holder in held:
                holder.classes_ = np.array(labels_of(holder), dtype=object)
            yield ours
    ours, labels = copy.deepcopy(classifier), np.array(classes, dtype=object)
    if isinstance(ours, Pipeline):
        yield Pipeline([*ours.steps[:-1], (ours.steps[-1][0], Coded.of(ours.steps[-1][1], labels))])
    yield Coded.of(ours, labels)

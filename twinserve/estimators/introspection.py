"""The parts of a fitted estimator, and the public name of its class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def parts(estimator: Any) -> Iterator[Any]:
    """Every object that an estimator refers to, directly or through others, each once."""
    waiting, seen = list(vars(estimator).values()), {id(estimator)}
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, list | tuple):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
        else:
            yield part
            waiting += vars(part).values() if hasattr(part, "__dict__") and not isinstance(part, type) else ()


def class_name(estimator: Any) -> str:
    """The public name of an estimator's class: its module up to the first private part, and its own name.

    A subclass, which may override `predict`, has another name than its parent.
    """
    parts = type(estimator).__module__.split(".")
    public = next((parts[:i] for i, part in enumerate(parts) if part.startswith("_")), parts)
    return ".".join([*public, type(estimator).__qualname__])


def steps_at_predict(pipeline: Any) -> list[Any]:
    """The steps that a pipeline uses to predict; imbalanced-learn's samplers only choose the rows of a fit."""
    steps = [step for _, step in pipeline.steps if step is not None and not isinstance(step, str)]
    if class_name(pipeline) == "imblearn.pipeline.Pipeline":
        return [step for step in steps if not hasattr(step, "fit_resample")]
    return steps

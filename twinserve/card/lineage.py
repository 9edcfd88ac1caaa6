"""Where a model comes from, as the model card tells it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final

from twinserve.store.manifest import Manifest

SIMPLE: Final = (str, int, float, bool, type(None))


def lineage(facts: Manifest) -> Iterator[tuple[str, str]]:
    """Where a version comes from: data, time, code and libraries."""
    training = facts.training
    yield "data", training.source
    yield "data fingerprint", training.data_fingerprint
    yield "made", training.created
    yield "git commit", training.git_commit or "unknown"
    yield "seed", str(training.seed)
    yield "estimator", training.estimator
    if training.weight is not None:
        yield "rows weighed by", training.weight
    if training.decision is not None:
        yield "label", training.decision.sentence
    yield "fitted with", f"scikit-learn {training.fitted_with}" if training.fitted_with else "not told by its file"
    yield "libraries", ", ".join(f"{name} {version}" for name, version in training.libraries.items())


def parameters(pipeline: Any) -> Iterator[tuple[str, str]]:
    """The parameters that differ from their class's defaults, without those that are estimators themselves."""
    named = {"": pipeline, **pipeline.get_params()}
    for owner, part in named.items():
        if isinstance(part, type) or not hasattr(part, "get_params"):
            continue
        defaults = {name: knob.default for name, knob in inspect.signature(type(part).__init__).parameters.items()}
        for name, value in part.get_params(deep=False).items():
            if isinstance(value, SIMPLE) and not (value is defaults.get(name) or value == defaults.get(name)):
                yield f"{owner}__{name}".strip("_").replace("__", " › "), str(value)

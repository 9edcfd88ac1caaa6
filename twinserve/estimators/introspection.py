"""What a fitted estimator consists of, and what its class is called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def parts(estimator: Any) -> Iterator[Any]:
    """All that an estimator holds, at any depth."""
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

    A subclass has another module or name, so it never passes for its parent, whose `predict` it may override.
    """
    parts = type(estimator).__module__.split(".")
    public = next((parts[:i] for i, part in enumerate(parts) if part.startswith("_")), parts)
    return ".".join([*public, type(estimator).__qualname__])

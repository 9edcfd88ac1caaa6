"""How a refusal names the class that it is about."""

from __future__ import annotations

from typing import Any

from model.errors import CannotCompile


def class_name(estimator: Any) -> str:
    """The public name of an estimator's class: its module up to the first private part, and its own name.

    A subclass has another module or name, so it never passes for its parent, whose `predict` it may override.
    """
    parts = type(estimator).__module__.split(".")
    public = next((parts[:i] for i, part in enumerate(parts) if part.startswith("_")), parts)
    return ".".join([*public, type(estimator).__qualname__])


def refusal(estimator: Any, reason: str) -> CannotCompile:
    """The error that says which class cannot be compiled, and why."""
    return CannotCompile(f"{class_name(estimator)}: {reason}")

"""The error for a class that cannot be compiled."""

from __future__ import annotations

from typing import Any

from twinserve.errors import CannotCompile
from twinserve.estimators.introspection import class_name


def refusal(estimator: Any, reason: str) -> CannotCompile:
    """The error that says which class cannot be compiled, and why."""
    return CannotCompile(f"{class_name(estimator)}: {reason}")

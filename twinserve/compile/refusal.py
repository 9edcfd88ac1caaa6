"""The error for a class that cannot be compiled."""

from __future__ import annotations

from typing import Any

from twinserve.errors import CannotCompile
from twinserve.estimators.introspection import class_name


def refusal(estimator: Any, reason: str) -> CannotCompile:
    """An error with the class that cannot be compiled, and the reason."""
    return CannotCompile(f"{class_name(estimator)}: {reason}")

"""The error of a saved model that is not read."""

from __future__ import annotations

from typing import Final

from twinserve.errors import AskedWrongly

OLDEST: Final = (1, 6)
"""The oldest scikit-learn that this library runs with."""


class Unreadable(AskedWrongly):
    """A file or folder gives no model; the message names it, the reason, and what to do."""


def other_version(name: str, fitted_with: str, here: str) -> Unreadable:
    """The error for a model that another scikit-learn fitted: `here` is the version of this environment."""
    numbers = tuple(int(part) for part in fitted_with.split(".")[:2] if part.isdecimal())
    remedy = f"install scikit-learn=={fitted_with} in an environment of its own and import it there, or train it again"
    if numbers < OLDEST:
        remedy = "train it again"
    return Unreadable(f"{name} was fitted with scikit-learn {fitted_with} and this is {here}; {remedy}.")

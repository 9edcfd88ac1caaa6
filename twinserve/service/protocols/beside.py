"""What a reply says of each row beside its prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from twinserve.explain.explainer import Values
from twinserve.explain.stored import Method, Scale


class Explained(NamedTuple):
    """Why the predictions of n rows are what they are."""

    method: Method
    of: Scale
    classes: Sequence[str] | None
    """`[n]`: the class of which each row's values are; None for a regression."""
    values: Values
    top: int | None
    """How many contributions are listed; None: all."""


class Beside(NamedTuple):
    """What is computed beside the predictions of n rows; nothing of it unless it was asked for."""

    explained: Explained | None = None


NOTHING: Final = Beside()

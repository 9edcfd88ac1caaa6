"""The classes of each target of a classifier that predicts several."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def classes_by_target(estimator: Any, targets: int) -> list[NDArray[Any]]:
    """The classes of each target, as the fitted estimator predicts them.

    Most classifiers have a list of them. One that takes a table of 0 and 1 has none, or lists the columns instead."""
    known = getattr(estimator, "classes_", None)
    if isinstance(known, list) and len(known) == targets:
        return [np.asarray(classes) for classes in known]
    return [np.array([0, 1])] * targets

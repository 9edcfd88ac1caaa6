"""Is a model better than another on several divisions of the same rows? By the corrected resampled t-test of Nadeau and
Bengio (2003).

The divisions share rows, so their differences vary less than those of independent tables would; a plain t-test finds
differences where there are none. The correction adds the ratio of held-out to learning rows to the variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy import stats

LEVEL: Final = 0.05


def p_value(ours: Sequence[float], theirs: Sequence[float], held_out: float) -> float:
    """How probable such a difference is if neither model is better, two-sided; `held_out` is a share of the rows."""
    difference = np.asarray(ours) - np.asarray(theirs)
    variance = difference.var(ddof=1) * (1 / len(difference) + held_out / (1 - held_out))
    if variance == 0:
        return 1.0 if difference.mean() == 0 else 0.0
    return float(2 * stats.t.sf(abs(difference.mean()) / np.sqrt(variance), len(difference) - 1))


def verdict(ours: Sequence[float], theirs: Sequence[float], held_out: float) -> int:
    """1 where ours is significantly better (less), -1 where it is worse, 0 where they cannot be told apart."""
    if p_value(ours, theirs, held_out) >= LEVEL:
        return 0
    return 1 if np.mean(ours) < np.mean(theirs) else -1

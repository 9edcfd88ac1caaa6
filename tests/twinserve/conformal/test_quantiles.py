"""The quantile of split-conformal prediction: exact rank, stored compactly."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinserve.conformal.quantiles import largest_coverage, quantile, quantile_of, rank_of, stored_scores

COVERAGES = st.integers(50, 99).map(lambda percent: percent / 100)


@settings(deadline=None)
@given(COVERAGES, st.integers(1, 10_000))
def test_the_rank_is_that_of_the_number_as_it_is_written(coverage: float, rows: int) -> None:
    assert rank_of(coverage, rows) == ceil(Fraction(round(coverage * 100), 100) * (rows + 1))


def test_a_rank_is_no_victim_of_rounding() -> None:
    """0.55 is a double a little above 55/100."""
    assert rank_of(0.55, 99) == 55 < ceil(0.55 * 100)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=300), COVERAGES)
def test_of_few_scores_every_quantile_is_kept(scores: list[float], coverage: float) -> None:
    """It is the score of that rank, and infinity where there are too few scores."""
    rank = rank_of(coverage, len(scores))
    expected = sorted(scores)[rank - 1] if rank <= len(scores) else inf
    assert quantile(stored_scores(np.array(scores), 4_000), coverage) == expected
    assert quantile_of(np.array(scores), coverage) == expected


@pytest.mark.parametrize("coverage", [0.5, 0.56, 0.8, 0.9, 0.95, 0.987, 0.99])
def test_of_many_scores_the_next_one_above_is_taken(coverage: float) -> None:
    """Of 100,000 scores, of which 400 are kept, a quantile covers at most 0.0013 more than promised, never less."""
    scores = np.random.default_rng(0).permutation(100_000).astype(np.float64)
    kept = stored_scores(scores, 400)
    assert len(kept.scores) <= 401
    assert 0 <= quantile(kept, coverage) - quantile_of(scores, coverage) <= 130


@pytest.mark.parametrize(("rows", "largest"), [(0, 0.0), (1, 0.5), (9, 0.9), (20, 0.9523), (98, 0.9898), (10**6, 0.99)])
def test_the_largest_coverage_is_rounded_down(rows: int, largest: float) -> None:
    assert largest_coverage(rows) == largest
    if rows:
        assert rank_of(largest, rows) <= rows

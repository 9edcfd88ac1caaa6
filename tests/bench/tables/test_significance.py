"""Divisions of the same rows are no independent tests: the variance of their differences is corrected."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.tables.significance import p_value, verdict

THEIRS = [1.0, 1.1, 0.9, 1.05, 1.0, 0.95, 1.1, 1.0, 0.9, 1.0]


def test_with_no_correction_it_is_the_paired_t_test() -> None:
    ours = [value - 0.02 * (place % 3) for place, value in enumerate(THEIRS)]
    assert p_value(ours, THEIRS, 0.0) == pytest.approx(stats.ttest_rel(ours, THEIRS).pvalue)


def test_the_correction_makes_a_difference_less_significant() -> None:
    ours = [value - 0.02 * (place % 3) for place, value in enumerate(THEIRS)]
    assert p_value(ours, THEIRS, 0.2) > 2 * p_value(ours, THEIRS, 0.0)


def test_less_is_better() -> None:
    ours = [value - 0.2 - 0.01 * (place % 2) for place, value in enumerate(THEIRS)]
    assert [verdict(ours, THEIRS, 0.2), verdict(THEIRS, ours, 0.2)] == [1, -1]


def test_noise_is_no_difference() -> None:
    ours = np.asarray(THEIRS) + np.random.default_rng(0).normal(0, 0.1, len(THEIRS))
    assert verdict(ours.tolist(), THEIRS, 0.2) == 0


def test_equal_scores_are_no_difference_and_a_constant_one_is() -> None:
    assert verdict(THEIRS, THEIRS, 0.2) == 0
    assert verdict([0.5] * 10, [1.0] * 10, 0.2) == 1

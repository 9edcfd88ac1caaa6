"""Coverage is measured in halves: one calibrates, the other, of other rows, is asked."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twinserve.evaluate.halves import TIMES, ask_intervals, ask_sets, halves


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.integers(0, 9))
def test_halves_have_no_row_in_common_and_half_of_each_group(groups: list[int], seed: int) -> None:
    """Together they are all rows; of an odd number each half gets one more in turn; the same again for a seed."""
    of_rows = np.array(groups)
    pairs = list(halves(of_rows, seed))
    assert len(pairs) == TIMES
    for calibrating, asked in pairs:
        assert sorted([*calibrating.tolist(), *asked.tolist()]) == list(range(len(groups)))
        apart = np.bincount(of_rows[calibrating], minlength=4) - np.bincount(of_rows[asked], minlength=4)
        assert np.abs(apart).max() <= 1
    again = [calibrating.tolist() for calibrating, _ in halves(of_rows, seed)]
    assert again == [calibrating.tolist() for calibrating, _ in pairs]


def test_what_is_measured_is_the_share_of_rows_that_did_not_calibrate() -> None:
    """A row with an error of its own is covered by no half without it: of 40 such rows exactly 18 of each 20 asked are,
    where all together were covered as they calibrated."""
    errors = np.arange(40.0)
    asked = ask_intervals(errors, np.ones(40), 0.9, seed=0)
    for (calibrating, other), covered in zip(halves(np.zeros(40, dtype=np.int64), 0), asked.covered, strict=True):
        radius = np.sort(errors[calibrating])[18]  # Rank ceil(21 * 0.9) = 19.
        assert covered == np.mean(errors[other] <= radius)
    assert asked.achieved().low < 0.9 < asked.achieved().high


def test_a_class_is_covered_by_the_threshold_of_its_own_group() -> None:
    """And a predicted label is in the set whatever its score."""
    scores = np.column_stack([np.zeros(40), np.linspace(0.0, 1.0, 40)])
    codes, labels = np.repeat([0, 1], 20), np.zeros(40, dtype=np.int64)
    found = ask_sets(scores, labels, codes, [0, 1], 0.9, seed=0)
    assert found.achieved(0).share == 1.0
    assert 0.8 < found.achieved(1).share < 1.0

"""Counts of training rows never tell of fewer than five of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import feature, many, rows, signature
from twinserve.release.occurrences import categories, histograms
from twinserve.signature import Columns
from twinserve.store.examples import LEAST, MOST_BINS

NUMBERS = st.lists(
    st.one_of(st.floats(allow_infinity=False), st.integers(-30, 30).map(float), st.floats(0, 1)),
    min_size=1,
    max_size=80,
)


@many
@given(NUMBERS)
def test_no_bin_holds_fewer_than_five_rows(values: list[float]) -> None:
    """And each known value is in some bin."""
    found = histograms(rows(values), signature(feature("x", nullable=True)))
    if not found:
        return
    histogram = found["/x"]
    known = [value for value in values if not np.isnan(value)]
    assert len(histogram.counts) <= MOST_BINS
    assert min(histogram.counts) >= LEAST
    assert sum(histogram.counts) == len(known)
    assert histogram.edges[0] <= min(known)
    assert max(known) <= histogram.edges[-1]


def test_whole_numbers_get_bins_of_whole_numbers() -> None:
    """So the bars of the numbers 0 to 3 are alike where each occurs as often."""
    histogram = histograms(rows([0, 1, 2, 3] * 10), signature(feature("x", "integer")))["/x"]
    assert histogram.edges == (-0.5, 0.5, 1.5, 2.5, 3.5)
    assert histogram.counts == (10, 10, 10, 10)


def test_a_far_value_does_not_flatten_the_rest() -> None:
    """The outermost bins reach as far as needed, the others are narrow."""
    histogram = histograms(rows([*np.linspace(0.1, 1, 300), 1e6]), signature(feature("x")))["/x"]
    assert len(histogram.counts) > 10
    assert histogram.edges[-1] == 1e6


@many
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_no_category_of_fewer_than_five_rows_is_counted_alone(codes: list[int]) -> None:
    """Nor can its number be told from that of the others."""
    town = feature("town", "category", seen_categories=("a", "b", "c", "d", "e"))
    found = categories(Columns(np.array(codes, dtype=np.float64).reshape(-1, 1)), signature(town))
    if not found:
        return
    counts = found["/town"]
    assert min(counts.counts.values()) >= LEAST
    assert counts.others == 0 or counts.others >= LEAST
    assert sum(counts.counts.values()) + counts.others == len(codes)

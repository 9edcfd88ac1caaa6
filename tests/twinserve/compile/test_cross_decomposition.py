"""Partial least squares and canonical correlation fold into one dot product as linear models do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cross_decomposition import CCA, PLSCanonical, PLSRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import assert_same, plain, random_numbers, some
from twinserve.compile import compile_pipeline
from twinserve.predict.linear import read_linear
from twinserve.predict.runtime import session


@pytest.mark.parametrize("model", [PLSRegression(2), PLSRegression(1, scale=False), PLSCanonical(1), CCA(1)], ids=str)
@some
@given(st.integers(0, 10**6), st.integers(30, 80), st.integers(2, 7), st.booleans())
def test_a_regressor_gives_the_same_value(model: Any, seed: int, rows: int, width: int, scaled: bool) -> None:
    x = random_numbers(seed, rows, width)
    pipeline = make_pipeline(*([StandardScaler()] if scaled else []), model).fit(x, x[:, 0] - x[:, 1] * 0.5)
    assert_same(pipeline, plain(x), tolerance=1e-11)
    graph = session(compile_pipeline(pipeline, plain(x).columns))
    assert read_linear(graph.get_modelmeta().custom_metadata_map) is not None

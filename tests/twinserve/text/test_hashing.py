"""Hashes are those of scikit-learn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction import FeatureHasher
from sklearn.utils import murmurhash3_32

from twinserve.text import hashing
from twinserve.text.hashing import Buckets, murmur3


@given(st.binary(max_size=40))
def test_the_hash_of_any_bytes_is_scikit_learn_s(data: bytes) -> None:
    assert murmur3(data) == murmurhash3_32(data, seed=0)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.sampled_from([1, 7, 1000, 2**20]), st.booleans()
)
def test_a_token_has_the_column_and_the_sign_of_scikit_learn(token: str, columns: int, alternate: bool) -> None:
    hasher = FeatureHasher(columns, input_type="string", alternate_sign=alternate)
    expected = hasher.transform([[token]])
    column, sign = Buckets(columns, alternate_sign=alternate)[token]
    assert expected.indices.tolist() == [column]
    assert expected.data.tolist() == [sign]


def test_few_tokens_are_kept_and_no_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "MOST_KEPT", 3)
    buckets, again = Buckets(1000, alternate_sign=True), Buckets(1000, alternate_sign=True)
    for token in ("a", "b", "c", "d", "e", "a", "long" * 20):
        assert buckets[token] == again[token]
        assert len(buckets) <= 3
    assert "long" * 20 not in buckets

"""Hashes are those of scikit-learn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction import FeatureHasher
from sklearn.utils import murmurhash3_32

from twinserve.text.hashing import bucket, murmur3


@given(st.binary(max_size=40))
def test_the_hash_of_any_bytes_is_scikit_learn_s(data: bytes) -> None:
    assert murmur3(data) == murmurhash3_32(data, seed=0)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.sampled_from([1, 7, 1000, 2**20]), st.booleans()
)
def test_a_token_has_the_column_and_the_sign_of_scikit_learn(token: str, columns: int, alternate: bool) -> None:
    hasher = FeatureHasher(columns, input_type="string", alternate_sign=alternate)
    expected = hasher.transform([[token]])
    code = bucket(token, columns, alternate_sign=alternate)
    column, sign = (code, 1) if code >= 0 else (~code, -1)
    assert expected.indices.tolist() == [column]
    assert expected.data.tolist() == [sign]

"""How deep a body nests, by a look at its bytes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature import oracle
from tests.twinserve.signature.made import many
from twinserve.signature.request.nesting import is_deeper

TEXTS = st.text(st.sampled_from('[]{}"\\a:,\n'), max_size=6)
VALUES = st.recursive(
    st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@many
@given(VALUES, st.integers(0, 8))
def test_brackets_in_strings_are_none(value: object, limit: int) -> None:
    body = json.dumps(value).encode()
    assert is_deeper(body, limit) == (oracle.depth(body) > limit)


@many
@given(st.lists(st.sampled_from((*b'[]{}"\\a',)), max_size=20).map(bytes), st.integers(0, 3))
def test_of_what_is_no_json_every_bracket_counts_that_no_string_holds(body: bytes, limit: int) -> None:
    depth = deepest = 0
    inside = escaped = False
    for sign in body.decode():
        if not escaped and sign == '"':
            inside = not inside
        elif not inside:
            depth += (sign in "[{") - (sign in "]}")
            deepest = max(deepest, depth)
        escaped = sign == "\\" and not escaped
    assert is_deeper(body, limit) == (deepest > limit)

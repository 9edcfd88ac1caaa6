"""Names for GraphQL."""

from __future__ import annotations

from graphql import assert_name
from hypothesis import given
from hypothesis import strategies as st

from twinserve.service.protocols.graphql.names import graphql_names


@given(st.lists(st.text(max_size=8) | st.from_regex(r"_{0,3}[a-zA-Z0-9_]{0,3}", fullmatch=True), unique=True))
def test_every_name_gets_another_one_that_graphql_takes(names: list[str]) -> None:
    """And whoever has such a name keeps it."""
    made = graphql_names(names)
    assert list(made) == names
    assert len(set(made.values())) == len(names)
    for name, given_name in made.items():
        assert assert_name(given_name) == given_name
        assert not given_name.startswith("__")
        if name.isascii() and name.isidentifier() and not name.startswith("__"):
            assert given_name == name


def test_what_names_become() -> None:
    """Close to what they were; of two that become alike one gets a number."""
    names = ["mean radius", "mean_radius", "größe", "2020", "", "__typename", "a/b", "a~b"]
    assert list(graphql_names(names).values()) == [
        *("mean_radius_2", "mean_radius", "gr__e", "_2020", "field", "typename", "a_b", "a_b_2"),
    ]

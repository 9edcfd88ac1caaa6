"""What a document may ask."""

from __future__ import annotations

import pytest
from graphql import GraphQLError, get_introspection_query, parse

from twinserve.service.protocols.graphql.limits import DEEPEST, MOST_FIELDS, MOST_REPEATED, require_within_limits


def nested(depth: int) -> str:
    """A document of selections within one another."""
    return "{a" * depth + "}" * depth


@pytest.mark.parametrize(
    "document",
    [
        get_introspection_query(),
        "{" + " ".join(f"a{i}: a" for i in range(MOST_FIELDS)) + "}",
        nested(DEEPEST),
        "{" + "a {b} " * MOST_REPEATED + "}",
        "{" + " ".join(f"a{i}: a {{b}}" for i in range(MOST_REPEATED * 2)) + "}",
        "".join(f"query Q{i} {{a ...f}} " for i in range(MOST_REPEATED * 2)) + "fragment f on T {a}",
        "{a ...f} fragment f on T {b ... on T {c}}",
        "{a ...missing}",
        "query A {a} query B {a}",
    ],
)
def test_what_is_within_the_limits(document: str) -> None:
    require_within_limits(parse(document))


@pytest.mark.parametrize(
    "document",
    [
        "{" + " ".join(f"a{i}: a" for i in range(MOST_FIELDS + 1)) + "}",
        nested(DEEPEST + 1),
        "{" + "a {b} " * (MOST_REPEATED + 1) + "}",
        "{a {" + " ".join(f"... on T {{b: b{i}}}" for i in range(MOST_REPEATED + 1)) + "}}",
        "{" + "...f " * (MOST_REPEATED + 1) + "} fragment f on T {a}",
        "{...a} fragment a on T {...a}",
        "{...a} fragment a on T {b {...b}} fragment b on T {b {...a}}",
        "{...f0}"
        + "".join(f" fragment f{i} on T {{...f{i + 1} ...f{i + 1}}}" for i in range(15))
        + " fragment f15 on T {a}",
        "query A {...f} query B {...f} fragment f on T {" + " ".join(f"a{i}: a" for i in range(MOST_FIELDS // 2)) + "}",
    ],
)
def test_what_is_not(document: str) -> None:
    """Fragments count as often as they are spread; one that contains itself ends."""
    with pytest.raises(GraphQLError, match="at most"):
        require_within_limits(parse(document))

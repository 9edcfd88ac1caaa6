"""The words for what graphql-core finds."""

from __future__ import annotations

from graphql import NoSchemaIntrospectionCustomRule, specified_rules

from twinserve.service.protocols.graphql.wording import RULES


def test_every_rule_has_its_sentence() -> None:
    """And no sentence is of a rule that graphql-core does not have."""
    assert {rule.__name__ for rule in (*specified_rules, NoSchemaIntrospectionCustomRule)} == {*RULES}


def test_sentences_end() -> None:
    assert [sentence for sentence in RULES.values() if not sentence.endswith(".")] == []

"""What an answer to a body is worth."""

from __future__ import annotations

import json

import pytest

from bench.compare.bodies import MARK, Body
from bench.compare.judging import Answered, outcome_of, repeats, same

GOOD = json.dumps({"label": "benign", "probabilities": {"benign": 0.75, "malignant": 0.25}}).encode()


@pytest.mark.parametrize(
    ("verdict", "status", "content", "outcome"),
    [
        ("valid", 200, GOOD, "right"),
        ("valid", 200, b"{}", "wrong"),
        ("valid", 422, b"", "refused"),
        ("valid", 500, b"", "fault"),
        ("invalid", 422, b"", "right"),
        ("invalid", 400, b"", "right"),
        ("invalid", 200, GOOD, "accepted"),
        ("invalid", 0, b"", "fault"),
        ("choice", 200, GOOD, "accepted"),
        ("choice", 415, b"", "refused"),
        ("choice", 503, b"", "fault"),
    ],
)
def test_the_outcome_of_a_body(verdict: str, status: int, content: bytes, outcome: str) -> None:
    """Valid ones need the right numbers, invalid ones any 4xx, and no answer is a fault."""
    body = Body("a kind", b"{}", verdict)  # type: ignore[arg-type]  # One of the three.
    assert outcome_of(body, Answered(status, content, 0.0), (0.75, 0.25)) == outcome


def test_an_error_that_holds_the_mark_repeats_the_caller() -> None:
    """And a prediction does not."""
    assert repeats(Answered(422, f"12.{MARK}".encode(), 0.0))
    assert not repeats(Answered(200, f"12.{MARK}".encode(), 0.0))
    assert not repeats(Answered(422, b"Must be a number.", 0.0))


def test_probabilities_are_compared_with_a_tolerance() -> None:
    """Of another form or length they are not the same."""
    assert same(GOOD, (0.75, 0.25 + 1e-9))
    assert not same(GOOD, (0.75, 0.26))
    assert not same(GOOD, (1.0,))
    assert not same(b"[]", (1.0,))

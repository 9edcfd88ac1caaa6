"""`Accept` and `Accept-Encoding` choose between formats and codings, and never cause a refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinserve.service.http.accept import preferred, takes_coding

OFFERED = ("application/json", "text/html")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("text/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json, text/html", "application/json"),
        ("application/json;q=0.5, text/html;q=0.6", "text/html"),
        ("*/*, application/json;q=0.1", "text/html"),
        ("application/*;q=0.2, */*;q=0.1", "application/json"),
        ("application/json;q=0", "application/json"),
        ("application/json;q=0, */*", "text/html"),
        ("image/png", "application/json"),
        ("text/html;q=2", "text/html"),
        ("text/html;level=1;q=0.4, application/json;q=0.3", "text/html"),
        ("nonsense, text/html", "text/html"),
        (";;;", "application/json"),
    ],
)
def test_the_form_that_is_liked_best_wins(accept: str | None, expected: str) -> None:
    assert preferred(accept, OFFERED) == expected


@given(st.text(max_size=2_000))
def test_no_header_is_a_fault(accept: str) -> None:
    assert preferred(accept, OFFERED) in OFFERED


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.5", True),
        ("gzip ; q=1.0", True),
        ("*", True),
        ("gzip;q=0, *", False),
        ("gzip;q=0.000", False),
        ("*;q=0", False),
        ("gzip;q=none", False),
        ("identity", False),
        ("xgzip", False),
        ("", False),
        (None, False),
    ],
)
def test_a_coding_is_used_where_it_is_taken(accepted: str | None, expected: bool) -> None:
    assert takes_coding(accepted, "gzip") is expected

"""Numbers of very many digits become short ones, and nothing else changes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import many
from twinserve.signature.request.long_numbers import shorten

LONG = "1" * 400


@many
@given(st.recursive(st.sampled_from((LONG, f"-{LONG}.5e-400", "1", '"', f' {LONG}\\"', f"\\\\{LONG}")), st.lists))
def test_every_place_and_every_string_stays_what_it_was(value: object) -> None:
    """Texts that JSON writes with escapes, digits among them, beside numbers that are as long."""
    text = json.dumps(value).replace(f'"{LONG}"', LONG).replace(f'"-{LONG}.5e-400"', f"-{LONG}.5e-400").encode()
    short = shorten(text)
    assert len(short) == len(text)
    assert json.loads(short, parse_int=float) == json.loads(text, parse_int=float)


def test_what_is_no_number_is_left_alone() -> None:
    for word in (f"0{LONG}", f"{LONG}.", f"+{LONG}", f"{LONG}e", f"1-{LONG}"):
        body = f"[{word}]".encode()
        assert shorten(body) == body


def test_a_number_becomes_its_double_and_blanks() -> None:
    assert shorten(f"[{LONG},1]".encode()) == b"[1e999".ljust(401) + b",1]"
    assert shorten(f"[-{LONG}e-399]".encode()).split() == [b"[-1.1111111111111112", b"]"]

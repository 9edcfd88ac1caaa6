"""JSON as RFC 8259 has it, without duplicate keys, lone surrogates, NaN, Infinity or a BOM."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.signature.strict_json import MAX_DEPTH, MalformedJson, TooDeep, check
from tests.model.signature.made import many

FRAGMENTS = (
    *"{}[]:,\"\\ \t\n0123456789-+.eE",
    "true", "false", "null", "NaN", "Infinity", '"a"', '"b"', '"a":', '{"a":1', "\\u", "\\ud83d", "\\ude00", "\\u0061",
    "é", "\U0001f600", "\x00", "\x1f", "\x7f", "\ufeff", "\xa0", "01", "1.", ".5", "1e5", "-0", "//", "'",
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def refusal(text: str | bytes) -> str | None:
    """Why this text is malformed; None if it is not."""
    try:
        check(text if isinstance(text, bytes) else text.encode())
    except MalformedJson as error:
        return str(error)
    return None


def standard(text: str) -> bool:
    """Does the standard library accept this text, with our three further rules?"""

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("duplicate")
        return dict(pairs)

    def no_constant(name: str) -> Any:
        raise ValueError(name)

    try:
        value = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant)
        json.dumps(value, ensure_ascii=False).encode()  # Fails for lone surrogates.
    except ValueError:
        return False
    return True


@many
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
@example('{"a":1,"a":2}')
@example('{"a":1,"\\u0061":2}')
@example('"\\ud83d"')
@example('"\\ud83d\\ude00"')
@example("[1,]")
@example("-")
@example('{"a":{"a":1},"b":{"a":1}}')
@example('"\\u12"')
def test_accepts_what_the_standard_library_accepts_and_nothing_else(text: str) -> None:
    assert (refusal(text) is None) == standard(text)


@many
@given(VALUES, st.sampled_from((None, 1, "\t")), st.booleans(), st.data())
def test_one_changed_character_is_judged_as_the_standard_library_does(
    value: Any, indent: int | str | None, ascii_only: bool, data: st.DataObject
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    place = data.draw(st.integers(0, len(text)))
    changed = text[:place] + data.draw(st.sampled_from(("", *FRAGMENTS))) + text[place + 1 :]
    assert (refusal(changed) is None) == standard(changed)


@many
@given(VALUES, st.booleans())
def test_a_document_without_absurdities_comes_back_unchanged(value: Any, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert check(body) is body


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Expected a value at line 1 column 1."),
        (" \n\t", "Expected a value at line 2 column 2."),
        ("nul", "Expected a value at line 1 column 1."),
        ("[1 2]", "Expected a comma or the end of the container at line 1 column 4."),
        ('{"a" 1}', "Expected a key and a colon at line 1 column 2."),
        ('{"a":1,}', "Expected a key and a colon at line 1 column 8."),
        ("{} {}", "Expected the end of the text at line 1 column 4."),
        ("[}", "Expected the other kind of closing bracket at line 1 column 2."),
        ('{"a":1]', "Expected the other kind of closing bracket at line 1 column 7."),
        ('{\n "a": 1,\n "a": 2}', "Duplicate key at line 3 column 2."),
        ('{"é":1, "\\u00e9":2}', "Duplicate key at line 1 column 9."),
        ("\ufeff{}", "Expected a value at line 1 column 1."),
        ("[1, NaN]", "Expected a value at line 1 column 5."),
        ("[-Infinity]", "Expected a value at line 1 column 2."),
        ('["\U0001f600".x]', "Expected a comma or the end of the container at line 1 column 5."),
        ('["a\nb"]', "Expected a value at line 1 column 2."),
    ],
)
def test_says_what_is_wrong_and_where(text: str, sentence: str) -> None:
    assert refusal(text) == sentence


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"a":"\xff"}', "Not UTF-8 at line 1 column 7."),
        (b'["\xc3\xa9",\n"\xc3"]', "Not UTF-8 at line 2 column 2."),
        (b"\xed\xa0\x80", "Not UTF-8 at line 1 column 1."),
        ("{}".encode("utf-16"), "Not UTF-8 at line 1 column 1."),
    ],
)
def test_anything_but_utf_8_is_refused(body: bytes, sentence: str) -> None:
    assert refusal(body) == sentence


@pytest.mark.parametrize("kind", ["[]", "{}"])
@pytest.mark.parametrize("depth", [1, 7, 190, 100_000])
def test_nesting_is_bounded_where_it_is_well_formed(kind: str, depth: int) -> None:
    opened, closed = ("[", "]") if kind == "[]" else ('{"a":', "}")
    body = (opened * (depth - 1) + kind + closed * (depth - 1)).encode()
    assert check(body, depth) is body
    with pytest.raises(TooDeep):
        check(body, depth - 1)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5000])
def test_deep_nesting_that_never_closes_is_malformed(depth: int) -> None:
    assert refusal("[" * depth) == f"Expected a value at line 1 column {depth + 1}."


def test_a_duplicate_far_down_is_found() -> None:
    depth = MAX_DEPTH + 50
    assert refusal("[" * depth + '{"a":1,"a":1}' + "]" * depth) == f"Duplicate key at line 1 column {depth + 8}."


@pytest.mark.parametrize(
    ("number", "double"),
    [
        ("1" + "0" * 400, math.inf),
        ("-" + "9" * 400, -math.inf),
        ("9" * 5000, math.inf),
        ("1" + "0" * 4500 + ".0", math.inf),
        ("1" + "0" * 4500 + "e-4499", 10.0),
        ("0." + "0" * 4500 + "1e4501", 1.0),
        ("1" + "0" * 308, 1e308),
        ("-0." + "0" * 400, -0.0),
    ],
)
def test_a_number_with_many_digits_comes_back_as_its_double(number: str, double: float) -> None:
    tame = check(f'{{"a": {number}, "b": [{number}]}}'.encode())
    assert len(tame) < 100
    assert json.loads(tame) == {"a": double, "b": [double]}


def test_a_string_of_digits_is_left_alone() -> None:
    body = b'["' + b"1" * 5000 + b'"]'
    assert check(body) is body

"""JSON as RFC 8259 has it, without duplicate keys, lone surrogates, NaN, Infinity or a BOM."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.twinserve.signature import oracle
from tests.twinserve.signature.made import many
from twinserve.signature.request.strict_json import MAX_DEPTH, MOST_DEPTH, MalformedJson, TooDeep, parse

FRAGMENTS = (
    *"{}[]:,\"\\ \t\n0123456789-+.eE",
    "true", "false", "null", "NaN", "Infinity", '"a"', '"b"', '"a":', '{"a":1', "\\u", "\\ud83d", "\\ude00", "\\u0061",
    "é", "\U0001f600", "\x00", "\x1f", "\x7f", "\ufeff", "\xa0", "01", "1.", ".5", "1e5", "-0", "//", "'",
    '"\\u003a"', '":"', '"\\u003a":', '":":',
    "1" * 20, "1" * 400, "1" * 5000, "-1" + "0" * 4400 + "e-4399", "\\\\", '\\"',
)  # fmt: skip
BYTES = (
    *(fragment.encode() for fragment in FRAGMENTS),
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\xf4\x90\x80\x80",
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def refusal(body: str | bytes) -> str | None:
    """Why this text is malformed; None if it is not."""
    try:
        parse(body if isinstance(body, bytes) else body.encode())
    except MalformedJson as error:
        return str(error)
    return None


def is_json(body: bytes) -> bool:
    """Does the plain scanner take it?"""
    try:
        oracle.depth(body)
    except oracle.NotJson:
        return False
    return True


def standard(text: str) -> bool:
    """Does the standard library accept this text, with our three further rules?"""

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("duplicate")
        return dict(pairs)

    def no_constant(name: str) -> Any:
        raise ValueError(name)

    try:
        value = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant, parse_int=float)
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
@example('"\\ude00\\ud83d"')
@example('{"a":1,"a":2,"b":"\\u003a"}')
@example('{"a":1,"a":"\\u003A"}')
@example("[1,]")
@example("-")
@example('{"a":{"a":1},"b":{"a":1}}')
@example('"\\u12"')
def test_accepts_what_the_standard_library_accepts_and_nothing_else(text: str) -> None:
    assert (refusal(text) is None) == standard(text) == is_json(text.encode())


@many
@given(st.lists(st.sampled_from(BYTES), max_size=12).map(b"".join))
def test_accepts_what_a_plain_scanner_accepts_and_nothing_else(body: bytes) -> None:
    assert (refusal(body) is None) == is_json(body)


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
def test_a_document_is_read_as_the_standard_library_reads_it(value: Any, ascii_only: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Unexpected end at line 1 column 1."),
        (" \n\t", "Unexpected end at line 2 column 2."),
        ("nul", "Unexpected end at line 1 column 4."),
        ('{"a', "Unexpected end at line 1 column 4."),
        ("[1 2]", "Expected `,` or `]` at line 1 column 4."),
        ('{"a" 1}', "Expected `:` at line 1 column 6."),
        ('{"a":1,}', "Trailing comma at line 1 column 8."),
        ("{} []", "Trailing characters at line 1 column 4."),
        ('{"a":1}\n{"a":2}\n', "Another object (send several as an array) at line 2 column 1."),
        ("[}", "Expected value at line 1 column 2."),
        ('{"a":1]', "Expected `,` or `}` at line 1 column 7."),
        ('{\n "a": 1,\n "a": 2}', "Duplicate key at line 3 column 2."),
        ('{"é":1, "\\u00e9":2}', "Duplicate key at line 1 column 9."),
        ('{"a\\"":1,\r\n"a\\"" :[]}', "Duplicate key at line 2 column 1."),
        ("\ufeff{}", "Expected value at line 1 column 1."),
        ("[1, NaN]", "JSON has no NaN (write null for a missing number) at line 1 column 5."),
        ("[1, NaNa]", "Expected value at line 1 column 5."),
        ("[-Infinity]", "JSON has no -Infinity (write null for a missing number) at line 1 column 2."),
        ('["\U0001f600".x]', "Expected `,` or `]` at line 1 column 5."),
        ('["\\ud83d"]', "Unexpected end of hex escape at line 1 column 9."),
        ('["\\x"]', "Invalid escape at line 1 column 4."),
        ('["a\\u0000\x01"]', "Control character (\\u0000-\\u001F) found while parsing a string at line 1 column 10."),
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


@pytest.mark.parametrize("word", ["secret", 'se"cret', "se\ncret", "se at line 1 column 1", "\\"])
def test_a_key_that_is_there_twice_is_not_named(word: str) -> None:
    key = json.dumps(word)
    message = refusal(f"{{{key}:1,{key}:2}}")
    assert message == f"Duplicate key at line 1 column {len(key) + 5}."


@pytest.mark.parametrize("kind", ["[]", "{}"])
@pytest.mark.parametrize("depth", [1, 7, MOST_DEPTH])
def test_nesting_is_bounded(kind: str, depth: int) -> None:
    opened, closed = ("[", "]") if kind == "[]" else ('{"a":', "}")
    body = (opened * (depth - 1) + kind + closed * (depth - 1)).encode()
    parse(body, depth)
    with pytest.raises(TooDeep):
        parse(body, depth - 1)


@pytest.mark.parametrize(
    "body",
    [
        "[" * (MAX_DEPTH + 1),
        "[" * 5000,
        '{"a":' * 5000 + "1" + "}" * 4000,
        "[" * MAX_DEPTH + '{"a":1,"a":1}' + "]" * MAX_DEPTH,
        "[NaN," + "[" * MAX_DEPTH + "]" * (MAX_DEPTH + 1),
    ],
)
def test_too_deep_wins_over_whatever_else_is_wrong(body: str) -> None:
    with pytest.raises(TooDeep):
        parse(body.encode())


@pytest.mark.parametrize(
    ("number", "double"),
    [
        ("1" + "0" * 400, 10**400),
        ("-" + "9" * 400, -int("9" * 400)),
        ("9" * 5000, math.inf),
        ("-" + "9" * 5000, -math.inf),
        ("1" + "0" * 4500 + ".0", math.inf),
        ("1" + "0" * 4500 + "e-4499", 10.0),
        ("0." + "0" * 4500 + "1e4501", 1.0),
        ("1" + "0" * 308, 10**308),
        ("-0." + "0" * 400, -0.0),
        ("1e" + "9" * 5000, math.inf),
    ],
)
def test_a_number_of_many_digits_is_read(number: str, double: float) -> None:
    assert parse(f'{{"a": {number}, "b": [{number}]}}'.encode()) == {"a": double, "b": [double]}

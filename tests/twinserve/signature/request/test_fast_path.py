"""The fast path changes no result: what it accepts has the values that Pydantic gives, and it rejects nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import ROOT
from tests.twinserve.signature.made import Json, feature, instances, many, signature, signatures
from twinserve.signature import Signature
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.fast_path import Acceptor, Unsuited
from twinserve.signature.request.pydantic_path import JsonReader
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import Validator

CORPUS: Final = sorted((ROOT / "twinserve" / "testing" / "contract" / "json_corpus").glob("*.json"))
LEVEL: Final = signature(
    feature("a.number", minimum=-5, exclusive_maximum=1e9),
    feature("a.any", nullable=True),
    feature("b.integer", "integer", nullable=True),
    feature("b.boolean", "boolean"),
)
MIXED: Final = signature(
    feature("number"),
    feature("group.integer", "integer", minimum=-1e300),
    feature("group.deep.ø \U0001f600", "boolean", nullable=True),
    feature("note", "string", nullable=True, min_length=1, max_length=3),
    feature("size", "category", enumeration=("small", "läge")),
    feature("town", "category", nullable=True, required=False, seen_categories=("Oslo",)),
)
FAST: Final = {
    "level": Validator(LEVEL),
    "mixed": Validator(MIXED),
    "rejecting": Validator(MIXED, out_of_range="reject"),
    "dated": Validator(signature(*MIXED.features, feature("day", "date"), feature("v.0"), feature("v.1", "integer"))),
}
VALID: Final[dict[str, Json]] = {
    "level": {"a": {"number": 0.5, "any": None}, "b": {"integer": 3.0, "boolean": True}},
    "mixed": {
        "number": -7,
        "group": {"integer": 2, "deep": {"ø \U0001f600": False}},
        "note": "é\U0001f600",
        "size": "läge",
        "town": "Bergen",
    },
}
VALID["rejecting"] = VALID["mixed"] | {"town": "Oslo"}
VALID["dated"] = VALID["mixed"] | {"day": "2024-02-29", "v": [1.5, 2]}
NUMBERS: Final = (
    *("0", "-0", "-0.0", "0e999999999999", "-0e-5", "1.0", "1e5", "10E-1", "1E+2", "1.5", "5e-324", "2.5e-324"),
    *("2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072011e-308", "2.2250738585072014e-308"),
    *("1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1e308", "1e309", "1e400"),
    *("9007199254740992", "9007199254740993", "9007199254740993.0", "9007199254740992.5", "0.1", "0.30000000000000004"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551615"),
    *("18446744073709551616", "36893488147419107329", "1" + "0" * 308, "1" + "0" * 309, "9" * 400, "1" * 5000),
    *("0." + "0" * 400 + "1", "0." + "3" * 900, "1." + "0" * 900 + "1", "123456789" * 20 + "e-100", "1e-400"),
    *("8.988465674311579538646525953945123668089e307", "6929495644600919.5", "3.6893488147419103232e19"),
    *("1e2147483648", "1e-2147483648", "1e99999999999999999999", "4.35e-9223372036854775808"),
    *("01", "1.", ".5", "+1", "-", "--1", "1e", "1e+", "0x1", "1_000", "NaN", "Infinity", "-Infinity", "1 2"),
    *("true", "false", "null", '"1"', "[]", "[1]", "{}", '{"a":1}', '""', '"a:b"', "'1'", "1/**/", ""),
)
TEXTS: Final = (
    *('"Oslo"', '"small"', '"sm\\u0061ll"', '"l\\u00e4ge"', '"la\\u0308ge"', '""', '"abc"', '"abcd"', '"a:b"'),
    *('"\\ud83d\\ude00"', '"\\ud800"', '"\\ude00"', '"\\ud800\\ud800"', '"\\ud800x"', '"\\u0000"', '"\\x41"', '"\\/"'),
    *('"\x00"', '"\x1f"', '"\n"', '"\x7f"', '"\\u00"', '"\\"', '"', '"\ufeff"', '"\uffff"', "null", "1", "true"),
)
TOKENS: Final = (*NUMBERS, *TEXTS, *'{}[],:" \t\r\n\v', "\u00a0", "\ufeff", '"a":1,', '"number":2,', '"\\u0061"')


def outcome(validator: Validator, body: bytes) -> object:
    """Everything that a caller can tell of an answer."""
    try:
        batch = validator.validate(body)
    except InvalidInput as error:
        return error.findings, error.total
    except MalformedJson as error:
        return str(error)
    columns = batch.columns
    texts = {place: list(values) for place, values in columns.texts.items()}
    return batch.is_array, columns.matrix.shape, columns.matrix.tobytes(), dict(columns.unseen), texts


class Nobody:
    """Accepts no body."""

    def accept(self, *_: object, **__: object) -> None:
        """Look closely."""


def slow(validator: Validator) -> Validator:
    """The same validator without the fast way in."""
    changed = object.__new__(Validator)
    vars(changed).update(vars(validator), _acceptor=Nobody())
    return changed


def agree(validator: Validator, body: bytes) -> None:
    """With and without it, the answer is the same."""
    assert outcome(validator, body) == outcome(slow(validator), body)


def is_accepted(name: str, value: Json | bytes) -> bool:
    """Does it get in the fast way?"""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    validator = FAST[name]
    colons, array = body.count(b":"), body.startswith(b"[")
    return validator._acceptor.accept(body, array=array, colons=colons, keys=validator._keys) is not None


@pytest.mark.parametrize("name", FAST)
def test_the_ordinary_body_gets_in_the_fast_way(name: str) -> None:
    """Else the tests below would hold for nothing."""
    assert is_accepted(name, VALID[name])
    assert is_accepted(name, [VALID[name]] * 3)
    agree(FAST[name], json.dumps([VALID[name]] * 3, ensure_ascii=False, indent=1).encode())


def test_a_field_that_may_be_left_out_is_null() -> None:
    """And a key that is there twice in its place is found."""
    town = {key: value for key, value in VALID["mixed"].items() if key != "town"}
    assert is_accepted("mixed", town)
    assert is_accepted("mixed", [town, VALID["mixed"], town])
    agree(FAST["mixed"], json.dumps([town, VALID["mixed"], town]).encode())
    body = json.dumps(town).encode()
    for twice in (b'"number": 1, "note"', b'"town": null, "town": "Oslo", "note"', b'"town": "a", "note"'):
        agree(FAST["mixed"], body.replace(b'"note"', twice))
        agree(FAST["mixed"], b"[%b,%b]" % (body, body.replace(b'"note"', twice)))


@pytest.mark.parametrize("literal", NUMBERS)
def test_a_number_is_the_same_number(literal: str) -> None:
    """To the last bit, the sign of zero included; invalid numbers are not accepted."""
    for old in ("0.5", "null", "3.0"):
        body = json.dumps(VALID["level"]).replace(old, literal).encode()
        agree(FAST["level"], body)
        agree(FAST["level"], b"[%b,%b]" % (body, body))


@many
@given(st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_any_number_is_the_same_number(literal: str) -> None:
    """However it is written."""
    for old in ("0.5", "null", "3.0"):
        agree(FAST["level"], json.dumps(VALID["level"]).replace(old, literal).encode())


@many
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_double_is_itself(value: float) -> None:
    """As its shortest text, and as the halfway point to the next one."""
    for text in (repr(value), f"{value:.17g}", f"{value:.60e}"):
        agree(FAST["level"], json.dumps(VALID["level"]).replace("null", text).encode())


@pytest.mark.parametrize("literal", TEXTS)
def test_a_text_is_the_same_text(literal: str) -> None:
    """Or none at all."""
    whole = json.dumps(VALID["mixed"], ensure_ascii=False)
    for old in ('"é\U0001f600"', '"läge"', '"Bergen"'):
        agree(FAST["mixed"], whole.replace(old, literal).encode())
    for broken in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"):
        agree(FAST["mixed"], whole.encode().replace("é".encode(), broken))


@many
@given(st.sampled_from(sorted(FAST)), st.data())
def test_a_body_with_a_fault_is_the_same_fault(name: str, data: st.DataObject) -> None:
    """Wherever some bytes are taken away and others put in."""
    value = VALID[name] if data.draw(st.booleans()) else [VALID[name]] * 2
    body = json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode()
    for _ in range(data.draw(st.integers(1, 2))):
        start = data.draw(st.integers(0, len(body)))
        end = start + data.draw(st.integers(0, 12))
        put = data.draw(st.sampled_from(TOKENS).map(str.encode) | st.binary(max_size=3))
        body = body[:start] + put + body[end:]
    agree(FAST[name], body)


@many
@given(st.data())
def test_any_signature_is_served_alike(data: st.DataObject) -> None:
    """Whatever its features, and for instances that fit nearly always."""
    contract = data.draw(signatures())
    validator = Validator(contract)
    agree(validator, json.dumps(data.draw(st.lists(instances(contract), max_size=3) | instances(contract))).encode())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_the_corpus_is_read_alike(path: Path) -> None:
    """As a body, and in the place of a number and of a text."""
    document = path.read_bytes()
    agree(FAST["level"], document)
    agree(FAST["level"], json.dumps(VALID["level"]).encode().replace(b"null", document))
    agree(FAST["mixed"], json.dumps(VALID["mixed"]).encode().replace(b'"Bergen"', document))


def test_what_is_odd_is_left_to_pydantic() -> None:
    """A key twice, in place of one that is left out, too, an unknown one, a colon in a text, no instance, too many."""
    town = {key: value for key, value in VALID["mixed"].items() if key != "town"}
    twice = json.dumps(VALID["level"]).encode().replace(b'"boolean"', b'"integer": 4, "boolean"')
    assert not is_accepted("level", twice)
    assert not is_accepted("level", twice.replace(b', "boolean": true', b""))
    assert not is_accepted("mixed", json.dumps(town).encode().replace(b'"note"', b'"number": 1, "note"'))
    assert not is_accepted("mixed", town | {"unknown": 1})
    assert not is_accepted("mixed", VALID["mixed"] | {"town": "a:b"})
    assert not is_accepted("level", [])
    assert not is_accepted("level", [VALID["level"]] * 10_001)


UNSUITED: Final[Mapping[str, Signature]] = {
    "a list": signature(feature("x.0")),
    "a date": signature(feature("x", "date")),
    "a datetime": signature(feature("x", "datetime")),
    "a pattern": signature(feature("x", "string", pattern="a")),
    "a multiple": signature(feature("x", multiple_of=0.1)),
    "numbers to choose from": signature(feature("x", "integer", enumeration=(1, 2))),
    "two lower bounds": signature(feature("x", minimum=1, exclusive_minimum=1)),
    "a key with a colon": signature(feature("x:y")),
    "nothing that must be there": signature(feature("x", nullable=True, required=False)),
    "a key with a quote": signature(feature('x"y')),
}


@pytest.mark.parametrize("name", UNSUITED)
def test_some_signatures_are_for_pydantic_alone(name: str) -> None:
    """Where the two libraries could differ, or msgspec has no word for it."""
    with pytest.raises(Unsuited):
        Acceptor(UNSUITED[name], 10)


def test_a_policy_of_rejecting_is_for_pydantic_alone() -> None:
    """As it looks at what training saw."""
    assert isinstance(Validator(LEVEL, out_of_range="reject")._acceptor, JsonReader)


def test_any_value_of_a_suited_signature_gets_in() -> None:
    """Bounds are held where they are declared, and not a step further in."""
    highest: Any = {"a": {"number": 999999999.9999999, "any": -1e308}, "b": {"integer": None, "boolean": False}}
    lowest: Any = {"a": {"number": -5, "any": 5e-324}, "b": {"integer": -4e18, "boolean": False}}
    assert is_accepted("level", [highest, lowest])

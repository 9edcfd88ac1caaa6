"""From bytes to columns, or to every reason why not."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import EVERY_TYPE, VALID, feature, instances, many, one, signature, signatures
from twinserve.signature import Feature, FeatureType, Finding, Signature
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import Validator
from twinserve.signature.signature import OutOfRange

NULL = "Must not be null."
THREE = signature(feature("a"), feature("g.b", nullable=True, required=False), feature("g.c", "string"))


def errors(validator: Validator, body: bytes | str | Any) -> list[tuple[str, str]]:
    """Pointer and code of every finding, in their order."""
    return [
        ("".join(f"/{part}" for part in finding.path), finding.code) for finding in refusal(validator, body).findings
    ]


def refusal(validator: Validator, body: bytes | str | Any) -> InvalidInput:
    """Why this body is no instance."""
    with pytest.raises(InvalidInput) as refused:
        validator.validate(encoded(body))
    return refused.value


def encoded(body: bytes | str | Any) -> bytes:
    """Bytes as they are, text in UTF-8, anything else as JSON."""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def value(kind: str, text: str, **facts: Any) -> float:
    """The number in the column for one JSON text."""
    return float(one(kind, **facts).validate(f'{{"x":{text}}}'.encode()).columns.matrix[0, 0])


# ---- what is valid --------------------------------------------------------------------------------------------------


def test_one_instance_becomes_columns_in_signature_order() -> None:
    batch = Validator(EVERY_TYPE).validate(encoded(VALID))
    at = 1_709_209_800.25
    assert not batch.is_array
    np.testing.assert_array_equal(batch.columns.matrix, [[0.5, 3, 1, math.nan, 1, -1, 19782, at, 59.9, math.nan]])
    assert batch.columns.texts == {3: ['a "colon": here']}
    assert batch.columns.unseen == {(0, 5): "Ålesund"}


def test_the_order_of_keys_does_not_matter() -> None:
    def turned(node: Any) -> Any:
        return {key: turned(node[key]) for key in reversed(node)} if isinstance(node, dict) else node

    plain = Validator(EVERY_TYPE).validate(encoded(VALID)).columns
    other = Validator(EVERY_TYPE).validate(encoded(turned(VALID))).columns
    np.testing.assert_array_equal(other.matrix, plain.matrix)


@pytest.mark.parametrize("count", [1, 2, 50])
def test_an_array_is_a_batch_in_its_order(count: int) -> None:
    batch = one().validate(encoded([{"x": place} for place in range(count)]))
    assert batch.is_array
    assert batch.columns.matrix[:, 0].tolist() == list(range(count))


@pytest.mark.parametrize("space", ["", " ", "\n\t\r "])
def test_white_space_around_the_body_is_fine(space: str) -> None:
    assert one().validate(f'{space}[{space}{{"x":1}}]{space}'.encode()).is_array


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("number", "1.5", 1.5),
        ("number", "-7", -7.0),
        ("number", "1e308", 1e308),
        ("number", "5e-324", 5e-324),
        ("number", "0.1", 0.1),
        ("number", "9007199254740993", 9007199254740992.0),
        ("number", "1" + "0" * 308, 1e308),
        ("number", "1" + "0" * 5000 + "e-5000", 1.0),
        ("number", "0." + "0" * 5000 + "1e5001", 1.0),
        ("integer", "1", 1.0),
        ("integer", "1.0", 1.0),
        ("integer", "1e3", 1000.0),
        ("integer", "-0", 0.0),
        ("integer", "1" + "0" * 30, 1e30),
        ("boolean", "true", 1.0),
        ("boolean", "false", 0.0),
        ("date", '"1970-01-02"', 1.0),
        ("date", '"0001-01-01"', -719162.0),
        ("date", '"2024-02-29"', 19782.0),
        ("datetime", '"1970-01-01T00:00:01"', 1.0),
        ("datetime", '"1970-01-01T00:00:01Z"', 1.0),
        ("datetime", '"1970-01-01t01:00:01z"', 3601.0),
        ("datetime", '"1970-01-01T01:00:01+01:00"', 1.0),
        ("datetime", '"1969-12-31T19:00:01-05:00"', 1.0),
        ("datetime", '"1970-01-01T00:00:00.5Z"', 0.5),
        ("datetime", '"1970-01-01T00:00:00.123456789Z"', 0.123456),
    ],
)
def test_every_value_becomes_its_number(kind: str, text: str, expected: float) -> None:
    assert value(kind, text) == expected


@pytest.mark.parametrize("policy", ["warn", "reject"])
@pytest.mark.parametrize(
    ("kind", "text", "sign"),
    [
        ("number", "-0", -1.0),
        ("number", "-0.0", -1.0),
        ("number", "-0e-5", -1.0),
        ("number", "0", 1.0),
        ("integer", "-0", 1.0),
        ("integer", "-0.0", 1.0),
    ],
)
def test_a_zero_has_the_sign_that_its_type_has(kind: str, text: str, sign: float, policy: OutOfRange) -> None:
    """A double has a negative zero and an integer has none, alone, in a batch and among strings that look like one."""
    contract = signature(feature("x", kind), feature("y", "string"), feature("z"))
    validator = Validator(contract, out_of_range=policy)
    given = f'{{"z": -1.5, "y": "-0 \\" -0, ", "x":{text}}}'
    for body in (given, f"[{given}]", f'[{given},{{"x":1,"y":"","z":-2}}]'):
        columns = validator.validate(body.encode()).columns
        assert math.copysign(1.0, columns.matrix[0, 0]) == sign
        assert (columns.texts[1][0], columns.matrix[0, 2]) == ('-0 " -0, ', -1.5)
    python = validator.validate_value({"x": -0.0 if "-" in text else 0.0, "y": "", "z": 1.0}).columns
    assert math.copysign(1.0, python.matrix[0, 0]) == sign


@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.just(-0.0), min_size=2, max_size=4))
def test_every_number_is_read_as_it_is_written(numbers: list[float]) -> None:
    """To the bit, however it is written: `-0` as JavaScript writes it, and an integer without its point."""
    written = [repr(number).removesuffix(".0") if abs(number) < 1e15 else repr(number) for number in numbers]
    body = ",".join(f'{{"x":{text}}}' for text in written)
    matrix = one().validate(f"[{body}]".encode()).columns.matrix
    assert matrix.ravel().tobytes() == np.array(numbers).tobytes()


@pytest.mark.parametrize("kind", ["number", "integer", "boolean", "date", "datetime", "category"])
def test_null_becomes_nan_where_it_is_allowed(kind: str) -> None:
    assert math.isnan(value(kind, "null", nullable=True))


def test_null_in_a_string_stays_none() -> None:
    assert one("string", nullable=True).validate(b'{"x":null}').columns.texts == {0: [None]}


def test_an_optional_leaf_left_out_means_null() -> None:
    batch = Validator(THREE).validate(b'[{"a":1,"g":{"c":"x"}},{"a":1,"g":{"b":2,"c":"x"}}]')
    np.testing.assert_array_equal(batch.columns.matrix[:, 1], [math.nan, 2])


def test_an_optional_text_left_out_means_null() -> None:
    assert one("string", nullable=True, required=False).validate(b"{}").columns.texts == {0: [None]}


def test_integers_of_an_enumeration_may_be_written_as_doubles() -> None:
    assert value("integer", "3.0", enumeration=(1, 3)) == 3.0


# ---- what is not ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("number", '"1.5"', "type"),
        ("number", "true", "type"),
        ("number", "[]", "type"),
        ("number", "{}", "type"),
        ("number", "null", "null"),
        ("number", "1e309", "too-large"),
        ("number", "-1e309", "too-large"),
        ("number", "1" + "0" * 309, "too-large"),
        ("number", "-1" + "0" * 309, "too-large"),
        ("number", "1" + "0" * 4000, "too-large"),
        ("number", "1" + "0" * 6000, "too-large"),
        ("number", "1" + "0" * 6000 + ".5", "too-large"),
        ("integer", "1.5", "type"),
        ("integer", "true", "type"),
        ("integer", '"1"', "type"),
        ("integer", "1" + "0" * 400, "too-large"),
        ("integer", "1e999", "too-large"),
        ("integer", "null", "null"),
        ("boolean", "1", "type"),
        ("boolean", '"true"', "type"),
        ("boolean", "null", "null"),
        ("string", "1", "type"),
        ("string", "null", "null"),
        ("category", "1", "type"),
        ("category", "null", "null"),
        ("date", "20200101", "format"),
        ("date", '"2020-1-1"', "format"),
        ("date", '"20200101"', "format"),
        ("date", '"2020-W01-1"', "format"),
        ("date", '"2020-02-30"', "format"),
        ("date", '"2020-01-01T00:00:01"', "format"),
        ("date", "true", "type"),
        ("date", '"2020-01-01\\n"', "format"),
        ("date", '"٢٠٢٠-01-01"', "format"),
        ("date", "null", "null"),
        ("datetime", '"2020-01-01"', "format"),
        ("datetime", '"2020-01-01  00:00:00"', "format"),
        ("datetime", '"2020-01-01T00:00"', "format"),
        ("datetime", '"2020-01-01T24:00:00"', "format"),
        ("datetime", '"2020-01-01T00:60:00"', "format"),
        ("datetime", '"2020-06-30T23:59:60Z"', "format"),
        ("datetime", '"2020-01-01T00:00:00+24:00"', "format"),
        ("datetime", '"2020-01-01T00:00:00+10:60"', "format"),
        ("datetime", '"2020-01-01T00:00:00.Z"', "format"),
        ("datetime", '"2020-01-01T00:00:00,5Z"', "format"),
        ("datetime", '"2020-13-01T00:00:00Z"', "format"),
        ("datetime", "0.5", "format"),
        ("datetime", "1e300", "format"),
        ("datetime", "[]", "type"),
        ("datetime", "null", "null"),
    ],
)
def test_nothing_is_coerced(kind: str, text: str, code: str) -> None:
    assert errors(one(kind), f'{{"x":{text}}}') == [("/x", code)]
    assert errors(one(kind), f'[{{"x":{text}}}]') == [("/0/x", code)]


@pytest.mark.parametrize(
    ("kind", "declared", "inside", "outside", "code"),
    [
        ("number", {"minimum": 1}, "1", "0.999", "bound"),
        ("number", {"maximum": 1}, "1", "1.001", "bound"),
        ("number", {"exclusive_minimum": 1}, "1.001", "1", "bound"),
        ("number", {"exclusive_maximum": 1}, "0.999", "1", "bound"),
        ("number", {"multiple_of": 0.5}, "1.5", "1.4", "bound"),
        ("number", {"multiple_of": 0.5}, "1.0000000009", "1.0000000011", "bound"),
        ("number", {"multiple_of": 1000}, "999.9999999991", "999.9999999989", "bound"),
        ("number", {"multiple_of": 0.1}, "0.3", "123456789.1", "bound"),
        ("integer", {"minimum": 1}, "1.0", "0", "bound"),
        ("integer", {"multiple_of": 10}, "10000000000", "10000000001", "bound"),
        ("integer", {"enumeration": (1, 3)}, "1", "2", "enumeration"),
        ("string", {"min_length": 2}, '"é\\ud83d\\ude00"', '"\\ud83d\\ude00"', "length"),
        ("string", {"max_length": 1}, '"\\ud83d\\ude00"', '"ab"', "length"),
        ("string", {"pattern": "^a+$"}, '"aa"', '"ab"', "pattern"),
        ("category", {"enumeration": ("a", "b")}, '"b"', '"c"', "enumeration"),
    ],
)
def test_declared_constraints_hold_to_the_edge(
    kind: str, declared: dict[str, Any], inside: str, outside: str, code: str
) -> None:
    validator = one(kind, **declared)
    validator.validate(f'{{"x":{inside}}}'.encode())
    assert errors(validator, f'{{"x":{outside}}}') == [("/x", code)]


@pytest.mark.parametrize("body", ["1", "null", '"x"', "true"])
def test_a_body_that_is_neither_object_nor_array_is_refused_whole(body: str) -> None:
    (finding,) = refusal(one(), body).findings
    assert finding.path == ()
    assert finding.code == ("null" if body == "null" else "type")


@pytest.mark.parametrize("group", ["null", "1", "[]", '"x"'])
def test_a_group_must_be_an_object(group: str) -> None:
    expected = "null" if group == "null" else "type"
    assert errors(Validator(THREE), f'{{"a":1,"g":{group}}}') == [("/g", expected)]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ("null", [("/v", "null")]),
        ("{}", [("/v", "type")]),
        ("1", [("/v", "type")]),
        ("[]", [("/v/0", "missing"), ("/v/1", "missing")]),
        ("[1]", [("/v/1", "missing")]),
        ("[1,2,3]", [("/v", "length")]),
        ('["a",2,null]', [("/v", "length"), ("/v/0", "type")]),
        ('["a",true]', [("/v/0", "type"), ("/v/1", "type")]),
        ("[null,null]", [("/v/0", "null")]),
    ],
)
def test_a_list_holds_exactly_its_places(places: str, expected: list[tuple[str, str]]) -> None:
    validator = Validator(signature(feature("v.0"), feature("v.1", nullable=True)))
    assert errors(validator, f'{{"v":{places}}}') == expected


def test_what_a_list_within_a_list_is_too_long_by_hides_no_other_error() -> None:
    """At any depth, in a batch, and counted where it is not listed."""
    places = [(part, place, inner) for part in "ab" for place in (0, 1) for inner in (0, 1)]
    features = tuple(Feature(path=path, type=FeatureType.NUMBER) for path in places)
    validator = Validator(Signature(features=features))
    body = [{"a": [[1, 2, 3], ["x", 2], 5], "b": [[True, 2, 3], [1]]}] * 50
    each = [("/a", "length"), ("/a/0", "length"), ("/a/1/0", "type")]
    each += [("/b/0", "length"), ("/b/0/0", "type"), ("/b/1/1", "missing")]
    assert errors(validator, body[0]) == each
    invalid = refusal(validator, body)
    assert (len(invalid.findings), invalid.total) == (MAX_ERRORS, 50 * len(each))


def test_every_error_is_told_in_signature_order_with_unknown_fields_after_the_known() -> None:
    body = '{"z":1,"g":{"y":1,"c":5,"b":"x"},"a":"1","b":{"deep":2}}'
    assert errors(Validator(THREE), body) == [
        ("/a", "type"),
        ("/g/b", "type"),
        ("/g/c", "type"),
        ("/g/y", "unknown"),
        ("/b", "unknown"),
        ("/z", "unknown"),
    ]


def test_a_batch_tells_its_errors_row_by_row() -> None:
    body = '[{"a":1,"g":{"c":"x"}},{},3,{"a":null,"g":{}}]'
    assert errors(Validator(THREE), body) == [
        ("/1/a", "missing"),
        ("/1/g", "missing"),
        ("/2", "type"),
        ("/3/a", "null"),
        ("/3/g/c", "missing"),
    ]


@pytest.mark.parametrize("count", [MAX_ERRORS - 1, MAX_ERRORS, MAX_ERRORS + 1, 2000])
def test_at_most_a_hundred_errors_are_told_and_the_rest_counted(count: int) -> None:
    refused = refusal(one(), [{}] * count)
    assert (len(refused.findings), refused.total) == (min(count, MAX_ERRORS), count)
    assert str(refused) == f"{count} errors in the input."


def test_the_cap_holds_for_one_instance_with_many_unknown_fields() -> None:
    refused = refusal(one(), {"x": 1, **{f"k{place}": 0 for place in range(300)}})
    assert (len(refused.findings), refused.total) == (MAX_ERRORS, 300)


def test_one_error_is_told_in_the_singular() -> None:
    assert str(refusal(one(), "{}")) == "1 error in the input."


def test_errors_beside_absurd_values_are_counted_as_without_them() -> None:
    refused = refusal(one(), f'[{{"x":{"9" * 5000}}}{",{}" * 300}]')
    assert (len(refused.findings), refused.total) == (MAX_ERRORS, 301)


def test_an_empty_batch_is_refused() -> None:
    assert refusal(one(), " [ ] ").findings == [Finding((), "length", "A batch must hold at least one instance.")]


@pytest.mark.parametrize("rows", [4, 40])
def test_a_batch_over_the_limit_is_one_error_whatever_it_holds(rows: int) -> None:
    validator = Validator(signature(feature("x")), max_batch=3)
    validator.validate(encoded([{"x": 1}] * 3))
    for row in ({"x": 1}, {"x": "wrong"}, 7):
        refused = refusal(validator, [row] * rows)
        assert refused.findings == [Finding((), "length", "A batch may hold 3 instances at most.")]
        assert refused.total == 1


@pytest.mark.parametrize("depth", [100, 101, 250, 5000])
def test_deep_nesting_is_an_error_and_no_crash(depth: int) -> None:
    expected = [("", "depth") if depth > 100 else ("/x", "type")]
    assert errors(one(), '{"x":' + "[" * (depth - 1) + "]" * (depth - 1) + "}") == expected
    assert errors(one(), '{"x":' * depth + "1" + "}" * depth) == expected


def test_the_models_own_depth_is_never_too_deep() -> None:
    validator = Validator(signature(feature("x.y.z")), max_depth=1)
    assert errors(validator, '[{"x":{"y":{"z":"wrong"}}}]') == [("/0/x/y/z", "type")]
    assert errors(validator, '[{"x":{"y":{"z":[]}}}]') == [("", "depth")]


def test_pointers_of_odd_names() -> None:
    validator = Validator(signature(feature("a/b~c"), feature("ø")))
    assert errors(validator, '{"a/b~c":"","ø":""}') == [("/a/b~c", "type"), ("/ø", "type")]


# ---- malformed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2,"g":{"c":"x"}}',
        b'{"a":1,"g":{"c":"x","c":"x"}}',
        b'{"a":1,"g":{"b":1,"b":1,"c":"x"}}',
        b'{"a":1,"g":{"b":null,"c":"x","\\u0063":"x"}}',
        b'{"a":1,"g":{"c":"x"},"g":{"c":"x"}}',
        b'{"a":1,"g":{"c":"::::"},"a":1}',
        b'[{"a":1,"g":{"c":"x"}},{"a":1,"a":1,"g":{"c":"x"}}]',
        b'[{"a":1,"g":{"c":"x"}},{"a":1,"g":{"b":1,"c":"x"}},{"a":1,"g":{"c":"x","c":""}}]',
    ],
)
def test_a_duplicate_key_is_found_in_what_is_valid_otherwise(body: bytes) -> None:
    """Fields left out, nulls and colons in strings hide none."""
    with pytest.raises(MalformedJson, match=r"Duplicate key at line 1 column \d+\."):
        Validator(THREE).validate(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"g":{"c":":"}}',
        b'{"a":1,"g":{"c":"\\":\\":"}}',
        b'{"a":1,"g":{"b":1,"c":":a:"}}',
        b'[{"a":1,"g":{"c":"\\u003a"}},{"a":1,"g":{"b":1,"c":"{\\"a\\":1,\\"a\\":2}"}}]',
    ],
)
def test_colons_in_strings_are_no_keys(body: bytes) -> None:
    Validator(THREE).validate(body)


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "{",
        '{"x":1',
        '{"x":1}}',
        '{"x":1,}',
        "{'x':1}",
        '{"x":01}',
        '{"x":+1}',
        '{"x":.5}',
        '{"x":1.}',
        '{"x":NaN}',
        '{"x":-Infinity}',
        '{"x":"\\ud800"}',
        '\ufeff{"x":1}',
        '[{"x":1}',
        '[{"x":1},]',
        '{"x":1}//',
        '{"x":1}\x00',
        '{"x":"\t"}',
    ],
)
def test_what_is_no_json_is_malformed(body: str) -> None:
    for kind in ("number", "string"):
        with pytest.raises(MalformedJson):
            one(kind).validate(body.encode())


@pytest.mark.parametrize(
    "body",
    [b'{"x":"a","y":1,"y":2}', b'{"y":NaN}', b'{"x":1e999,"z":[{"k":1,"k":2}]}', b'[{},{"x":1},{"x":Infinity}]'],
)
def test_malformed_wins_over_every_other_error(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        one().validate(body)


# ---- the policy for what training never saw -------------------------------------------------------------------------

SEEN = signature(
    feature("n", nullable=True, seen_minimum=0.0, seen_maximum=10.0),
    feature("i", "integer", seen_minimum=0.0, seen_maximum=10.0),
    feature("c", "category", nullable=True, seen_categories=("a", "b")),
    feature("open"),
)


def test_reject_turns_what_training_never_saw_into_errors() -> None:
    validator = Validator(SEEN, out_of_range="reject")
    body = {"n": -0.5, "i": 11, "c": "z", "open": 1e9}
    assert errors(validator, body) == [("/n", "out-of-range"), ("/i", "out-of-range"), ("/c", "unseen-category")]
    assert refusal(validator, body).findings[0].detail == "Outside the range that training saw: 0.0 to 10.0."


@pytest.mark.parametrize("body", [{"n": 0, "i": 10, "c": "a", "open": 0}, {"n": None, "i": 0, "c": None, "open": 0}])
def test_reject_takes_the_edges_and_nulls(body: dict[str, Any]) -> None:
    Validator(SEEN, out_of_range="reject").validate(encoded(body))


def test_warn_takes_what_training_never_saw() -> None:
    Validator(SEEN).validate(b'{"n":-0.5,"i":11,"c":"z","open":1}')


# ---- any signature, any instance ------------------------------------------------------------------------------------


def findings(validator: Validator, value: Any) -> list[Finding]:
    """Everything that is wrong with a value; nothing if it is valid."""
    try:
        validator.validate(json.dumps(value).encode())
    except InvalidInput as refused:
        return list(refused.findings)
    return []


@many
@given(signatures(), st.data())
def test_a_batch_says_of_each_row_what_that_row_says_alone(contract: Signature, data: st.DataObject) -> None:
    not_a_batch = instances(contract).filter(lambda value: not isinstance(value, list))
    rows = data.draw(st.lists(not_a_batch, min_size=1, max_size=4))
    validator = Validator(contract)
    alone = [
        Finding((place, *finding.path), finding.code, finding.detail)
        for place, row in enumerate(rows)
        for finding in findings(validator, row)
    ]
    assert findings(validator, rows) == alone


@many
@given(signatures(), st.data())
def test_a_sentence_never_holds_what_was_sent(contract: Signature, data: st.DataObject) -> None:
    row = data.draw(instances(contract))
    marked = json.loads(json.dumps(row), parse_int=lambda _: "MARKER", parse_float=lambda _: "MARKER")
    marked_findings = findings(Validator(contract, out_of_range="reject"), [marked])
    assert not any("MARKER" in finding.detail for finding in marked_findings)


def test_unknown_keys_by_the_ten_thousands_are_counted_and_the_first_are_named() -> None:
    """Without a list of all of them: that of 800,000 took 1.7 GB."""
    only = Feature(path=("x",), type=FeatureType.NUMBER)
    body = json.dumps({"x": "1", **{f"k{number:05d}": 1 for number in range(20_000)}}).encode()
    with pytest.raises(InvalidInput) as refused:
        Validator(Signature(features=(only,))).validate(body)
    assert refused.value.total == 20_001
    assert [finding.path for finding in refused.value.findings] == [("x",), *((f"k{n:05d}",) for n in range(99))]


def test_a_valid_batch_with_more_colons_than_keys_is_valid() -> None:
    """Strings may hold as many as they like."""
    only = Feature(path=("x",), type=FeatureType.STRING)
    batch = Validator(Signature(features=(only,))).validate(json.dumps({"x": ":" * 20_000}).encode())
    assert batch.columns.texts == {0: [":" * 20_000]}

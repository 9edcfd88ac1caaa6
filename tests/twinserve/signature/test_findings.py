"""Every error that our rules can raise has a code and a sentence of ours."""

from __future__ import annotations

import ast
import inspect
import json
from typing import Any

import pytest

from tests.twinserve.signature.made import feature, one, signature
from twinserve.signature import Constraints, Feature, FeatureType, Finding, findings
from twinserve.signature.findings import EXPLANATIONS, explain, unseen_category, unseen_range
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.novelty import Novelty
from twinserve.signature.request.validator import Validator

# Kind of leaf, what is declared or was seen, a value that is wrong; the code and the sentence that follow.
WRONG: tuple[tuple[str, dict[str, Any], Any, str, str], ...] = (
    ("number", {}, "1", "type", "Must be a number."),
    ("number", {}, None, "null", "Must not be null."),
    ("number", {}, 10**400, "too-large", "Must be a number that a finite double can hold."),
    ("number", {"minimum": 1}, 0, "bound", "Must be at least 1."),
    ("number", {"exclusive_minimum": 0.1}, 0.1, "bound", "Must be greater than 0.10000000000000001."),
    ("number", {"maximum": -2.5}, 0, "bound", "Must be at most -2.5."),
    ("number", {"exclusive_maximum": 0}, 0, "bound", "Must be less than 0."),
    ("number", {"multiple_of": 0.5}, 0.7, "bound", "Must be a multiple of 0.5."),
    ("number", {"seen_minimum": 0.0, "seen_maximum": 0.1}, 2, "out-of-range",
     "Outside the range that training saw: 0.0 to 0.1."),
    ("integer", {}, 1.5, "type", "Must be an integer."),
    ("integer", {}, "5", "type", "Must be an integer."),
    ("integer", {}, True, "type", "Must be an integer."),
    ("integer", {"nullable": True}, "5", "type", "Must be an integer."),
    ("integer", {}, None, "null", "Must not be null."),
    ("integer", {}, 10**400, "too-large", "Must be a number that a finite double can hold."),
    ("integer", {"enumeration": (1, 2)}, 3, "enumeration", "Must be one of 1, 2."),
    ("boolean", {}, 1, "type", "Must be true or false."),
    ("string", {}, 1, "type", "Must be a string."),
    ("string", {"min_length": 2}, "a", "length", "Must hold 2 characters at least."),
    ("string", {"max_length": 2}, "abc", "length", "Must hold 2 characters at most."),
    ("string", {"pattern": "^a"}, "b", "pattern", "Must match ^a."),
    ("category", {"enumeration": ("ø", 'a"b')}, "c", "enumeration", 'Must be one of "ø", "a\\"b".'),
    ("category", {"seen_categories": ("a",)}, "c", "unseen-category", "A category that training never saw."),
    ("date", {}, "x", "format",
     "Must be a date: YYYY-MM-DD, or its midnight as a date and time or as milliseconds since 1970 (UTC)."),
    ("datetime", {}, "x", "format",
     "Must be a date and time as in RFC 3339, or milliseconds since 1970; without an offset it is taken as UTC."),
)  # fmt: skip


def findings_of(validator: Validator, value: Any) -> list[Finding]:
    """What is wrong with this value."""
    with pytest.raises(InvalidInput) as refused:
        validator.validate(json.dumps(value).encode())
    return list(refused.value.findings)


@pytest.mark.parametrize(("kind", "facts", "value", "code", "sentence"), WRONG)
def test_every_wrong_leaf_has_its_code_and_sentence(
    kind: str, facts: dict[str, Any], value: Any, code: str, sentence: str
) -> None:
    validator = Validator(signature(feature("x", kind, **facts)), out_of_range="reject")
    assert findings_of(validator, {"x": value}) == [Finding(("x",), code, sentence)]


def test_an_integer_is_called_one_wherever_it_stands() -> None:
    """In groups, fixed-length arrays and batches."""
    validator = Validator(signature(feature("g.n", "integer"), feature("v.0", "integer"), feature("v.1")))
    assert findings_of(validator, [{"g": {"n": "5"}, "v": [True, True]}]) == [
        Finding((0, "g", "n"), "type", "Must be an integer."),
        Finding((0, "v", 0), "type", "Must be an integer."),
        Finding((0, "v", 1), "type", "Must be a number."),
    ]


def test_every_wrong_shape_has_its_code_and_sentence() -> None:
    validator = Validator(signature(feature("a"), feature("v.0"), feature("g.b"), feature("w.0")))
    assert findings_of(validator, {"v": [1, 2], "g": 1, "w": {}, "u": 1}) == [
        Finding(("a",), "missing", "This field is required."),
        Finding(("v",), "length", "Must hold 1 items."),
        Finding(("g",), "type", "Must be an object."),
        Finding(("w",), "type", "Must be an array."),
        Finding(("u",), "unknown", "This field is not part of the input."),
    ]


def test_every_explanation_can_be_reached_and_says_one_sentence() -> None:
    """A sentence that no input can earn would be dead text."""
    reached = {(code, sentence) for _, _, _, code, sentence in WRONG}
    codes = {code for code, _ in reached} | {"missing", "unknown", "duplicate"}
    assert {code for code, _ in EXPLANATIONS.values()} | {"null"} == codes
    assert all(sentence.endswith(".") and sentence.count(". ") == 0 for _, sentence in reached)


def test_every_error_type_that_the_rules_raise_themselves_is_explained() -> None:
    from twinserve.signature.request import core_schema

    raised = {
        name.value
        for node in ast.walk(ast.parse(inspect.getsource(core_schema)))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "PydanticCustomError"
        for name in ast.walk(node.args[0])
        if isinstance(name, ast.Constant)
    }
    assert len(raised) >= 6
    assert raised <= EXPLANATIONS.keys()


@pytest.mark.parametrize("kind", list(FeatureType))
@pytest.mark.parametrize(
    "value", [None, True, 0, -1, 1.5, 1e300, 10**30, 10**400, float("inf"), "", "x", "é" * 300, [], [1], {}, {"x": 1}]
)
def test_any_python_value_in_any_leaf_is_valid_or_explained(kind: FeatureType, value: Any) -> None:
    text = json.dumps(value).replace("Infinity", "1e999")
    try:
        one(kind.value).validate(f'{{"x":{text}}}'.encode())
    except InvalidInput as refused:
        (finding,) = refused.findings
    else:
        return
    assert finding.path == ("x",)


def test_a_warning_says_what_the_rejection_says() -> None:
    """One sentence for one thing, whatever the policy makes of it."""
    numbers = feature("n", seen_minimum=0.0, seen_maximum=1.0)
    categories = feature("c", "category", seen_categories=("a",))
    contract = signature(numbers, categories)
    body = {"n": 2.0, "c": "b"}
    batch = Validator(contract).validate(json.dumps(body).encode())
    assert Novelty(contract).find(batch.columns)[0] == findings_of(Validator(contract, out_of_range="reject"), body)


def test_the_sentences_of_news() -> None:
    assert unseen_range(("a", 1), 0.1, None) == Finding(
        ("a", 1), "out-of-range", "Outside the range that training saw: 0.1 to None."
    )
    assert unseen_category(("a",)).code == "unseen-category"


def test_an_unexplained_error_is_our_fault_and_no_silence() -> None:
    with pytest.raises(KeyError):
        explain({"type": "something_new", "loc": (), "input": 1})


def test_bounds_read_back_as_themselves() -> None:
    bound = 0.1 + 0.2
    limits = Constraints(minimum=bound)
    rule = Validator(signature(Feature(path=("x",), type=FeatureType.NUMBER, constraints=limits)))
    (finding,) = findings_of(rule, {"x": 0})
    assert float(finding.detail.split()[-1].rstrip(".")) == bound
    assert findings.range_text(bound, 1.0) == "0.30000000000000004 to 1.0"

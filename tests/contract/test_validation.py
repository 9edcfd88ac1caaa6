"""Well-formed JSON that is no instance: 422 with every error, its pointer, code and sentence, in one order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.conftest import OpenDoors
from tests.doors import Both
from tests.fakes import car, service_of

DATETIME = "Must be a date and time as in RFC 3339; without an offset it is taken as UTC."


def errors(both: Both, body: object) -> list[tuple[str, str]]:
    """Pointers and codes of a refusal."""
    answer = both.predict(body)
    assert (answer.status, answer.json()["type"]) == (422, "urn:twinserve:problem:invalid-input")
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def engine(**changes: Any) -> dict[str, Any]:
    """A car whose engine is changed."""
    return car(engine=car()["engine"] | changes)


@pytest.mark.parametrize(
    ("instance", "pointer", "code"),
    [
        # A number is a JSON number that a finite double holds, inside what is declared.
        (car(age="1.5"), "/age", "type"),
        (car(age=True), "/age", "type"),
        (car(age=[]), "/age", "type"),
        (car(age={}), "/age", "type"),
        (engine(power=None), "/engine/power", "null"),
        (engine(power=-0.001), "/engine/power", "bound"),
        (engine(power=2000.0000000000002), "/engine/power", "bound"),
        # An integer is a number without a fraction.
        (engine(cylinders="4"), "/engine/cylinders", "type"),
        (engine(cylinders=4.5), "/engine/cylinders", "type"),
        (engine(cylinders=True), "/engine/cylinders", "type"),
        (engine(cylinders=None), "/engine/cylinders", "null"),
        (engine(cylinders=0), "/engine/cylinders", "bound"),
        (engine(cylinders=17), "/engine/cylinders", "bound"),
        (car(doors=2.5), "/doors", "type"),
        # A boolean is true or false.
        (engine(turbo=1), "/engine/turbo", "type"),
        (engine(turbo="true"), "/engine/turbo", "type"),
        (engine(turbo=None), "/engine/turbo", "null"),
        # A category that is enumerated is one of its values, letter for letter.
        (car(colour="Red"), "/colour", "enumeration"),
        (car(colour=""), "/colour", "enumeration"),
        (car(colour=1), "/colour", "type"),
        (car(colour=None), "/colour", "null"),
        (car(city=5), "/city", "type"),
        # A string has a length in characters.
        (car(maker=""), "/maker", "length"),
        (car(maker="x" * 21), "/maker", "length"),
        (car(maker=5), "/maker", "type"),
        (car(maker=None), "/maker", "null"),
        # Dates are those of the calendar, in one form.
        (car(built="2015-02-30"), "/built", "format"),
        (car(built="2015-2-3"), "/built", "format"),
        (car(built="20150203"), "/built", "format"),
        (car(built="0000-01-01"), "/built", "format"),
        (car(built="2015-02-28T00:00:00Z"), "/built", "format"),
        (car(built="２０１５-02-28"), "/built", "format"),
        (car(built="2015-02-28\n"), "/built", "format"),
        (car(built=16494), "/built", "type"),
        (car(built=None), "/built", "null"),
        (car(sold="2016-05-01"), "/sold", "format"),
        (car(sold="2016-05-01 12:30:00"), "/sold", "format"),
        (car(sold="2016-05-01T25:00:00Z"), "/sold", "format"),
        (car(sold="2016-05-01T12:30Z"), "/sold", "format"),
        (car(sold="2016-05-01T12:30:00+0200"), "/sold", "format"),
        (car(sold="2016-13-01T12:30:00Z"), "/sold", "format"),
        # A list of numbers has its length, and each place its own rules.
        (car(wheels=[1, 2, 3]), "/wheels/3", "missing"),
        (car(wheels=[1, 2, 3, 4, 5]), "/wheels", "length"),
        (car(wheels=[1, 2, 0, 4]), "/wheels/2", "bound"),
        (car(wheels=[1, 2, "3", 4]), "/wheels/2", "type"),
        (car(wheels=[1, 2, None, 4]), "/wheels/2", "null"),
        (car(wheels={"0": 1}), "/wheels", "type"),
        (car(wheels=None), "/wheels", "null"),
        # A group is an object.
        (car(engine=[]), "/engine", "type"),
        (car(engine=None), "/engine", "null"),
        (car(engine="x"), "/engine", "type"),
        (engine(x=1), "/engine/x", "unknown"),
        (car(x=1), "/x", "unknown"),
        (car(**{"engine.power": 1}), "/engine.power", "unknown"),
        (car(**{"": 1}), "/", "unknown"),
    ],
)
def test_each_rule_has_its_code(both: Both, instance: object, pointer: str, code: str) -> None:
    """One thing is wrong, and one error says so; in a batch the same error has its place in front."""
    assert errors(both, instance) == [(pointer, code)]
    assert errors(both, [car(), instance]) == [(f"/1{pointer}", code)]


@pytest.mark.parametrize("text", ["1e309", "-1e309", "18" + "0" * 307, "-1" + "0" * 400, "9" * 5000])
@pytest.mark.parametrize("field", ["age", "doors"])
def test_a_number_that_no_finite_double_holds_is_too_large(both: Both, text: str, field: str) -> None:
    """However it is written."""
    body = json.dumps(car(**{field: "HERE"})).replace('"HERE"', text).encode()
    assert errors(both, body) == [(f"/{field}", "too-large")]


@pytest.mark.parametrize(
    "instance",
    [
        engine(cylinders=4.0),
        engine(power=0),
        engine(power=2000),
        engine(power=-0.0),
        car(age=None),
        car(sold=None),
        car(doors=None),
        car(fuel=None),
        car(city=None),
        car(colour="green"),
        car(maker="\U0001f600" * 20),
        car(built="2016-02-29"),
        car(built="0001-01-01"),
        car(built="9999-12-31"),
        car(sold="2016-05-01T12:30:00"),
        car(sold="2016-05-01t12:30:00.123456789z"),
        car(sold="2016-05-01T12:30:00+14:00"),
        car(wheels=[1e-300, 1, 1, 1]),
        {key: value for key, value in car().items() if key not in ("doors", "fuel", "city")},
    ],
)
def test_what_the_contract_allows_is_predicted(both: Both, instance: object) -> None:
    """The other side of each rule."""
    assert both.predict(instance).status == 200


@pytest.mark.parametrize("value", [None, True, 5, 1.5, "text", ""])
def test_a_value_that_is_neither_object_nor_array(both: Both, value: object) -> None:
    """One error, at the whole body: the empty pointer."""
    assert errors(both, value) == [("", "null" if value is None else "type")]


def test_every_error_is_told_in_the_order_of_the_contract(both: Both) -> None:
    """Known fields as the signature has them, unknown ones behind them in their group, whatever order they came in."""
    body = {
        "zz": 1,
        "wheels": ["x", 1, -1, 1],
        "aa": 1,
        "colour": "pink",
        "engine": {"y": 0, "turbo": 2, "power": "x", "b": 0},
    }
    expected = [
        ("/engine/power", "type"),
        ("/engine/cylinders", "missing"),
        ("/engine/turbo", "type"),
        ("/engine/b", "unknown"),
        ("/engine/y", "unknown"),
        ("/age", "missing"),
        ("/colour", "enumeration"),
        ("/maker", "missing"),
        ("/built", "missing"),
        ("/sold", "missing"),
        ("/wheels/0", "type"),
        ("/wheels/2", "bound"),
        ("/aa", "unknown"),
        ("/zz", "unknown"),
    ]
    assert errors(both, body) == expected
    assert errors(both, dict(reversed(body.items()))) == expected
    assert errors(both, [car(), car(), body]) == [(f"/2{pointer}", code) for pointer, code in expected]


@pytest.mark.parametrize(
    ("key", "pointer"),
    [
        ("a/b", "/a~1b"),
        ("a~b", "/a~0b"),
        ("~1", "/~01"),
        ("/", "/~1"),
        ('é\n"', '/é\n"'),
        ("k" * 64, "/" + "k" * 64),
        ("k" * 65, "/" + "k" * 64),
        ("k" * 1000, "/" + "k" * 64),
        ("/" * 100, "/" + "~1" * 64),
        ("\U0001f600" * 100, "/" + "\U0001f600" * 64),
        ("0", "/0"),
    ],
)
def test_an_unknown_key_is_escaped_as_rfc_6901_says_and_cut_at_64_characters(
    both: Both, key: str, pointer: str
) -> None:
    """The caller's key is the one thing of the caller's that a pointer must hold."""
    assert errors(both, car(**{key: 1})) == [(pointer, "unknown")]


def test_at_most_100_errors_are_listed_and_the_rest_counted(both: Both) -> None:
    """The first 100 of 7 fields missing in each of 20 instances."""
    answer = both.predict([{}] * 20).json()
    assert len(answer["errors"]) == 100
    assert answer["errors"][7]["pointer"] == "/1/engine"
    assert answer["detail"] == "140 errors in the input. The first 100 are listed, 40 more are not listed."


@pytest.mark.parametrize("count", [1, 93, 94])
def test_unknown_fields_of_one_instance_are_counted_too(both: Both, count: int) -> None:
    """One instance alone may hold more than can be listed."""
    answer = both.predict({str(number): 1 for number in range(count)}).json()
    total = count + 7
    assert len(answer["errors"]) == min(total, 100)
    assert answer["detail"].startswith(f"{total} errors in the input.")
    assert ("more are not listed" in answer["detail"]) == (total > 100)


def test_what_no_parser_holds_does_not_spoil_the_count(both: Both) -> None:
    """An absurd value is one error among the others."""
    answer = both.predict(b"[" + b"{}," * 20 + b"9" * 5000 + b"]").json()
    assert answer["detail"] == "141 errors in the input. The first 100 are listed, 41 more are not listed."


def test_one_error_is_one_error(both: Both) -> None:
    """Grammar, too, is part of a sentence."""
    assert both.predict(car(age="x")).json()["detail"] == "1 error in the input."


def test_an_empty_batch_is_422(both: Both) -> None:
    """With a pointer to the array itself."""
    assert errors(both, []) == [("", "length")]


def test_a_batch_may_hold_as_many_as_the_setting_says(open_doors: OpenDoors) -> None:
    """`max_batch`; one more is one error, whatever the instances are."""
    doors = open_doors(service_of(max_batch=3))
    assert doors.predict([car()] * 3).status == 200
    assert errors(doors, [car()] * 4) == [("", "length")]
    assert errors(doors, [1] * 4) == [("", "length")]
    assert doors.predict([car()] * 4).json()["errors"][0]["detail"] == "A batch may hold 3 instances at most."


def test_ten_thousand_instances_are_a_batch(both: Both) -> None:
    """The default limit, from both of its sides."""
    short = json.dumps(car(), separators=(",", ":")).encode()
    answer = both.predict(b"[" + b",".join([short] * 10_000) + b"]")
    assert (answer.status, len(answer.json()["predictions"])) == (200, 10_000)
    assert errors(both, b"[" + b",".join([short] * 10_001) + b"]") == [("", "length")]


@pytest.mark.parametrize(
    ("instance", "pointer", "code"),
    [
        (engine(power=39.999), "/engine/power", "out-of-range"),
        (engine(power=401), "/engine/power", "out-of-range"),
        (car(age=-1), "/age", "out-of-range"),
        (car(colour="green"), "/colour", "unseen-category"),
        (car(city="Paris"), "/city", "unseen-category"),
        (car(city=""), "/city", "unseen-category"),
    ],
)
def test_what_training_never_saw_is_a_warning_or_an_error(
    both: Both, open_doors: OpenDoors, instance: object, pointer: str, code: str
) -> None:
    """By policy: `warn` predicts and says so, `reject` is 422; the words are the same."""
    single, batch = both.predict(instance).json(), both.predict([car(), instance]).json()
    assert [(found["pointer"], found["code"]) for found in single["warnings"]] == [(pointer, code)]
    assert batch["predictions"][0]["warnings"] == []
    assert [found["pointer"] for found in batch["predictions"][1]["warnings"]] == [f"/1{pointer}"]
    strict = open_doors(service_of(out_of_range="reject"))
    assert strict.predict(instance).json()["errors"] == single["warnings"]
    assert strict.predict(car()).status == 200


@pytest.mark.parametrize("instance", [engine(power=40), engine(power=400), car(age=0), car(age=30), car(age=None)])
def test_the_edge_of_what_training_saw_and_null_are_inside(open_doors: OpenDoors, instance: object) -> None:
    """Under either policy."""
    assert open_doors(service_of(out_of_range="reject")).predict(instance).status == 200
    assert open_doors(service_of()).predict(instance).json()["warnings"] == []


def test_a_declared_bound_goes_before_what_training_saw(open_doors: OpenDoors) -> None:
    """One error for one value, under `reject` as under `warn`."""
    strict = open_doors(service_of(out_of_range="reject"))
    assert errors(strict, engine(power=-1)) == [("/engine/power", "bound")]
    assert errors(strict, car(colour="pink")) == [("/colour", "enumeration")]


def test_warnings_come_in_the_order_of_the_contract(both: Both) -> None:
    """As errors do."""
    odd = car(city="Paris", colour="green", age=99, engine=engine(power=1)["engine"])
    pointers = [warning["pointer"] for warning in both.predict(odd).json()["warnings"]]
    assert pointers == ["/engine/power", "/age", "/colour", "/city"]


def test_a_sentence_tells_what_is_expected(both: Both) -> None:
    """The declared limit or the enumeration, never the value."""
    body = car(colour="pink", maker="", sold="x", engine={"power": -5, "cylinders": 99, "turbo": True})
    assert [error["detail"] for error in both.predict(body).json()["errors"]] == [
        "Must be at least 0.",
        "Must be less than 17.",
        'Must be one of "red", "green", "blue".',
        "Must hold 1 characters at least.",
        DATETIME,
    ]

"""Each rule of the input contract: a car that violates it is 422, with the code of the rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from twinserve.testing.client import Client
from twinserve.testing.contract.suite import OpenedSuite
from twinserve.testing.fakes import car


def errors(served: Client, body: object) -> list[tuple[str, str]]:
    """The pointers and codes of the errors in the reply, which must be 422."""
    answer = served.predict(body)
    assert (answer.status, answer.json()["type"]) == (422, "urn:twinserve:problem:invalid-input")
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def engine(**changes: Any) -> dict[str, Any]:
    """A car with these changes in its engine."""
    return car(engine=car()["engine"] | changes)


class RulesContract(OpenedSuite):
    """Bodies with one error, and valid ones."""

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
            # A category that is enumerated is one of its values, in the same case.
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
            # Dates exist in the calendar, in one format.
            (car(built="2015-02-30"), "/built", "format"),
            (car(built="2015-2-3"), "/built", "format"),
            (car(built="20150203"), "/built", "format"),
            (car(built="0000-01-01"), "/built", "format"),
            (car(built="2015-02-28T00:00:01Z"), "/built", "format"),
            (car(built="2015-02-28T00:00:00.001"), "/built", "format"),
            (car(built="2015-02-28T00:00:00+02:00"), "/built", "format"),
            (car(built="2015-02-28 00:00"), "/built", "format"),
            (car(built=1425081600001), "/built", "format"),
            (car(built=1425081600000.5), "/built", "format"),
            (car(built=253402300800000), "/built", "format"),
            (car(built=True), "/built", "type"),
            (car(built="２０１５-02-28"), "/built", "format"),
            (car(built="2015-02-28\n"), "/built", "format"),
            (car(built=16494), "/built", "format"),
            (car(built=None), "/built", "null"),
            (car(sold="2016-05-01"), "/sold", "format"),
            (car(sold="2016-05-01  12:30:00"), "/sold", "format"),
            (car(sold=1462105800000.5), "/sold", "format"),
            (car(sold=-62135596800001), "/sold", "format"),
            (car(sold="1462105800000"), "/sold", "format"),
            (car(sold=False), "/sold", "type"),
            (car(sold=[]), "/sold", "type"),
            (car(sold="2016-05-01T25:00:00Z"), "/sold", "format"),
            (car(sold="2016-05-01T12:30Z"), "/sold", "format"),
            (car(sold="2016-05-01T12:30:00+0200"), "/sold", "format"),
            (car(sold="2016-13-01T12:30:00Z"), "/sold", "format"),
            # A list of numbers has a fixed length, and each item its rules.
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
            (car(**{"engine.power": 1}), "/engine.power", "duplicate"),
            (car(**{"wheels.0": 1}), "/wheels.0", "duplicate"),
            (car(**{"engine.x": 1}), "/engine.x", "unknown"),
            (engine(**{"engine.power": 1}), "/engine/engine.power", "unknown"),
            (engine(plate=1), "/engine/plate", "unknown"),
            (car(serial=1), "/serial", "unknown"),
            (car(dealer=5), "/dealer", "unknown"),
            (car(dealer={"name": "x", "town": "y"}), "/dealer", "unknown"),
            (car(**{"": 1}), "/", "unknown"),
        ],
    )
    def test_each_rule_has_its_code(self, served: Client, instance: object, pointer: str, code: str) -> None:
        """One violation is one error; in a batch its pointer begins with the index."""
        assert errors(served, instance) == [(pointer, code)]
        assert errors(served, [car(), instance]) == [(f"/1{pointer}", code)]

    @pytest.mark.parametrize("text", ["1e309", "-1e309", "18" + "0" * 307, "-1" + "0" * 400, "9" * 5000])
    @pytest.mark.parametrize("field", ["age", "doors"])
    def test_a_number_that_no_finite_double_holds_is_too_large(self, served: Client, text: str, field: str) -> None:
        """A number outside the finite doubles is 422 `too-large`, with digits or with an exponent."""
        body = json.dumps(car(**{field: "HERE"})).replace('"HERE"', text).encode()
        assert errors(served, body) == [(f"/{field}", "too-large")]

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
            # As pandas and Polars write dates.
            car(built=1425081600000),
            car(built=-86400000.0),
            car(built="2015-02-28T00:00:00.000"),
            car(built="2015-02-28T00:00:00.000Z"),
            car(built="2015-02-28 00:00:00.000000"),
            car(sold=1462105800000),
            car(sold=1462105800001.0),
            car(sold="2016-05-01T12:30:00.000"),
            car(sold="2016-05-01 12:30:00.000000"),
            car(sold="2016-05-01 12:30:00+00:00"),
            car(wheels=[1e-300, 1, 1, 1]),
            {key: value for key, value in car().items() if key not in ("doors", "fuel", "city")},
        ],
    )
    def test_valid_instances_are_predicted(self, served: Client, instance: object) -> None:
        """Values at the limits that each rule allows are predicted."""
        assert served.predict(instance).status == 200

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
    def test_an_unknown_key_is_escaped_and_cut_at_64_characters(self, served: Client, key: str, pointer: str) -> None:
        """The pointer to an unknown key has it escaped as in RFC 6901 and cut at 64 characters."""
        assert errors(served, car(**{key: 1})) == [(pointer, "unknown")]

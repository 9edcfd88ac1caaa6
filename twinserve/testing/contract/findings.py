"""Every error and warning of a body, its pointer, code and sentence, in one order."""

from __future__ import annotations

import pytest

from twinserve.testing.client import Client, Serve
from twinserve.testing.contract.rules import engine, errors
from twinserve.testing.contract.suite import OpenedSuite
from twinserve.testing.fakes import car, service_of

DATETIME = "Must be a date and time as in RFC 3339; without an offset it is taken as UTC."


class FindingsContract(OpenedSuite):
    """Several things are wrong at once."""

    def test_every_error_is_told_in_the_order_of_the_contract(self, served: Client) -> None:
        """Known fields as the signature has them, and unknown ones behind them in their group, however they came."""
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
        assert errors(served, body) == expected
        assert errors(served, dict(reversed(body.items()))) == expected
        assert errors(served, [car(), car(), body]) == [(f"/2{pointer}", code) for pointer, code in expected]

    def test_at_most_100_errors_are_listed_and_the_rest_counted(self, served: Client) -> None:
        """The first 100 of 7 fields missing in each of 20 instances."""
        answer = served.predict([{}] * 20).json()
        assert len(answer["errors"]) == 100
        assert answer["errors"][7]["pointer"] == "/1/engine"
        assert answer["detail"] == "140 errors in the input. The first 100 are listed, 40 more are not listed."

    @pytest.mark.parametrize("count", [1, 93, 94])
    def test_unknown_fields_of_one_instance_are_counted_too(self, served: Client, count: int) -> None:
        """One instance alone may hold more than can be listed."""
        answer = served.predict({str(number): 1 for number in range(count)}).json()
        total = count + 7
        assert len(answer["errors"]) == min(total, 100)
        assert answer["detail"].startswith(f"{total} errors in the input.")
        assert ("more are not" in answer["detail"]) == (total > 100)

    def test_what_no_parser_holds_does_not_spoil_the_count(self, served: Client) -> None:
        """An absurd value is one error among the others."""
        answer = served.predict(b"[" + b"{}," * 20 + b"9" * 5000 + b"]").json()
        assert answer["detail"] == "141 errors in the input. The first 100 are listed, 41 more are not listed."

    def test_one_error_is_one_error(self, served: Client) -> None:
        """Grammar, too, is part of a sentence."""
        assert served.predict(car(age="x")).json()["detail"] == "1 error in the input."

    def test_a_sentence_tells_what_is_expected(self, served: Client) -> None:
        """The declared limit or the enumeration, never the value."""
        body = car(colour="pink", maker="", sold="x", engine={"power": -5, "cylinders": 99, "turbo": True})
        assert [error["detail"] for error in served.predict(body).json()["errors"]] == [
            "Must be at least 0.",
            "Must be less than 17.",
            'Must be one of "red", "green", "blue".',
            "Must hold 1 characters at least.",
            DATETIME,
        ]


class OutOfRangeContract(OpenedSuite):
    """What training never saw: a warning, or an error by policy."""

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
        self, served: Client, serve: Serve, instance: object, pointer: str, code: str
    ) -> None:
        """By policy: `warn` predicts and says so, `reject` is 422; the words are the same."""
        single, batch = served.predict(instance).json(), served.predict([car(), instance]).json()
        assert [(found["pointer"], found["code"]) for found in single["warnings"]] == [(pointer, code)]
        assert batch["predictions"][0]["warnings"] == []
        assert [found["pointer"] for found in batch["predictions"][1]["warnings"]] == [f"/1{pointer}"]
        strict = serve(service_of(out_of_range="reject"))
        assert strict.predict(instance).json()["errors"] == single["warnings"]
        assert strict.predict(car()).status == 200

    @pytest.mark.parametrize("instance", [engine(power=40), engine(power=400), car(age=0), car(age=30), car(age=None)])
    def test_the_edge_of_what_training_saw_and_null_are_inside(self, serve: Serve, instance: object) -> None:
        """Under either policy."""
        assert serve(service_of(out_of_range="reject")).predict(instance).status == 200
        assert serve(service_of()).predict(instance).json()["warnings"] == []

    def test_a_declared_bound_goes_before_what_training_saw(self, serve: Serve) -> None:
        """One error for one value, under `reject` as under `warn`."""
        strict = serve(service_of(out_of_range="reject"))
        assert errors(strict, engine(power=-1)) == [("/engine/power", "bound")]
        assert errors(strict, car(colour="pink")) == [("/colour", "enumeration")]

    def test_warnings_come_in_the_order_of_the_contract(self, served: Client) -> None:
        """As errors do."""
        odd = car(city="Paris", colour="green", age=99, engine=engine(power=1)["engine"])
        pointers = [warning["pointer"] for warning in served.predict(odd).json()["warnings"]]
        assert pointers == ["/engine/power", "/age", "/colour", "/city"]

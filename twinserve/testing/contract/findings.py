"""Bodies with several errors or warnings: which are listed, in which order, with which sentences."""

from __future__ import annotations

import pytest

from twinserve.testing.client import Client, Serve
from twinserve.testing.contract.rules import engine, errors
from twinserve.testing.contract.suite import OpenedSuite
from twinserve.testing.fakes import car, service_of

DATETIME = "Must be a date and time as in RFC 3339, or milliseconds since 1970; without an offset it is taken as UTC."


class FindingsContract(OpenedSuite):
    """Bodies with several errors."""

    def test_all_errors_are_listed_in_signature_order(self, served: Client) -> None:
        """Known fields come in signature order, then unknown ones of the group by name, whatever order was sent."""
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
        """The first 100 errors are listed; `detail` counts all of them."""
        answer = served.predict([{}] * 20).json()
        assert len(answer["errors"]) == 100
        assert answer["errors"][7]["pointer"] == "/1/engine"
        assert answer["detail"] == "140 errors in the input. The first 100 are listed, 40 more are not listed."

    @pytest.mark.parametrize("count", [1, 93, 94])
    def test_unknown_fields_count_as_errors(self, served: Client, count: int) -> None:
        """The errors of one instance are counted even beyond the 100 that are listed."""
        answer = served.predict({str(number): 1 for number in range(count)}).json()
        total = count + 7
        assert len(answer["errors"]) == min(total, 100)
        assert answer["detail"].startswith(f"{total} errors in the input.")
        assert ("more are not" in answer["detail"]) == (total > 100)

    def test_a_huge_integer_counts_as_one_error(self, served: Client) -> None:
        """An integer of 5,000 digits is one error; the others are still counted."""
        answer = served.predict(b"[" + b"{}," * 20 + b"9" * 5000 + b"]").json()
        assert answer["detail"] == "141 errors in the input. The first 100 are listed, 41 more are not listed."

    def test_one_error_is_in_the_singular(self, served: Client) -> None:
        """`detail` uses the singular for one error."""
        assert served.predict(car(age="x")).json()["detail"] == "1 error in the input."

    def test_the_detail_of_an_error_states_the_rule(self, served: Client) -> None:
        """The `detail` of an error has the declared bound or enumeration, never the submitted value."""
        body = car(colour="pink", maker="", sold="x", engine={"power": -5, "cylinders": 99, "turbo": True})
        assert [error["detail"] for error in served.predict(body).json()["errors"]] == [
            "Must be at least 0.",
            "Must be less than 17.",
            'Must be one of "red", "green", "blue".',
            "Must hold 1 characters at least.",
            DATETIME,
        ]


class OutOfRangeContract(OpenedSuite):
    """Values outside the training data: a warning, or an error by policy."""

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
    def test_unseen_values_are_warnings_or_errors(
        self, served: Client, serve: Serve, instance: object, pointer: str, code: str
    ) -> None:
        """With `warn` the reply has a warning; with `reject` it is 422 with an error of the same content."""
        single, batch = served.predict(instance).json(), served.predict([car(), instance]).json()
        assert [(warning["pointer"], warning["code"]) for warning in single["warnings"]] == [(pointer, code)]
        assert batch["predictions"][0]["warnings"] == []
        assert [warning["pointer"] for warning in batch["predictions"][1]["warnings"]] == [f"/1{pointer}"]
        strict = serve(service_of(out_of_range="reject"))
        assert strict.predict(instance).json()["errors"] == single["warnings"]
        assert strict.predict(car()).status == 200

    @pytest.mark.parametrize("instance", [engine(power=40), engine(power=400), car(age=0), car(age=30), car(age=None)])
    def test_the_ends_of_a_seen_range_and_null_are_inside(self, serve: Serve, instance: object) -> None:
        """The minimum and maximum of the training data, and null, give no warning and no error."""
        assert serve(service_of(out_of_range="reject")).predict(instance).status == 200
        assert serve(service_of()).predict(instance).json()["warnings"] == []

    def test_a_declared_bound_precedes_a_seen_range(self, serve: Serve) -> None:
        """A value that violates a declared bound has that error alone, also with `reject`."""
        strict = serve(service_of(out_of_range="reject"))
        assert errors(strict, engine(power=-1)) == [("/engine/power", "bound")]
        assert errors(strict, car(colour="pink")) == [("/colour", "enumeration")]

    def test_warnings_are_listed_in_signature_order(self, served: Client) -> None:
        """Warnings come in signature order."""
        odd = car(city="Paris", colour="green", age=99, engine=engine(power=1)["engine"])
        pointers = [warning["pointer"] for warning in served.predict(odd).json()["warnings"]]
        assert pointers == ["/engine/power", "/age", "/colour", "/city"]

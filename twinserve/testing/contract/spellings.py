"""What a caller may send beside a nested instance: flat names, and columns that training left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from twinserve.testing.client import Client
from twinserve.testing.contract.rules import engine, errors
from twinserve.testing.contract.suite import OpenedSuite
from twinserve.testing.fakes import car


def flat(instance: dict[str, Any] | None = None) -> dict[str, Any]:
    """A car as a row of a table: every field by its dotted name."""
    row: dict[str, Any] = {}
    for name, value in (car() if instance is None else instance).items():
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
        row |= {name: value} if inside is None else {f"{name}.{part}": item for part, item in inside}
    return row


def without(instance: dict[str, Any], *names: str) -> dict[str, Any]:
    """The instance without these keys."""
    return {key: value for key, value in instance.items() if key not in names}


MIXED = without(engine(), "engine") | {"engine": without(car()["engine"], "power"), "engine.power": 90.5}
ROW = flat() | {"plate": "B-AB 12", "engine.serial": None, "dealer.name": [{}, 1e300], "price": 5}
IGNORED = ["/plate", "/engine.serial", "/dealer.name", "/price"]
TAKEN: list[tuple[dict[str, Any], list[str]]] = [
    (flat(), []),
    (MIXED, []),
    (without(car(), "wheels") | {f"wheels.{place}": 15 + place % 2 / 2 for place in range(4)}, []),
    (ROW, IGNORED),
    (dict(reversed(ROW.items())), IGNORED),
    (car(plate={"a": [1]}, price="?"), ["/plate", "/price"]),
    (engine(serial=5), ["/engine/serial"]),
    (car(dealer={"name": 1}, **{"dealer.name": 2}), ["/dealer.name", "/dealer/name"]),
]
REFUSED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    (flat() | {"engine.power": "x", "wheels.2": 0}, [("/engine.power", "type"), ("/wheels.2", "bound")]),
    (without(flat(), "engine.power", "wheels.1"), [("/engine.power", "missing"), ("/wheels.1", "missing")]),
    (MIXED | {"engine": {"cylinders": 4}}, [("/engine/turbo", "missing")]),
    (MIXED | {"engine.power": None}, [("/engine.power", "null")]),
    (car(**{"engine.power": 1, "wheels.3": 1}), [("/engine.power", "duplicate"), ("/wheels.3", "duplicate")]),
    (MIXED | {"engine": 5}, [("/engine", "type")]),
    (MIXED | {"plate": 1, "x": 2}, [("/x", "unknown")]),
]
ROWS = [flat(), flat()]
ORIENTS: dict[str, Any] = {
    "columns": {name: {str(place): row[name] for place, row in enumerate(ROWS)} for name in ROWS[0]},
    "index": {str(place): row for place, row in enumerate(ROWS)},
    "split": {"columns": [*ROWS[0]], "index": [0, 1], "data": [[*row.values()] for row in ROWS]},
    "table": {"schema": {"fields": []}, "data": ROWS},
    "values": [[*row.values()] for row in ROWS],
}
"""A table of two cars, as `DataFrame.to_json` writes it with each orient but `records`."""


class SpellingsContract(OpenedSuite):
    """Rows of the training table, and other spellings of one car."""

    @pytest.mark.parametrize(("instance", "ignored"), TAKEN)
    def test_a_row_of_the_table_is_the_same_request(
        self, served: Client, instance: dict[str, Any], ignored: list[str]
    ) -> None:
        """Flat names and columns left out change nothing but the warnings, which name what was sent."""
        plain, answer = served.predict(car()).json(), served.predict(instance).json()
        warnings = answer.pop("warnings")
        assert answer == without(plain, "warnings")
        assert [(warning["pointer"], warning["code"]) for warning in warnings] == [
            (name, "ignored") for name in ignored
        ]
        batch = served.predict([car(), instance, car()]).json()["predictions"]
        assert [warning["pointer"] for warning in batch[1]["warnings"]] == [f"/1{name}" for name in ignored]
        assert batch[0]["warnings"] == batch[2]["warnings"] == []

    @pytest.mark.parametrize(("instance", "expected"), REFUSED)
    def test_errors_name_what_was_sent(
        self, served: Client, instance: dict[str, Any], expected: list[tuple[str, str]]
    ) -> None:
        """A flat field has its flat name as pointer, also one that is missing in a group of which others are flat."""
        assert errors(served, instance) == expected
        assert errors(served, [car(), instance]) == [(f"/1{pointer}", code) for pointer, code in expected]

    def test_warnings_about_values_come_first(self, served: Client) -> None:
        """They have the name that was sent, too."""
        warnings = served.predict(ROW | {"engine.power": 500}).json()["warnings"]
        assert [warning["pointer"] for warning in warnings] == ["/engine.power", *IGNORED]

    def test_a_column_in_the_wrong_place_is_told_its_place(self, served: Client) -> None:
        """The sentence says why the column is no field, and where it is ignored."""
        (error,) = served.predict(engine(plate="B-AB 12")).json()["errors"]
        assert "/plate" in error["detail"]
        assert "identifier" in error["detail"]

    def test_malformed_json_in_an_ignored_field_is_400(self, served: Client) -> None:
        """Its value is not looked at, but the body must be JSON."""
        body = json.dumps(car(plate="HERE")).encode()
        for value in (b"NaN", b'{"a":1,"a":2}', b"01"):
            assert served.predict(body.replace(b'"HERE"', value)).status == 400

    @pytest.mark.parametrize(
        ("envelope", "pointer", "protocol"),
        [
            ({"dataframe_split": {"columns": ["age"], "data": [[1]]}}, "/dataframe_split", "MLflow"),
            ({"dataframe_records": [car()], "params": {}}, "/dataframe_records", "MLflow"),
            ({"inputs": [car()]}, "/inputs", "MLflow"),
            ({"inputs": {"age": [1]}, "signature_name": "x"}, "/inputs", "TensorFlow"),
            ({"instances": [car()], "signature_name": "serving_default"}, "/instances", "KServe V1"),
            (
                {"id": "1", "inputs": [{"name": "age", "shape": [1], "datatype": "FP64", "data": [1]}]},
                "/inputs",
                "Open Inference Protocol V2",
            ),
        ],
    )
    def test_an_envelope_of_another_protocol_is_one_error(
        self, served: Client, envelope: dict[str, Any], pointer: str, protocol: str
    ) -> None:
        """It names the protocol and says what to send here."""
        assert errors(served, envelope) == [(pointer, "envelope")]
        (error,) = served.predict(envelope).json()["errors"]
        assert protocol in error["detail"]
        assert error["detail"].endswith("send here an instance itself, or an array of instances.")

    @pytest.mark.parametrize("how", ORIENTS)
    def test_a_whole_table_is_one_error(self, served: Client, how: str) -> None:
        """As pandas writes it with any orient but `records`, which the sentence says to send instead."""
        assert errors(served, ORIENTS[how]) == [("", "envelope")]
        (error,) = served.predict(ORIENTS[how]).json()["errors"]
        assert f'to_json(orient="{how}")' in error["detail"]
        assert error["detail"].endswith('send an array of objects, as to_json(orient="records") writes it.')

    def test_a_name_of_an_envelope_beside_others_is_an_unknown_field(self, served: Client) -> None:
        """Only what can be nothing else is called an envelope."""
        assert errors(served, car(instances=1)) == [("/instances", "unknown")]
        assert ("/instances", "unknown") in errors(served, {"instances": [], "x": 1})
        assert ("/0/instances", "unknown") in errors(served, [{"instances": []}])

    @pytest.mark.parametrize("instance", [car(), [car()]])
    def test_a_body_that_was_encoded_twice_is_told_so(self, served: Client, instance: Any) -> None:
        """A string that holds JSON is one error, also within an array."""
        text = json.dumps(instance)
        for body in (text, [text]):
            (error,) = served.predict(json.dumps(body).encode()).json()["errors"]
            assert "encoded twice" in error["detail"]
        assert "encoded twice" not in served.predict(b'"text"').json()["errors"][0]["detail"]

    @pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
    def test_a_literal_that_is_no_number_is_named_with_its_cure(self, served: Client, literal: str) -> None:
        """JSON has neither; null stands for a missing number."""
        detail = served.predict(json.dumps(car(age="HERE")).replace('"HERE"', literal).encode()).json()["detail"]
        assert detail.startswith(f"JSON has no {literal} (write null for a missing number) at line 1 column ")

    @pytest.mark.parametrize(
        ("content_type", "told"),
        [
            ("text/xml", "; text/xml was sent."),
            ("text/xml; charset=secret", "; text/xml was sent."),
            ("application/json; charset=latin-1", "; another charset was sent."),
            ("no media type", "; another type was sent."),
            ("secret/secret", "; another type was sent."),
        ],
    )
    def test_a_415_names_the_type_that_came(self, served: Client, content_type: str, told: str) -> None:
        """Where many people send it; never its parameters, nor a type that is somebody's own."""
        detail = served.predict(car(), {"Content-Type": content_type}).json()["detail"]
        assert detail.startswith("Content-Type must be application/json, ")  # A door without streams takes no other.
        assert detail.endswith(f"in UTF-8{told}")

    def test_every_row_may_have_columns_that_are_ignored(self, served: Client) -> None:
        """A batch of rows of the table, each with its warnings."""
        predictions = served.predict([ROW] * 500).json()["predictions"]
        assert {len(prediction["warnings"]) for prediction in predictions} == {len(IGNORED)}

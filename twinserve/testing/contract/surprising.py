"""Large, deep and unusual well-formed JSON: 200 if it is a valid car, else 422."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from twinserve.testing.client import Client
from twinserve.testing.contract.content import LARGEST
from twinserve.testing.contract.malformed import files
from twinserve.testing.contract.suite import OpenedSuite
from twinserve.testing.fakes import car

INSTANCE: Final = json.dumps(car()).encode()
DUPLICATE_AT_THE_END: Final = b'{"x":"' + b"a" * (LARGEST - 30) + b'","b":1,"b":2}'
WELL_FORMED: Final = {
    "500 arrays deep": b"[" * 500 + b"]" * 500,
    "199 arrays deep": b"[" * 199 + b"]" * 199,
    "200 arrays deep": b"[" * 200 + b"]" * 200,
    "201 arrays deep": b"[" * 201 + b"]" * 201,
    "100 arrays deep": b"[" * 100 + b"]" * 100,
    "101 arrays deep": b"[" * 101 + b"]" * 101,
    "500 objects deep": b'{"a":' * 500 + b"1" + b"}" * 500,
    "50,000 arrays deep": b"[" * 50_000 + b"]" * 50_000,
    "100,000 arrays deep": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects deep": b'{"a":' * 100_000 + b"{}" + b"}" * 100_000,
    "arrays and objects in turn": b'[{"a":' * 20_000 + b"null" + b"}]" * 20_000,
    "deep in a known field": INSTANCE.replace(b"7.5", b"[" * 5000 + b"]" * 5000),
    "deep behind a valid instance": b"[" + INSTANCE + b"," + b"[" * 5000 + b"]" * 5000 + b"]",
    "deep strings that look like keys": b'[{"a":' * 300 + b'"a:b"' + b"}]" * 300,
    "an integer of 5,000 digits": b"9" * 5000,
    "an integer of 4,299 digits": b"[" + b"9" * 4299 + b"]",
    "an integer of 4,300 digits": b"[" + b"9" * 4300 + b"]",
    "an integer of 4,301 digits": b"[-" + b"9" * 4301 + b"]",
    "an integer of a million digits": b"[" + b"1" * 1_000_000 + b"]",
    "an integer of 5,000 digits as a value": INSTANCE.replace(b"90.5", b"1" * 5000),
    "a negative integer of 5,000 digits as a value": INSTANCE.replace(b"7.5", b"-" + b"1" * 5000),
    "an integer of 400 digits as a value": INSTANCE.replace(b"7.5", b"1" * 400),
    "an exponent of 5,000 digits": INSTANCE.replace(b"7.5", b"1e" + b"9" * 5000),
    "a long integer for an integer": INSTANCE.replace(b'"cylinders": 4', b'"cylinders": ' + b"4" * 6000),
    "100,000 numbers": b"[" + b"1," * 99_999 + b"1]",
    "100,000 keys": b"{" + b",".join(b'"%d":1' % key for key in range(100_000)) + b"}",
    "a string of 8 MB": b'"' + b"a" * (LARGEST - 2) + b'"',
    "an escaped string of 8 MB": b'"' + b"\\n" * (LARGEST // 2 - 1) + b'"',
    "white space of a megabyte and null": b" " * 1_000_000 + b"null",
    "a key of a megabyte": b'{"' + b"k" * 1_000_000 + b'":1}',
}
VALID: Final = {
    "a long fraction": INSTANCE.replace(b"7.5", b"7." + b"5" * 10_000),
    "white space of a megabyte": b"\n" * 1_000_000 + INSTANCE,
    "an exponent of many zeros": INSTANCE.replace(b"7.5", b"7.5e" + b"0" * 5000),
    "a fraction of many digits that is small": INSTANCE.replace(b"7.5", b"0." + b"0" * 5000 + b"1"),
}


class SurprisingContract(OpenedSuite):
    """Well-formed bodies, sent to the model of cars."""

    @pytest.mark.parametrize("path", files("y_*.json"), ids=lambda path: path.stem)
    def test_a_well_formed_file_is_200_or_422_by_its_name(self, served: Client, path: Path) -> None:
        """`y_instance_*.json` is 200, any other `y_*.json` 422."""
        answer = served.predict(path.read_bytes())
        assert answer.status == (200 if path.name.startswith("y_instance_") else 422)

    @pytest.mark.parametrize("name", WELL_FORMED)
    def test_large_well_formed_bodies_are_422(self, served: Client, name: str) -> None:
        """Depth and digits beyond what a parser holds are 422, and the reply stays small."""
        answer = served.predict(WELL_FORMED[name])
        assert answer.status == 422
        assert len(answer.body) < 40_000

    @pytest.mark.parametrize("name", VALID)
    def test_large_valid_bodies_are_200(self, served: Client, name: str) -> None:
        """Valid instances with long numbers or white space are predicted."""
        assert served.predict(VALID[name]).status == 200

    def test_a_duplicate_at_the_end_of_the_largest_body_is_400(self, served: Client) -> None:
        """A duplicate key in the last bytes of a body of `max_body` bytes is 400."""
        assert served.predict(DUPLICATE_AT_THE_END).status == 400

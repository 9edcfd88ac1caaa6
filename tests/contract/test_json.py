"""What is JSON and what is not, over the corpus beside this file: 400 is malformed, 422 is well-formed and no instance.

Well-formed is RFC 8259 in UTF-8 with no BOM, no duplicate key and no lone surrogate.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.fakes import car
from tests.doors import Both

CORPUS = Path(__file__).parent / "json_corpus"
INSTANCE = json.dumps(car()).encode()
LARGEST = 8 * 1024 * 1024


def files(pattern: str) -> list[Path]:
    """The corpus' files with such a name."""
    found = sorted(CORPUS.glob(pattern))
    assert found
    return found


def test_every_file_has_a_meaning() -> None:
    """A name says what is expected."""
    assert {path.name[:2] for path in CORPUS.glob("*.json")} == {"n_", "y_"}


@pytest.mark.parametrize("path", files("n_*.json"), ids=lambda path: path.stem)
def test_malformed_is_400_with_the_position(both: Both, path: Path) -> None:
    """One sentence with line and column."""
    answer = both.predict(path.read_bytes())
    assert (answer.status, answer.json()["type"]) == (400, "urn:twinserve:problem:malformed-json")
    assert re.fullmatch(r"[A-Z].+ at line [1-9][0-9]* column [1-9][0-9]*\.", answer.json()["detail"])


@pytest.mark.parametrize("path", files("y_*.json"), ids=lambda path: path.stem)
def test_well_formed_is_an_instance_or_422(both: Both, path: Path) -> None:
    """Never 400, however surprising."""
    answer = both.predict(path.read_bytes())
    assert answer.status == (200 if path.name.startswith("y_instance_") else 422)


@pytest.mark.parametrize("path", files("y_*.json"), ids=lambda path: path.stem)
def test_well_formed_followed_by_anything_is_malformed(both: Both, path: Path) -> None:
    """Whatever was wrong before, trailing junk wins."""
    assert both.predict(path.read_bytes() + b" x").status == 400


@pytest.mark.parametrize(
    "path", [path for path in files("n_*.json") if "alone" not in path.stem], ids=lambda path: path.stem
)
def test_malformed_behind_a_valid_instance_is_malformed(both: Both, path: Path) -> None:
    """The second item of a batch is looked at as closely as the first; an empty one makes it `[x,]`."""
    assert both.predict(b"[" + INSTANCE + b"," + path.read_bytes() + b"]").status == 400


MALFORMED = {
    "open arrays": b"[" * 100,
    "open objects": b'{"a":' * 100,
    "arrays closed once too often": b"[" * 100 + b"]" * 101,
    "arrays closed once too rarely": b"[" * 100 + b"]" * 99,
    "deep and then the wrong bracket": b"[" * 100 + b"}" + b"]" * 99,
    "deep and a duplicate below": b"[" * 99 + b'{"a":1,"a":2}' + b"]" * 99,
    "deep and NaN below": b"[" * 100 + b"NaN" + b"]" * 100,
    "a long integer and a leading zero": b"[0" + b"1" * 5000 + b"]",
    "a long integer and a duplicate": b'{"a":' + b"1" * 5000 + b',"a":2}',
    "many quotes": b'"' * 100_001,
    "a long string without end": b'"' + b"a" * 1_000_000,
    "backslashes without end": b'"' + b"\\" * 100_001,
    "only white space": b" " * 1_000_000,
    "only minus signs": b"-" * 100_000,
    "commas": b"[" + b"," * 100_000 + b"]",
    "NaN behind very many errors": b"[" + b"1," * 200_000 + b"NaN]",
    "duplicate behind very many errors": b"[" + b"{}," * 100_000 + b'{"a":1,"a":2}]',
    "duplicate at the end of the largest body": b'{"x":"' + b"a" * (LARGEST - 30) + b'","b":1,"b":2}',
    "not UTF-8 at the end of a large body": b'["' + b"a" * 1_000_000 + b'\xff"]',
}


@pytest.mark.parametrize("name", MALFORMED)
def test_big_malformed_is_400(both: Both, name: str) -> None:
    """Size and depth hide nothing, and cost neither the stack nor much time."""
    assert both.predict(MALFORMED[name]).status == 400


TOO_DEEP = {
    "open arrays": b"[" * 101,
    "very many open arrays": b"[" * 100_000,
    "very many open objects": b'{"a":' * 100_000,
    "deep behind a valid instance": b"[" + INSTANCE + b"," + b"[" * 100_000,
    "deep and a duplicate below": b"[" * 100 + b'{"a":1,"a":2}' + b"]" * 100,
    "deep and NaN before": b"[NaN," + b"[" * 100 + b"]" * 101,
    "deep and the wrong bracket": b"[" * 50_000 + b"}" + b"]" * 49_999,
}


@pytest.mark.parametrize("name", TOO_DEEP)
def test_too_deep_is_422_whatever_else_is_wrong(both: Both, name: str) -> None:
    """Nobody looks on."""
    answer = both.predict(TOO_DEEP[name])
    assert answer.status == 422
    assert [error["code"] for error in answer.json()["errors"]] == ["depth"]


WELL_FORMED = {
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


@pytest.mark.parametrize("name", WELL_FORMED)
def test_big_and_well_formed_is_422(both: Both, name: str) -> None:
    """What no parser holds is still JSON: no instance, and no fault either."""
    answer = both.predict(WELL_FORMED[name])
    assert answer.status == 422
    assert len(answer.body) < 40_000


VALID = {
    "a long fraction": INSTANCE.replace(b"7.5", b"7." + b"5" * 10_000),
    "white space of a megabyte": b"\n" * 1_000_000 + INSTANCE,
    "an exponent of many zeros": INSTANCE.replace(b"7.5", b"7.5e" + b"0" * 5000),
    "a fraction of many digits that is small": INSTANCE.replace(b"7.5", b"0." + b"0" * 5000 + b"1"),
}


@pytest.mark.parametrize("name", VALID)
def test_big_and_valid_is_200(both: Both, name: str) -> None:
    """Length alone makes nothing invalid."""
    assert both.predict(VALID[name]).status == 200


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b"", "line 1 column 1"),
        (b"{\n  x", "line 2 column 3"),
        (b"[1,\r\n2,\n3 4]", "line 3 column 3"),
        ('["é", é]'.encode(), "line 1 column 7"),
        (b'["\xff', "line 1 column 3"),
        (b'{"a":1,\n "a":2}', "line 2 column 2"),
    ],
)
def test_the_position_counts_lines_and_characters_from_one(both: Both, body: bytes, position: str) -> None:
    """Where a person's editor would say it is."""
    assert both.predict(body).json()["detail"].endswith(f" at {position}.")

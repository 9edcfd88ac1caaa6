"""What is JSON and what is not: 400 is malformed, 422 is well-formed and no instance.

Well-formed is RFC 8259 in UTF-8 with no BOM, no duplicate key and no lone surrogate. `json_corpus/` has the short ones.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from twinserve.testing.client import Client
from twinserve.testing.contract.suite import Suite

CORPUS: Final = Path(__file__).parent / "json_corpus"
MALFORMED: Final = {
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
    "not UTF-8 at the end of a large body": b'["' + b"a" * 1_000_000 + b'\xff"]',
}
TOO_DEEP: Final = {
    "open arrays": b"[" * 101,
    "very many open arrays": b"[" * 100_000,
    "very many open objects": b'{"a":' * 100_000,
    "deep and a duplicate below": b"[" * 100 + b'{"a":1,"a":2}' + b"]" * 100,
    "deep and NaN before": b"[NaN," + b"[" * 100 + b"]" * 101,
    "deep and the wrong bracket": b"[" * 50_000 + b"}" + b"]" * 49_999,
}


def files(pattern: str) -> list[Path]:
    """The corpus' files with such a name."""
    found = sorted(CORPUS.glob(pattern))
    assert found
    return found


class MalformedContract(Suite):
    """400, whatever the model is."""

    def test_every_file_has_a_meaning(self) -> None:
        """A name says what is expected."""
        assert {path.name[:2] for path in CORPUS.glob("*.json")} == {"n_", "y_"}

    @pytest.mark.parametrize("path", files("n_*.json"), ids=lambda path: path.stem)
    def test_malformed_is_400_with_the_position(self, served: Client, path: Path) -> None:
        """One sentence with line and column."""
        answer = served.predict(path.read_bytes())
        assert (answer.status, answer.json()["type"]) == (400, "urn:twinserve:problem:malformed-json")
        assert re.fullmatch(r"[A-Z].+ at line [1-9][0-9]* column [1-9][0-9]*\.", answer.json()["detail"])

    @pytest.mark.parametrize("path", files("y_*.json"), ids=lambda path: path.stem)
    def test_well_formed_is_never_400(self, served: Client, path: Path) -> None:
        """However surprising."""
        assert served.predict(path.read_bytes()).status in (200, 422)

    @pytest.mark.parametrize("path", files("y_*.json"), ids=lambda path: path.stem)
    def test_well_formed_followed_by_anything_is_malformed(self, served: Client, path: Path) -> None:
        """Whatever was wrong before, trailing junk wins."""
        assert served.predict(path.read_bytes() + b" x").status == 400

    @pytest.mark.parametrize(
        "path", [path for path in files("n_*.json") if "alone" not in path.stem], ids=lambda path: path.stem
    )
    def test_malformed_behind_a_valid_instance_is_malformed(self, served: Client, instance: Any, path: Path) -> None:
        """The second item of a batch is looked at as closely as the first; an empty one makes it `[x,]`."""
        assert served.predict(b"[" + json.dumps(instance).encode() + b"," + path.read_bytes() + b"]").status == 400

    @pytest.mark.parametrize("name", MALFORMED)
    def test_big_malformed_is_400(self, served: Client, name: str) -> None:
        """Size and depth hide nothing, and cost neither the stack nor much time."""
        assert served.predict(MALFORMED[name]).status == 400

    @pytest.mark.parametrize("name", TOO_DEEP)
    def test_too_deep_is_422_whatever_else_is_wrong(self, served: Client, name: str) -> None:
        """Nobody looks on."""
        answer = served.predict(TOO_DEEP[name])
        assert answer.status == 422
        assert [error["code"] for error in answer.json()["errors"]] == ["depth"]

    def test_deep_behind_a_valid_instance_is_422(self, served: Client, instance: Any) -> None:
        """The second item of a batch, too."""
        answer = served.predict(b"[" + json.dumps(instance).encode() + b"," + b"[" * 100_000)
        assert answer.status == 422
        assert [error["code"] for error in answer.json()["errors"]] == ["depth"]

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
    def test_the_position_counts_lines_and_characters_from_one(
        self, served: Client, body: bytes, position: str
    ) -> None:
        """Where a person's editor would say it is."""
        assert served.predict(body).json()["detail"].endswith(f" at {position}.")

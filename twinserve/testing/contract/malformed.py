"""Malformed JSON is 400; well-formed JSON that is no valid instance is 422.

Well-formed means RFC 8259 in UTF-8, without BOM, duplicate keys and lone surrogates. `json_corpus/` has the short
bodies: `n_*.json` is malformed, `y_*.json` well-formed.
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
    """The corpus' files whose names match the pattern."""
    paths = sorted(CORPUS.glob(pattern))
    assert paths, f"{CORPUS} has no {pattern}"
    return paths


class MalformedContract(Suite):
    """Bodies that any model refuses with 400, and those that it does not."""

    def test_every_file_name_has_a_known_prefix(self) -> None:
        """Every file of the corpus is named `n_*` (malformed) or `y_*` (well-formed)."""
        assert {path.name[:2] for path in CORPUS.glob("*.json")} == {"n_", "y_"}

    @pytest.mark.parametrize("path", files("n_*.json"), ids=lambda path: path.stem)
    def test_malformed_is_400_with_the_position(self, served: Client, path: Path) -> None:
        """Malformed JSON is 400; `detail` is one sentence that ends with line and column."""
        answer = served.predict(path.read_bytes())
        assert (answer.status, answer.json()["type"]) == (400, "urn:twinserve:problem:malformed-json")
        assert re.fullmatch(r"[A-Z].+ at line [1-9][0-9]* column [1-9][0-9]*\.", answer.json()["detail"])

    @pytest.mark.parametrize("path", files("y_*.json"), ids=lambda path: path.stem)
    def test_well_formed_is_never_400(self, served: Client, path: Path) -> None:
        """Well-formed JSON is 200 or 422."""
        assert served.predict(path.read_bytes()).status in (200, 422)

    def test_trailing_bytes_are_400(self, served: Client) -> None:
        """Bytes after the JSON value are 400, even if the value itself would be 422."""
        for path in files("y_*.json"):
            assert served.predict(path.read_bytes() + b" x").status == 400, path.stem

    def test_a_malformed_second_item_is_400(self, served: Client, instance: Any) -> None:
        """A malformed second item of a batch is 400; an empty file makes the body `[x,]`."""
        first = b"[" + json.dumps(instance).encode() + b","
        for path in files("n_*.json"):
            if "alone" not in path.stem:
                assert served.predict(first + path.read_bytes() + b"]").status == 400, path.stem

    @pytest.mark.parametrize("name", MALFORMED)
    def test_large_malformed_bodies_are_400(self, served: Client, name: str) -> None:
        """Large and deep malformed bodies are 400, too."""
        assert served.predict(MALFORMED[name]).status == 400

    @pytest.mark.parametrize("name", TOO_DEEP)
    def test_too_deep_is_422_even_if_malformed(self, served: Client, name: str) -> None:
        """Nesting over `max_depth` is 422 `depth`; what follows in the body is not checked."""
        answer = served.predict(TOO_DEEP[name])
        assert answer.status == 422
        assert [error["code"] for error in answer.json()["errors"]] == ["depth"]

    def test_a_too_deep_second_item_is_422(self, served: Client, instance: Any) -> None:
        """A second item of a batch that is nested too deeply is 422 `depth`."""
        answer = served.predict(b"[" + json.dumps(instance).encode() + b"," + b"[" * 100_000)
        assert answer.status == 422
        assert [error["code"] for error in answer.json()["errors"]] == ["depth"]

    def test_objects_one_a_line_are_told_to_be_an_array(self, served: Client, instance: Any) -> None:
        """JSON Lines are no JSON: the sentence says what to send."""
        lines = f"{json.dumps(instance)}\n{json.dumps(instance)}\n".encode()
        answer = served.predict(lines)
        assert answer.status == 400
        assert answer.json()["detail"] == "Another object (send several as an array) at line 2 column 1."

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
        """Lines and columns count from 1, columns in characters."""
        assert served.predict(body).json()["detail"].endswith(f" at {position}.")

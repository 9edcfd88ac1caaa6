"""Every error in its order, and no more work than a valid body of that size would be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, ValidationError

from harness import ROOT
from harness.hostile_bodies import SHAPES
from tests.twinserve.signature.made import feature, instances, many, signature, signatures
from twinserve.signature import Feature, Signature
from twinserve.signature.findings import explain
from twinserve.signature.request.core_schema import schema
from twinserve.signature.request.diagnosis import MAX_ERRORS, MOST_LOOKED, ROW, Examiner, InvalidInput
from twinserve.signature.request.validator import Validator
from twinserve.signature.signature import Path, is_array

BELOW_64_KIB: Final = 60_000
WIDE: Final = signature(*(feature(f"c{place}") for place in range(500)))
KINDS: Final = {
    "wide": WIDE,
    "one": signature(feature("a")),
    "optional": signature(feature("a", nullable=True, required=False), feature("at", "datetime")),
    "groups": signature(*(feature(f"g{place}.a") for place in range(200))),
    "a list": signature(*(feature(f"x.{place}") for place in range(200))),
}


# ---- the errors themselves ------------------------------------------------------------------------------------------


def faults(node: Any, value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Pointer and code of all that is wrong, by going through the signature's tree."""
    if isinstance(node, Feature):
        yield from leaf_fault(node, value, path)
        return
    array = is_array(node)
    if not isinstance(value, list if array else dict):
        yield path, "null" if value is None else "type"
        return
    present = dict[Any, Any](enumerate(value) if array else value)
    if array and len(present) > len(node):
        yield path, "length"
    for part, child in node.items():
        if part in present:
            yield from faults(child, present[part], (*path, part))
        elif not isinstance(child, Feature) or child.required:
            yield (*path, part), "missing"
    if not array:
        yield from (((*path, key), "unknown") for key in sorted(present.keys() - node.keys()))


def leaf_fault(leaf: Feature, value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """What is wrong with a value alone."""
    rules = SchemaValidator(schema({"x": leaf}, reject=False))
    try:
        rules.validate_python({"x": value})
    except ValidationError as error:
        yield path, explain(error.errors()[0]).code


def refused(validator: Validator, body: bytes) -> InvalidInput | None:
    """The error of a body, if it has one."""
    try:
        validator.validate(body)
    except InvalidInput as error:
        return error
    return None


@many
@given(signatures(), st.data())
def test_errors_are_told_as_a_walk_through_the_signature_finds_them(contract: Signature, data: st.DataObject) -> None:
    rows = data.draw(st.lists(instances(contract), min_size=1, max_size=8))
    expected = [fault for place, row in enumerate(rows) for fault in faults(contract.tree(), row, (place,))]
    refusal = refused(Validator(contract), json.dumps(rows).encode())
    told = [] if refusal is None else [(finding.path, finding.code) for finding in refusal.findings]
    assert told == expected[:MAX_ERRORS]
    assert refusal is None or (refusal.total, refusal.is_exact) == (len(expected), True)


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ([{}] * 1_900, 1_900 * 500),
        ([{}] * 500 + [[]] * 500 + [None, 1, "x", 1.5, True], 500 * 500 + 500 + 5),
        ([{"y": 1}, *[{}] * 1_500], 501 + 1_500 * 500),
        ([{"y": 1, "z": {"c0": 1}}] * 1_500, 1_500 * 502),
        ([{**{f"c{place}": 1 for place in range(500)}, "u": 1}] * 90 + [{}], 90 + 500),
    ],
)
def test_what_is_plain_to_count_is_counted_without_looking_closely(rows: list[Any], total: int) -> None:
    refusal = refused(Validator(WIDE), json.dumps(rows).encode())
    assert refusal is not None
    assert (len(refusal.findings), refusal.total, refusal.is_exact) == (min(total, MAX_ERRORS), total, True)
    assert str(refusal) == f"{total} errors in the input."


@pytest.mark.parametrize(("row", "each"), [({"c0": 1, "y": 1}, 500), ({"y": 1}, 501), ([], 1)])
def test_the_rest_is_counted_as_far_as_that_is_little_work(row: Any, each: int) -> None:
    refusal = refused(Validator(WIDE), json.dumps([row] * 5_000).encode())
    assert refusal is not None
    assert not refusal.is_exact
    assert refusal.total % each == 0
    assert MOST_LOOKED / 2 < refusal.total <= (MOST_LOOKED + MAX_ERRORS + 1) * each
    assert str(refusal) == f"At least {refusal.total} errors in the input."


def test_unknown_keys_beyond_the_listed_ones_are_counted_in_every_group() -> None:
    group = {"a": 1} | {f"u{place:04d}": 1 for place in range(300)}
    refusal = refused(Validator(KINDS["groups"]), json.dumps({f"g{place}": group for place in range(200)}).encode())
    assert refusal is not None
    assert (refusal.total, refusal.is_exact) == (200 * 300, True)
    assert [finding.path for finding in refusal.findings] == [("g0", f"u{place:04d}") for place in range(MAX_ERRORS)]


# ---- the work -------------------------------------------------------------------------------------------------------

PIECES: Final = ("{}", "[]", "1", '{"y":1}', '{"a":""}', '{"x":[1]}', '{"g0":{"y":[]}}')
LARGE: Final = ("{}", '{"g0":{"y":[]}}')
"""Those of which a megabyte is tried in each run: the most rows, and the deepest ones."""


class Counting:
    """Rules that count what they are asked, and the errors that they tell."""

    def __init__(self, contract: Signature) -> None:
        self.asked = self.told = 0
        self._rules = SchemaValidator(schema(contract.tree(), reject=False))

    def validate_python(self, value: Any) -> Any:
        """As the rules do."""
        self.asked += 1
        try:
            return self._rules.validate_python(value)
        except ValidationError as error:
            self.told += error.error_count()
            raise


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("piece", "size"),
    [
        *((piece, BELOW_64_KIB) for piece in PIECES),
        *((piece, 1_000_000) for piece in PIECES if piece in LARGE),
        *(pytest.param(piece, 1_000_000, marks=pytest.mark.extended) for piece in PIECES if piece not in LARGE),
    ],
)
def test_rows_are_looked_at_as_long_as_that_is_little_work(kind: str, piece: str, size: int) -> None:
    """However many there are."""
    rules: Any = Counting(KINDS[kind])
    rows = json.loads(f"[{','.join([piece] * (size // (len(piece) + 1)))}]")
    assert Examiner(KINDS[kind], rules, len(rows)).refusal(rows, array=True) is not None
    widest = 501
    assert rules.asked <= MAX_ERRORS + MOST_LOOKED / ROW + 10
    assert rules.told <= 2 * widest + MAX_ERRORS * widest / 2 + MOST_LOOKED


MEASURE: Final = """
import json, resource, sys
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import Validator
from harness.hostile_bodies import SHAPES
from tests.twinserve.signature.request.test_diagnosis import KINDS
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
made = {}
for kind, contract in KINDS.items():
    validator = Validator(contract)
    for name, shape in SHAPES.items():
        body = shape(int(sys.argv[1]))
        before = peak()
        try:
            validator.validate(body)
        except (InvalidInput, MalformedJson):
            pass
        made[f"{kind}: {name}"] = peak() - before
print(json.dumps(made))
"""


@pytest.mark.parametrize(("size", "most"), [(30_000, 8_000_000), (BELOW_64_KIB, 12_000_000)])
def test_memory_stays_small_whatever_a_body_holds(size: int, most: int) -> None:
    """Each missing field of each row once took a copy of its row: 1.6 GiB for 30 kB and 500 columns."""
    command = [sys.executable, "-c", MEASURE, str(size)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    grown = json.loads(answer.stdout)
    assert len(grown) == len(SHAPES) * len(KINDS)
    assert {name: bytes_ for name, bytes_ in grown.items() if bytes_ > most} == {}

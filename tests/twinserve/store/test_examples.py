"""What pages show of the training rows is checked like every file of a version."""

from __future__ import annotations

import json

import pytest

from tests.twinserve.signature.made import EVERY_TYPE, VALID
from twinserve import bounds
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.store.examples import CategoryCounts, Example, Examples, Histogram, read, write

SHOWN = Examples(
    examples=(Example(kind="class", label="a", instance=VALID), Example(kind="middle", instance=VALID)),
    histograms={"/group/number": Histogram(edges=(0, 1, 2), counts=(5, 6))},
    categories={"/town": CategoryCounts(counts={"Oslo": 7}, others=5)},
)


def test_what_is_written_is_read() -> None:
    """Unchanged."""
    assert read(write(SHOWN), EVERY_TYPE) == SHOWN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"counts":[5,6]', '"counts":[5]'),
        ('"counts":[5,6]', '"counts":[4,7]'),
        ('"edges":[0.0,1.0,2.0]', '"edges":[0.0,2.0,1.0]'),
        ('"edges":[0.0,1.0,2.0]', '"edges":[0.0,1.0,1e999]'),
        ("/group/number", "/no/field"),
        ('"others":5', '"more":5'),
        ('"others":5', f'"others":{10**400}'),
        ('"counts":[5,6]', f'"counts":[5,{10**400}]'),
        ('"label":"a"', '"label":null'),
        ('"kind":"middle","label":null', '"kind":"middle","label":"a"'),
    ],
)
def test_a_file_that_is_no_such_file_is_refused(old: str, new: str) -> None:
    """Also where its digest held."""
    content = write(SHOWN).decode()
    assert old in content
    with pytest.raises(ValueError, match=r"."):
        read(content.replace(old, new).encode(), EVERY_TYPE)


def test_an_example_that_callers_could_not_send_is_refused() -> None:
    """The page would answer it with errors."""
    with pytest.raises(InvalidInput):
        read(write(SHOWN).replace(b"2024-02-29T", b"2024-02-30T"), EVERY_TYPE)


def test_an_example_of_several_instances_is_refused() -> None:
    """The form holds one."""
    content = json.loads(write(SHOWN))
    content["examples"][0]["instance"] = [VALID]
    with pytest.raises(ValueError, match=r"one instance"):
        read(json.dumps(content).encode(), EVERY_TYPE)


@pytest.mark.parametrize("bound", ["FILES", "PARTS"])
def test_what_is_too_large_is_written_in_part(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last examples go first, and then the counts."""
    whole = write(SHOWN)
    most = {"FILES": (len(whole) - 1, 100), "PARTS": (whole.count(b"{") + whole.count(b"[") - 1, 6)}[bound]
    for limit, examples, counts in ((most[0], 1, 1), (most[1], 0, 0)):
        monkeypatch.setattr(bounds, bound, {"examples.json": limit})
        kept = Examples.model_validate_json(write(SHOWN))
        assert (len(kept.examples), len(kept.histograms)) == (examples, counts)

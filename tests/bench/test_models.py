"""The page of models lists every example."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("lightgbm", reason="the extra `boosters` is not installed")

from bench.model_examples.every_model import examples
from bench.models import Row, page

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


def test_the_page_lists_every_example_once() -> None:
    names = [name for name, _, _ in examples()]
    listed = [
        line.split(" | ")[0].removeprefix("| ") for line in PAGE.read_text().splitlines() if line.startswith("| ")
    ]
    assert listed == ["model", "---", *names]
    assert len(set(names)) == len(names)


def test_a_line_has_all_that_was_found() -> None:
    text = page([Row("a model", "folded", "1.0e-16", "400", "3", "350", "3.1")])
    assert text.endswith("| a model | folded | 1.0e-16 | 400 | 3 | 350 | 3.1 |\n")

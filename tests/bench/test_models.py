"""The page of models lists every example."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("lightgbm", reason="the extra `boosters` is not installed")

from bench.model_examples.every_model import examples
from bench.models import Row, compiled_rows, page

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


def test_rows_of_compiled_models_are_read_back_from_a_page(tmp_path: Path) -> None:
    compiled = Row("a model", "folded", "1.0e-16", "400", "3", "350", "3.1")
    other = Row("another", "Its kernel is a function of its own", "0.0e+00", "400", "3", "350", "351.0")
    (tmp_path / "models.md").write_text(page([compiled, other]))
    assert compiled_rows(tmp_path / "models.md") == {"a model": compiled}

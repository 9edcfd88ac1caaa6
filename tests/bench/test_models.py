"""The page of models lists every example."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

pytest.importorskip("lightgbm", reason="the extra `boosters` is not installed")

from bench.boundary import DOUBLES, PAIRS, Beside, beside, rows_beside
from bench.model_examples.every_model import examples
from bench.model_examples.libraries import missing
from bench.model_examples.tables import numbers
from bench.models import OF_LIBRARIES, Row, compiled_rows, known_boundaries, page

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


def test_the_page_lists_every_example_once() -> None:
    names = [name for name, _, _ in examples()]
    first = PAGE.read_text().split("\n## ")[0]
    listed = [line.split(" | ")[0].removeprefix("| ") for line in first.splitlines() if line.startswith("| ")]
    if missing():  # Their rows stay as they were made where they are installed.
        listed = [name for name in listed if not name.startswith(OF_LIBRARIES)]
    assert listed == ["model", "---", *names]
    assert len(set(names)) == len(names)


def test_a_line_has_all_that_was_found() -> None:
    text = page([Row("a model", "folded", "1.0e-16", "400", "3", "350", "3.1")], [Beside("a model", 600, 63)])
    assert "| a model | folded | 1.0e-16 | 400 | 3 | 350 | 3.1 |\n" in text
    assert text.endswith("- a model: 63 of 600\n")


def test_rows_beside_a_boundary_lie_there() -> None:
    """Next to each of them is one with another label, and trees agree on all of them."""
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    found = beside("tree", tree, numbers(datasets.load_iris))
    assert found == Beside("tree", (2 + 2 * DOUBLES) * PAIRS, 0)
    table = numbers(datasets.load_iris)
    model = LogisticRegression(max_iter=5000).fit(table.frame, table.target)
    rows = rows_beside(model, table.frame)
    low, high = (model.predict(pd.DataFrame(part, columns=table.frame.columns)) for part in np.split(rows, 10)[:2])
    assert (low != high).all()
    np.testing.assert_allclose(rows[:PAIRS], rows[PAIRS : 2 * PAIRS], rtol=1e-15)


def test_rows_of_compiled_models_are_read_back_from_a_page(tmp_path: Path) -> None:
    compiled = Row("a model", "folded", "1.0e-16", "400", "3", "350", "3.1")
    other = Row("another", "Its kernel is a function of its own", "0.0e+00", "400", "3", "350", "351.0")
    (tmp_path / "models.md").write_text(page([compiled, other]))
    assert compiled_rows(tmp_path / "models.md") == {"a model": compiled}


def test_rows_on_boundaries_are_read_back_from_a_page(tmp_path: Path) -> None:
    found = [Beside("a model", 600, 63), Beside("SGD(loss='a: b')", 600, 0)]
    (tmp_path / "models.md").write_text(page([], found))
    assert known_boundaries(tmp_path / "models.md") == {one.name: one for one in found}

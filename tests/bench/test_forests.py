"""The forest of the page of models: measured from `package` to a door, and written at the end of the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.forests import HEADING, Figures, forest, measured, rows, section
from harness import ROOT

FIGURES = Figures(
    nodes=4_000_000,
    graph=70.4,
    version=300.0,
    seconds={"compile": 9.0, "prove": 80.0, "package": 120.0, "open": 5.0, "start": 7.0},
    worker=400.0,
    difference=1e-16,
    times={"1": (500.0, 50_000.0), "1,000": (400_000.0, 500_000.0)},
)


def test_the_section_tells_the_figures() -> None:
    text = section(FIGURES)
    assert text.startswith(f"{HEADING}\n")
    assert "- one row: 500 µs; scikit-learn 50,000 µs\n" in text


def test_the_page_of_models_has_it() -> None:
    assert (ROOT / "docs" / "models.md").read_text().count(f"\n{HEADING}\n") == 1


@pytest.mark.slow
@pytest.mark.extended
def test_every_figure_is_measured(tmp_path: Path) -> None:
    """Of a few trees of a few rows, through a real door."""
    frame, target = rows()
    frame, target = frame.iloc[:2_000], target.iloc[:2_000]
    figures = measured(forest(frame, target, 5), frame, target, tmp_path)
    assert [*figures.seconds] == ["compile", "prove", "package", "open", "start"]
    assert all(seconds > 0 for seconds in figures.seconds.values())
    assert figures.nodes > 500
    assert figures.difference <= 1e-9
    assert [*figures.times] == ["1", "1,000"]

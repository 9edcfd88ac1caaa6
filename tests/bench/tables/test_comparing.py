"""The training and its rivals are asked for the same rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.tables.catalog import PublicTable, spelled
from bench.tables.comparing import compared
from bench.tables.rivals import OURS, RIVALS


@pytest.mark.slow
@pytest.mark.extended
def test_every_division_has_a_score_of_every_model(tmp_path: Path) -> None:
    table = PublicTable("spelled", "made", "income", "", spelled, rows=150)
    spelled().to_csv(tmp_path / "spelled.csv", index=False)
    lines: list[str] = []
    found = compared(table, tmp_path / "spelled.csv", 2, lines.append)
    assert [set(split.scores) for split in found.splits] == [{OURS, *RIVALS}] * 2
    assert (found.metric, found.rows, len(lines)) == ("log_loss", 150, 2)

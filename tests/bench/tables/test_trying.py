"""A table is trained by the command line, without a flag first."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.tables.catalog import PublicTable
from bench.tables.trying import tried

pytestmark = [pytest.mark.slow, pytest.mark.long]

ROWS = pd.DataFrame({"age": range(20, 80), "one": 1, "paid": ["yes", "no"] * 30})


@pytest.mark.extended
def test_the_report_says_what_each_column_became(tmp_path: Path) -> None:
    ROWS.sample(frac=1, random_state=0).to_csv(tmp_path / "loans.csv", index=False)
    table = PublicTable("loans", "made", "paid", "", lambda: ROWS)
    first, *more = tried(table, tmp_path / "loans.csv", tmp_path / "store", lambda _: None)
    assert set(first.became) == {"age", "one"}
    assert first.became["one"] == "left out: it has the same value in every row"
    assert first.silent == []
    assert [one.flags for one in more] == ([] if first.trained else [["--allow-weak"]])


def test_a_refusal_has_the_sentence_of_the_command(tmp_path: Path) -> None:
    ROWS.head(20).to_csv(tmp_path / "few.csv", index=False)
    table = PublicTable("few", "made", "paid", "", lambda: ROWS)
    (only,) = tried(table, tmp_path / "few.csv", tmp_path / "store", lambda _: None)
    assert (only.exit_code, only.trained, only.advised) == (2, False, False)
    assert only.sentence == "The table has 20 rows with a target; training needs at least 30."

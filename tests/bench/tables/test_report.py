"""The page shows all that was found, and each promise that is not kept is told."""

from __future__ import annotations

from pathlib import Path

from bench.tables import report
from bench.tables.results import Asked, read
from tests.bench.tables.making import compared, results, tried

SAME = [1.0, 1.1, 0.9, 1.05]
WORSE = [1.51, 1.6, 1.4, 1.56]


def test_the_page_names_each_table_in_each_part() -> None:
    page = report.render(results(tried(), Asked("loans", "pandas", 100, 100, 1.0), compared(SAME, WORSE)))
    assert "| loans | made | 100 | 4 | `paid` | rows | linear model | 3 |" in page
    assert "| loans | 100 |" in page
    assert "| loans | 1 |  |  | 1 |  |  | 1 | `code` |" in page
    assert "| loans | 100 | 3 | **1.01** | 1.52 ▲ | 1.52 ▲ | 1.52 ▲ | random forest 4x | 2.0 |" in page


def test_a_run_that_keeps_every_promise_breaks_none() -> None:
    assert report.broken(results(tried(), Asked("loans", "pandas", 100, 100, 1.0), compared(SAME, SAME))) == []


def test_a_refusal_that_names_a_flag_is_told_on_the_page_and_breaks_nothing() -> None:
    found = results(tried(code=2, sentence="Every column repeats the target; --keep-leaks trains on them."))
    assert report.broken(found) == []
    assert "refused: Every column repeats the target; --keep-leaks" in report.render(found)


def test_what_is_not_kept_is_told() -> None:
    found = results(
        tried(code=2, sentence="No."),
        tried("cars", silent=["name"]),
        Asked("cars", "polars", 100, 60, 1.0, ["422 age: Must be a number."]),
        compared(WORSE, SAME),
    )
    assert report.broken(found) == [
        "loans does not train, and no flag is named: No.",
        "cars, polars: 40 rows are refused",
        "cars: nothing is said of name",
        "loans: significantly worse than HistGradientBoosting",
        "Significantly worse than the best default on half of the tables or more",
    ]
    assert "- cars, polars: 422 age: Must be a number." in report.render(found)


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    found = results(tried(), Asked("loans", "pandas", 100, 100, 1.0), compared(SAME, WORSE))
    found.write(tmp_path / "results.json")
    again = read(tmp_path / "results.json")
    again.write(tmp_path / "again.json")
    assert (tmp_path / "results.json").read_bytes() == (tmp_path / "again.json").read_bytes()


def test_tables_stand_in_the_order_of_the_catalog_and_those_that_left_it_are_gone() -> None:
    found = results(tried("old"), tried("cars"), tried("loans"), Asked("old", "pandas", 1, 1, 1.0))
    found.in_order_of(["loans", "cars"])
    assert [one.table for one in found.tried] == ["loans", "cars"]
    assert found.asked == []

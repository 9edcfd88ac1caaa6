"""`python -m bench.tables`: train public tables, ask for their rows, compare, and write docs/tables.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.prepared import ROOT
from bench.tables import results
from bench.tables.catalog import TABLES, PublicTable, chosen, load
from bench.tables.results import Results

RESULTS: Final = Path(__file__).parent / "results.json"
PARTS: Final = ("train", "compare")


def main() -> int:
    """Run, or write the page again; the exit code is 1 where a promise is not kept."""
    options = _options().parse_args()
    found = results.read(options.results) if options.write_only else _run(options)
    from bench.tables import report

    options.page.write_text(report.render(found))
    _say(f"written: {options.page.name}")
    broken = report.broken(found)
    for sentence in broken:
        _say(sentence)
    return int(len(broken) > 0)


def _run(options: argparse.Namespace) -> Results:
    from bench.tables.facts import collect

    tables = list(chosen(options.tables))
    some = options.part is not None or len(options.tables) > 0
    found = results.read(options.results) if some and options.results.is_file() else Results({})
    found.facts |= collect(options.splits)

    def save() -> None:
        found.in_order_of([table.name for table in TABLES])
        found.write(options.results)

    with _files(tables) as paths, tempfile.TemporaryDirectory() as store:
        if options.part != "compare":
            _train(tables, paths, Path(store), found, save)
        if options.part != "train":
            _compare(tables, paths, options.splits, found, save)
    return found


def _train(tables: Sequence[PublicTable], paths: Path, store: Path, found: Results, save: Callable[[], None]) -> None:
    from bench.tables.asking import asked
    from bench.tables.trying import tried

    for table in tables:
        path = paths / f"{table.name}.csv"
        tries = list(tried(table, path, store, _say))
        answers = list(asked(tries[-1], path, store)) if tries[-1].trained else []
        for one in answers:
            if one.good < one.rows:
                _say(f"  {one.writer}: {one.good:,} of {one.rows:,} rows; {'; '.join(one.refusals[:3])}")
        found.tried = [*(one for one in found.tried if one.table != table.name), *tries]
        found.asked = [*(one for one in found.asked if one.table != table.name), *answers]
        save()


def _compare(tables: Sequence[PublicTable], paths: Path, splits: int, found: Results, save: Callable[[], None]) -> None:
    from bench.tables.comparing import compared

    for table in tables:
        one = compared(table, paths / f"{table.name}.csv", splits, _say)
        found.compared = [*(other for other in found.compared if other.table != table.name), one]
        save()


@contextmanager
def _files(tables: Sequence[PublicTable]) -> Iterator[Path]:
    """A folder with each table as a CSV file."""
    with tempfile.TemporaryDirectory() as folder:
        for table in tables:
            load(table).to_csv(Path(folder) / f"{table.name}.csv", index=False)
        yield Path(folder)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.tables", description="What training makes of public tables.")
    add = parser.add_argument
    add("tables", nargs="*", metavar="TABLE", help="only these; the others stay as they were")
    add("--part", choices=PARTS, help="only this part; the other one stays as it was")
    add("--splits", type=int, metavar="N", default=10, help="divisions of each table's rows (10)")
    add("--write-only", action="store_true", help="run nothing; write the page from the results")
    add("--results", type=Path, metavar="FILE", default=RESULTS, help="the results (bench/tables/results.json)")
    page = ROOT / "docs" / "tables.md"
    add("--page", type=Path, metavar="FILE", default=page, help="the page (docs/tables.md)")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ["TWINSERVE_LOG_LEVEL"] = "error"
    sys.exit(main())

"""`python -m bench.tables`: train public tables, ask for their rows, compare, and write docs/tables.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.prepared import OUT, ROOT
from bench.tables import results
from bench.tables.catalog import PublicTable, chosen, load
from bench.tables.results import Results

RESULTS: Final = Path(__file__).parent / "results.json"
PARTS: Final = ("train", "compare")


def main() -> int:
    """Run, or write the page again; the exit code is 1 where a promise is not kept."""
    options = _options().parse_args()
    found = results.read(options.results) if options.write_only else _run(options)
    from bench.tables import report

    if not options.tables or options.write_only:
        options.page.write_text(report.render(found))
        _say(f"written: {options.page.name}")
    broken = report.broken(found)
    for sentence in broken:
        _say(sentence)
    return int(len(broken) > 0)


def _run(options: argparse.Namespace) -> Results:
    from bench.tables.facts import collect

    target = OUT / "tables.json" if options.tables else options.results
    tables = list(chosen(options.tables))
    found = _begun(options, target)
    found.facts |= collect(options.splits)
    with _files(tables) as paths, tempfile.TemporaryDirectory() as store:
        if options.part != "compare":
            found.tried, found.asked = [], []
            _train(tables, paths, Path(store), found, lambda: found.write(target))
        if options.part != "train":
            found.compared = []
            _compare(tables, paths, options.splits, found, lambda: found.write(target))
    return found


def _begun(options: argparse.Namespace, target: Path) -> Results:
    """The results of the other part, where only one is run."""
    return results.read(target) if options.part and target.is_file() else Results({})


def _train(tables: Sequence[PublicTable], paths: Path, store: Path, found: Results, save: Callable[[], None]) -> None:
    from bench.tables.asking import asked
    from bench.tables.trying import tried

    started = time.monotonic()
    for table in tables:
        path = paths / f"{table.name}.csv"
        found.tried += tried(table, path, store, _say)
        if found.tried[-1].trained:
            found.asked += asked(found.tried[-1], path, store)
        for one in found.asked:
            if one.table == table.name and one.good < one.rows:
                _say(f"  {one.writer}: {one.good:,} of {one.rows:,} rows; {'; '.join(one.refusals[:3])}")
        save()
    found.facts["seconds"] = found.facts.get("seconds", {}) | {"train": round(time.monotonic() - started)}
    save()


def _compare(tables: Sequence[PublicTable], paths: Path, splits: int, found: Results, save: Callable[[], None]) -> None:
    from bench.tables.comparing import compared

    started = time.monotonic()
    for table in tables:
        found.compared.append(compared(table, paths / f"{table.name}.csv", splits, _say))
        save()
    found.facts["seconds"] = found.facts.get("seconds", {}) | {"compare": round(time.monotonic() - started)}
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
    add(
        "tables",
        nargs="*",
        metavar="TABLE",
        help="only these; no page is written then, and the results go to bench/out",
    )
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

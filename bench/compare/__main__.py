"""`python -m bench.compare`: compare the variants and write docs/comparison.md."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from bench import wrk
from bench.compare import results
from bench.prepared import OUT, ROOT

RESULTS: Final = Path(__file__).parent / "results.json"
FAILURE: Final = 1


def main() -> int:
    """Run, or write the page again; the exit code is 1 on failure."""
    options = _options().parse_args()
    try:
        if options.write_only:
            _write(results.read(options.results), options.page)
            return 0
        return _check() if options.check else _run(options)
    except (wrk.LoadFailed, OSError) as error:
        _say(f"compare: {error}")
        return FAILURE


def _run(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from bench.compare.running import FULL, SHORT, empty, run

    extent = SHORT if options.short else replace(FULL, rounds=options.rounds)
    target = OUT / "comparison-short.json" if options.short else options.results
    target.parent.mkdir(parents=True, exist_ok=True)
    comparison = empty(extent, ["--short"] if options.short else ["--rounds", str(options.rounds)])
    run(extent, comparison, _say, lambda: comparison.write(target))
    comparison.facts["load"]["after"] = round(os.getloadavg()[0], 1)
    comparison.write(target)
    if not options.short:
        _write(comparison, options.page)
    _say(f"written: {target.relative_to(ROOT) if target.is_relative_to(ROOT) else target.name}")
    return int(len(comparison.speed.skipped) > 0 or not comparison.validation)


def _check() -> int:
    """Start each variant under each of its servers; a line for each."""
    from bench.compare.model import prepare
    from bench.compare.running import FULL, checked

    prepared = prepare(OUT / "compare-check", ["quick"])["quick"]
    failed = [sentence for variant in FULL.variants for sentence in checked(variant, prepared, _say)]
    return int(len(failed) > 0)


def _write(comparison: results.Comparison, page: Path) -> None:
    from bench.compare import pictures, report

    page.parent.mkdir(parents=True, exist_ok=True)
    pictures.draw(comparison, page.parent / "images")
    page.write_text(report.render(comparison))
    _say(f"written: {page.name}")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.compare",
        description="Compare Flask, FastAPI and Django as people write them and as this project's doors.",
        epilog="Figures are worth something as ratios within one run only.",
    )
    add = parser.add_argument
    add("--rounds", type=int, metavar="N", default=3, help="rounds, each of which starts every server afresh (3)")
    add("--short", action="store_true", help="a minute: does everything run? No figure is worth a thing")
    add("--check", action="store_true", help="start each variant under each of its servers and ask it for the example")
    add("--write-only", action="store_true", help="measure nothing; write the page from the results")
    add("--results", type=Path, metavar="FILE", default=RESULTS, help="the results (bench/compare/results.json)")
    page = ROOT / "docs" / "comparison.md"
    add("--page", type=Path, metavar="FILE", default=page, help="the page (docs/comparison.md)")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

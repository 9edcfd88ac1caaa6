"""Measure which models compile, how exactly and how fast: each is packaged, opened and served through a door.

python -m bench.models --out docs/models.md

With --keep the rows of models that the page says are compiled stay as they are, and so do its rows on boundaries; a few
minutes instead of twenty. Sections that other programs write stay as they are.
Where CatBoost, category_encoders and InterpretML are not installed, their rows stay as they are in any case.

Each line is checked (see `bench/kept.py`). If a model answers differently than its estimator, the run ends with exit
code 1 and the page is not written. Times are medians for one row in this process, one thread; absolute times depend on
the machine, ratios much less so.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnx
import pandas as pd
import sklearn
import xgboost
from threadpoolctl import threadpool_limits

from bench.boundary import DOUBLES, Beside, beside
from bench.kept import Broken, Kept, kept
from bench.model_examples.every_model import boundary_examples, examples
from bench.model_examples.libraries import missing
from bench.model_examples.tables import Table
from bench.sections import other_sections, replaced
from twinserve.errors import ModelError
from twinserve.predict.linear import KEY
from twinserve.predict.runtime import runtime
from twinserve.signature.frames import from_frame
from twinserve.store.artifact import MODEL

BOUNDARIES = "## Rows on a boundary between two classes"
REPEATS = 200
OF_LIBRARIES = ("CatBoost", "ExplainableBoosting", "category_encoders.")
"""How the names of models begin whose libraries may be missing."""
SLOW_REPEATS = 20
"""Repeats for scikit-learn, which takes a hundred times as long."""


@dataclass(frozen=True)
class Row:
    """One line of the page."""

    name: str
    outcome: str
    difference: str = ""
    answered: str = ""
    refused: str = ""
    slow: str = ""
    fast: str = ""


def tried(name: str, model: Any, table: Table) -> Row:
    """Fit, package, open, compare and time one model; raises `Broken`."""
    if "random_state" in model.get_params():
        model.set_params(random_state=0)
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = kept(model, table.frame, table.target, Path(folder), table.declared)
        except ModelError as error:
            return Row(name, f"not served: {error}".replace("|", "/"))
        row = table.frame.iloc[:1]
        columns = from_frame(row, result.opened.signature)
        return Row(
            name, _outcome(result), f"{result.difference:.1e}", str(result.answered), str(result.refused),
            f"{microseconds(lambda: _predict(model, row), SLOW_REPEATS):,.0f}",
            f"{microseconds(lambda: result.opened.predictor.predict(columns), REPEATS):,.1f}",
        )  # fmt: skip


def _outcome(result: Kept) -> str:
    facts = result.opened.manifest.predictor
    if facts.kind != "compiled":
        return facts.reason.removeprefix("Not compiled: ").rstrip(".").replace("|", "/")
    graph = onnx.load(str(result.folder / MODEL))
    return "folded" if any(entry.key == KEY for entry in graph.metadata_props) else "graph"


def microseconds(call: Callable[[], object], repeats: int) -> float:
    """The median time of a call, in microseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e6


def _predict(model: Any, row: pd.DataFrame) -> object:
    return model.predict_proba(row) if hasattr(model, "predict_proba") else model.predict(row)


def page(rows: Sequence[Row], besides: Sequence[Beside] = ()) -> str:
    """The table and the rows beside boundaries as Markdown."""
    lines = [
        "# Which models compile",
        "",
        "Made by `python -m bench.models --out docs/models.md`; do not edit.",
        "",
        "Each model was fitted, packaged, opened as a server opens it, and asked through the Flask door (the Flask",
        "side of the service): held-out rows, the same rows one float step to each side, and rows with nulls, unseen",
        "categories, extremes and texts of all kinds. Every label, every number (within 1e-9) and every refusal equals",
        "the estimator's.",
        "",
        "- **served**: `folded` means that scaler and coefficients are combined into one dot product, `graph` that",
        "  ONNX Runtime predicts; any other text is the reason why scikit-learn serves.",
        "- **largest difference**: of probabilities, or of values, relative to a value over 1.",
        "- **refused**: rows on which the estimator raises or returns a number that is not finite; the door answers",
        "  422 `unpredictable`.",
        "- **µs**: one row, median, in process, one thread.",
        "",
        "The tests of the compiler also run with the oldest libraries that pyproject.toml allows: `make test-oldest`.",
        "",
        "One case is excluded: if the terms of one sign in a sum add up to more than the largest double (1.8e308), it",
        "depends on the order of addition whether the sum overflows, and this order differs between libraries and",
        "processors; so it is with a power that comes within 1e-13 of the largest double. Such a row may get an answer",
        "here and none from the estimator, or the other way round.",
        "",
        "Models of CatBoost, category_encoders and InterpretML are made with requirements/libraries.txt.",
        "",
        f"scikit-learn {sklearn.__version__}, XGBoost {xgboost.__version__}, LightGBM {lightgbm.__version__}, "
        f"ONNX Runtime {runtime().__version__}.",
        "",
        "| model | served | largest difference | answered | refused | scikit-learn, µs | here, µs |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    cells = [(r.name, r.outcome, r.difference, r.answered, r.refused, r.slow, r.fast) for r in rows]
    lines += [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([*lines, *_boundaries(besides)]) + "\n"


def _boundaries(besides: Sequence[Beside]) -> list[str]:
    return [
        "",
        BOUNDARIES,
        "",
        "The last bit of a sum depends on the order of its terms, and so on the library and the processor. Where a",
        f"row lies within {DOUBLES} doubles of where the estimator's label changes, this bit decides the label,",
        "and a compiled model may choose the other one; its probabilities are equal within 1e-9 all the same. Of",
        "rows made to lie there (`bench/boundary.py`), so many get another label than from the estimator:",
        "",
        *(f"- {one.name}: {one.other} of {one.rows}" for one in besides),
    ]


def known_boundaries(path: Path) -> dict[str, Beside]:
    """The rows on boundaries that a page has, by the model's name."""
    found = re.findall(r"^- (.*): (\d+) of (\d+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name: Beside(name, int(rows), int(other)) for name, other, rows in found}


def compiled_rows(path: Path) -> dict[str, Row]:
    """The rows of a page whose models are compiled, by the model's name."""
    lines = (line[2:-2].split(" | ") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("| "))
    return {cells[0]: Row(*cells) for cells in lines if cells[1] in ("folded", "graph")}


def main() -> int:
    """Measure every example and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("docs/models.md"))
    parser.add_argument("--keep", action="store_true", help="measure only models that the page has not as compiled")
    options = parser.parse_args()
    out, shown = options.out, compiled_rows(options.out) if options.out.exists() else {}
    known = shown if options.keep else {}
    warnings.simplefilter("ignore")  # Small examples do not converge; the page compares predictions, not quality.
    bounds = known_boundaries(options.out) if options.keep else {}
    rows: list[Row] = []
    broken = 0
    with threadpool_limits(1):
        asked = (bounds.get(example[0]) or beside(*example) for example in boundary_examples())
        besides = [one for one in asked if one is not None]
        for name, model, table in examples():
            if name in known:
                rows.append(known[name])
                continue
            try:
                rows.append(tried(name, model, table))
                sys.stderr.write(f"{name}: {rows[-1].outcome}\n")
            except Broken as error:
                broken += 1
                sys.stderr.write(f"{name}: BROKEN, {error}\n")
    if broken:
        return 1
    if missing():
        rows += [row for name, row in shown.items() if name.startswith(OF_LIBRARIES)]
    text = page(rows, besides)
    others = other_sections(out.read_text(encoding="utf-8"), {BOUNDARIES}) if out.exists() else []
    for section in others:
        text = replaced(text, section)
    out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Which scikit-learn models compile, how exactly and how fast: tries every one and writes a table.

python -m bench.models --out docs/models.md

Each model is fitted on a small table, compiled, and compared with scikit-learn on that table's rows, on the
same rows one step of float32 and of float64 to either side, and on rows with categories that were never
seen. Times are medians for one row in this process, one thread; the absolute numbers belong to the machine,
the ratios to the code.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn
import xgboost
from threadpoolctl import threadpool_limits

from bench.model_examples import Table, examples
from model.compile import compile_pipeline
from model.errors import CannotCompile
from model.fold import read_fold
from model.runtime import runtime, session

ROWS = 300
REPEATS = 200

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One line of the page."""

    name: str
    outcome: str
    difference: str = ""
    flips: str = ""
    slow: str = ""
    fast: str = ""


def probes(table: Table) -> Table:
    """Rows of the table, and the same one float step to each side, as doubles and as rounded to float32."""
    base = table.at(np.arange(len(table.x))[:: max(1, len(table.x) // ROWS)])
    moved = [base.x, *(_moved(base, step, sign) for step in (_step32, _step64) for sign in (-np.inf, np.inf))]
    x = np.concatenate(moved)
    if not isinstance(table.frame, pd.DataFrame):
        return Table(x, x, table.columns, table.target)
    frame = pd.concat([base.frame] * len(moved), ignore_index=True)
    for i, column in enumerate(table.columns):
        if column.kind == "number":
            frame[column.name] = x[:, i]
    return Table(frame, x, table.columns, table.target)


def _moved(base: Table, step: Callable[[Floats, float], Floats], sign: float) -> Floats:
    """The numbers one step away; those of a table without negative ones stay so, as some classes demand."""
    x = base.x.copy()
    is_number = [i for i, column in enumerate(base.columns) if column.kind == "number"]
    numbers = step(x[:, is_number], sign)
    x[:, is_number] = np.maximum(numbers, 0.0) if (base.x[:, is_number] >= 0.0).all() else numbers
    return x


def _step32(x: Floats, sign: float) -> Floats:
    return np.nextafter(x.astype(np.float32), np.float32(sign)).astype(np.float64)


def _step64(x: Floats, sign: float) -> Floats:
    return np.nextafter(x, sign)


def microseconds(call: Callable[[], object], repeats: int) -> float:
    """The median time of a call, in microseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e6


def tried(name: str, model: Any, table: Table) -> Row:
    """Fit, compile, compare and time one model."""
    if "random_state" in model.get_params():
        model.set_params(random_state=0)
    model.fit(table.frame, table.target)
    try:
        compiled = compile_pipeline(model, table.columns)
    except CannotCompile as refusal:
        return Row(name, str(refusal).replace("|", "/"))
    running = session(compiled)
    fold = read_fold(running.get_modelmeta().custom_metadata_map)
    names = [output.name for output in running.get_outputs()]
    call = fold or (lambda x: dict(zip(names, running.run(None, {"x": x}), strict=True)))
    checked = probes(table)
    answer, one = call(checked.x), table.at(slice(0, 1))
    largest, flips = compared(model, checked.frame, answer)
    return Row(
        name, "folded" if fold else "graph", f"{largest:.1e}", flips,
        f"{microseconds(lambda: _predict(model, one.frame), 5):,.0f}",
        f"{microseconds(lambda: call(one.x), REPEATS):.1f}",
    )  # fmt: skip


def compared(model: Any, frame: Any, answer: dict[str, Any]) -> tuple[float, str]:
    """The largest difference of probabilities or values, relative to a value over 1; and how many labels
    differ.
    """
    if "value" in answer:
        expected = model.predict(frame)
        return float(np.max(np.abs(answer["value"] - expected) / np.maximum(1.0, np.abs(expected)))), ""
    flips = int(np.sum(model.classes_[answer["label"]] != model.predict(frame)))
    if "probabilities" not in answer:
        return 0.0, str(flips)
    return float(np.abs(answer["probabilities"] - model.predict_proba(frame)).max()), str(flips)


def _predict(model: Any, frame: Any) -> object:
    return model.predict_proba(frame) if hasattr(model, "predict_proba") else model.predict(frame)


def page(rows: list[Row]) -> str:
    """The table as Markdown."""
    lines = [
        "# What compiles",
        "",
        "Made by `python -m bench.models --out docs/models.md`; do not edit.",
        "",
        "Largest difference: of probabilities, or of values relative to a value over 1, against",
        "the library's own answer, on the data and one float step to each side of it. Microseconds:",
        "one row, median, in process, one thread. `folded` answers with one dot product, `graph` with",
        "ONNX Runtime; anything else is the refusal, and the fitted pipeline serves. The tests of all of",
        "this also run with the oldest libraries that pyproject.toml allows: `make test-oldest`.",
        "",
        f"scikit-learn {sklearn.__version__}, XGBoost {xgboost.__version__}, LightGBM {lightgbm.__version__}, "
        f"ONNX Runtime {runtime().__version__}.",
        "",
        "| model | compiled | largest difference | label flips | scikit-learn, µs | compiled, µs |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    cells = [(row.name, row.outcome, row.difference, row.flips, row.slow, row.fast) for row in rows]
    lines += [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Try every example and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("docs/models.md"))
    out = parser.parse_args().out
    warnings.simplefilter("ignore")  # Small examples do not converge; the page is about answers, not quality.
    with threadpool_limits(1):
        out.write_text(page([tried(*example) for example in examples()]), encoding="utf-8")


if __name__ == "__main__":
    main()

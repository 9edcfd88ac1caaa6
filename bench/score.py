"""Measure `twinserve score` from Parquet to Parquet, and write its figures into the page of bulk.

python -m bench.score --rows 10000000 --out docs/bulk.md

Rows of 30 numbers; a linear model (scaler and logistic regression) and boosting (200 iterations). In each round every
subject runs once, in a process of its own that may use every core: the command; pyarrow, which reads the same table
and writes it again; ONNX Runtime alone, whose rows are in memory; scikit-learn's `predict_proba` over pandas, alone and
from Parquet to Parquet. A figure is the median of the rounds' ratios. `--rows 500000` is a trial.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.sections import replaced
from twinserve.predict.runtime import runtime
from twinserve.release.from_estimator import package
from twinserve.service.cores import available_cores
from twinserve.store.registry import Registry

HEADING: Final = "## How fast"
FIELDS: Final = 30
FITTED: Final = 20_000
GROUP: Final = 500_000
CHUNK: Final = 65_536
NAMES: Final = [f"f{number:02}" for number in range(FIELDS)]
MODELS: Final[Mapping[str, Callable[[], Any]]] = {
    "linear": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "boosting": lambda: HistGradientBoostingClassifier(max_iter=200, early_stopping=False, random_state=0),
}
TABLE, ANSWERS = "table.parquet", "answers.parquet"


def made(rows: int, seed: int) -> tuple[pd.DataFrame, Any]:
    """Rows of measurements with three decimals, and labels that depend on some of them."""
    rng = np.random.default_rng(seed)
    numbers = np.round(rng.normal(size=(rows, FIELDS)), 3)
    score = numbers[:, 0] - numbers[:, 1] * numbers[:, 2] + numbers[:, 3:8].sum(axis=1) / 2
    labels = np.where(score + rng.normal(size=rows) > 0, "yes", "no")
    return pd.DataFrame(numbers, columns=NAMES), labels


def prepare(folder: Path, rows: int) -> None:
    """The table and the models, all in one folder."""
    frame, labels = made(FITTED, 0)
    for name, make in MODELS.items():
        estimator = make().fit(frame, labels)
        joblib.dump(estimator, folder / f"{name}.joblib")
        version = package(estimator, frame, labels, name=name, artifacts=folder / "store")
        Registry(folder / "store", name).promote(version)
    schema = pa.schema([(name, pa.float64()) for name in NAMES])
    with parquet.ParquetWriter(folder / TABLE, schema) as writer:
        for number, start in enumerate(range(0, rows, GROUP)):
            part, _ = made(min(GROUP, rows - start), number + 1)
            writer.write_table(pa.Table.from_pandas(part.clip(-3, 3), schema, preserve_index=False))


# ---- subjects: each returns its seconds ------------------------------------------------------------------------------


def pyarrow_copies(folder: Path, _model: str) -> float:
    """Read the table and write it again, a group of rows after the other."""
    begun = time.perf_counter()
    file = parquet.ParquetFile(folder / TABLE, pre_buffer=True)
    with parquet.ParquetWriter(folder / "copy.parquet", file.schema_arrow) as writer:
        for group in range(file.num_row_groups):
            writer.write_table(file.read_row_group(group))
    return time.perf_counter() - begun


def onnx_runtime(folder: Path, model: str) -> float:
    """Predict with every core; rows that are in memory as a matrix do not count."""
    ort, options = runtime(), runtime().SessionOptions()
    options.intra_op_num_threads = available_cores()
    path = Registry(folder / "store", model).path(1) / "model.onnx"
    session = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    seconds = 0.0
    for batch in parquet.ParquetFile(folder / TABLE).iter_batches(CHUNK):
        matrix = np.ascontiguousarray(np.column_stack([column.to_numpy() for column in batch.columns]))
        begun = time.perf_counter()
        session.run(None, {"x": matrix})
        seconds += time.perf_counter() - begun
    return seconds


def sklearn_alone(folder: Path, model: str) -> float:
    """`predict_proba` of a frame in memory."""
    estimator, frame = joblib.load(folder / f"{model}.joblib"), pd.read_parquet(folder / TABLE)
    begun = time.perf_counter()
    estimator.predict_proba(frame)
    return time.perf_counter() - begun


def sklearn_files(folder: Path, model: str) -> float:
    """The usual script, from Parquet to Parquet."""
    estimator = joblib.load(folder / f"{model}.joblib")
    begun = time.perf_counter()
    frame = pd.read_parquet(folder / TABLE)
    likely = estimator.predict_proba(frame)
    answers = pd.DataFrame(likely, columns=[f"probabilities.{name}" for name in estimator.classes_])
    answers.insert(0, "label", estimator.classes_[likely.argmax(axis=1)])
    answers.to_parquet(folder / "by-pandas.parquet")
    return time.perf_counter() - begun


def command(folder: Path, model: str) -> float:
    """`twinserve score`, with all that a process takes to begin and end."""
    program = [sys.executable, "-m", "twinserve.cli.main", "score", folder / TABLE, folder / ANSWERS]
    begun = time.perf_counter()
    subprocess.run([*map(str, program), "--artifacts", str(folder / "store"), "--name", model], check=True)  # noqa: S603  # Our own.
    return time.perf_counter() - begun


SUBJECTS: Final[Mapping[str, Callable[[Path, str], float]]] = {
    "twinserve score": command,
    "pyarrow reads and writes": pyarrow_copies,
    "ONNX Runtime alone": onnx_runtime,
    "predict_proba alone": sklearn_alone,
    "predict_proba, Parquet to Parquet": sklearn_files,
}


def measured(folder: Path, subject: str, model: str) -> float:
    """The seconds of a subject in a fresh process."""
    if subject == "twinserve score":
        return command(folder, model)
    program = [sys.executable, "-m", "bench.score", "--subject", subject, "--model", model, "--folder", str(folder)]
    done = subprocess.run(program, check=True, capture_output=True, text=True)  # noqa: S603  # Our own program.
    return float(json.loads(done.stdout))


def section(rows: int, rounds: Sequence[Mapping[tuple[str, str], float]]) -> str:
    """The section of the page."""
    lines = [
        HEADING,
        "",
        f"Written by `python -m bench.score --rows {rows}`; not by hand. From Parquet to Parquet, {rows:,} rows of "
        f"{FIELDS} numbers, {available_cores()} cores, {len(rounds)} rounds; each round runs every subject once, and a "
        "figure is the median of the ratios within the rounds. The command's time holds all of its process.",
        "",
        "| how many times as fast as | linear | boosting |",
        "| --- | ---: | ---: |",
    ]
    for subject in list(SUBJECTS)[1:]:
        cells = [_median(rounds, subject, model) for model in MODELS]
        lines.append(f"| {subject} | {' | '.join(f'{cell:.2f}x' for cell in cells)} |")
    speeds = [rows / statistics.median(one["twinserve score", model] for one in rounds) for model in MODELS]
    lines += ["", f"Rows a second on that machine: linear {speeds[0]:,.0f}, boosting {speeds[1]:,.0f}."]
    return "\n".join(lines)


def _median(rounds: Sequence[Mapping[tuple[str, str], float]], subject: str, model: str) -> float:
    return statistics.median(one[subject, model] / one["twinserve score", model] for one in rounds)


def main() -> None:
    """Measure, and print the section or write it into a page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="the page; without it the section is printed")
    parser.add_argument("--folder", type=Path, help="where table and models are, or are made and stay")
    parser.add_argument("--subject", choices=SUBJECTS, help=argparse.SUPPRESS)
    parser.add_argument("--model", choices=MODELS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.subject:
        print(json.dumps(SUBJECTS[options.subject](options.folder, options.model)))  # noqa: T201  # For the parent.
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        if not (folder / TABLE).exists():
            prepare(folder, options.rows)
        pairs = [(subject, model) for model in MODELS for subject in SUBJECTS]
        rounds = [{pair: measured(folder, *pair) for pair in pairs} for _ in range(options.rounds)]
    written = section(options.rows, rounds)
    if options.out is None:
        print(written)  # noqa: T201  # What was asked for.
    else:
        options.out.write_text(replaced(options.out.read_text(), written))


if __name__ == "__main__":
    main()

"""Measure a forest of ordinary size from `package` to a door, and write its figures into the page of models.

python -m bench.forests --out docs/models.md

1,000 trees of scikit-learn's default depth, of 40,000 rows (a fifth of 50,000 is held out). Fitting takes ten minutes:
with --fitted FILE the forest is read from there, where the file exists, and else written. Where the door answers a row
otherwise than the forest, the run ends with exit code 1 and the page stays as it was. Seconds and microseconds are
processor time, which others on the same machine do not change.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import pandas as pd
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from threadpoolctl import threadpool_limits

from bench.sections import replaced
from bench.server import post, running
from bench.subjects import Launch, Payload
from harness import ROOT, processes
from harness.ports import free_port
from twinserve.release.fitted_elsewhere import packaging
from twinserve.release.from_estimator import held_out, package
from twinserve.signature import to_instances
from twinserve.signature.frames import from_frame
from twinserve.store.artifact import MODEL, LoadedArtifact, Trust, open_version
from twinserve.store.registry import Registry

HEADING: Final = "## Forests of ordinary size"
NAME: Final = "forest"
ROWS: Final = 50_000
FIELDS: Final = 12
TREES: Final = 1_000
BATCH: Final = 1_000
TOLERANCE: Final = 1e-9
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class Figures:
    """What a forest of one size costs."""

    nodes: int
    graph: float
    """Of the compiled model, in MB."""
    version: float
    """Of all files of the version, in MB."""
    seconds: Mapping[str, float]
    """Of each step, by its name: processor time."""
    worker: float
    """Resident memory of a Flask door with one worker after the measurements, in MB."""
    difference: float
    times: Mapping[str, tuple[float, float]]
    """In microseconds, of the compiled model and of scikit-learn, by what is asked."""


def rows() -> tuple[pd.DataFrame, pd.Series[Any]]:
    """The table: numbers that say something of two classes, of which a twentieth is wrong."""
    made, classes = make_classification(
        n_samples=ROWS, n_features=FIELDS, n_informative=8, n_redundant=2, flip_y=0.05, random_state=0
    )
    frame = pd.DataFrame(made, columns=[f"x{place}" for place in range(FIELDS)])
    return frame, pd.Series(np.array(["no", "yes"], dtype=object)[classes], name="t")


def forest(frame: pd.DataFrame, target: pd.Series[Any], trees: int) -> RandomForestClassifier:
    """Fitted on the rows that are not held out, on all processors; it predicts on one, as in a server."""
    learned = ~held_out(frame, target)
    fitted = RandomForestClassifier(trees, random_state=0, n_jobs=-1).fit(frame[learned], target[learned])
    return fitted.set_params(n_jobs=1)


@contextmanager
def timed(seconds: dict[str, float], **steps: str) -> Iterator[None]:
    """Time the functions of `packaging` with these names, each under its word; and the whole under `package`."""

    def watched(word: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            begun = time.process_time()
            result = function(*given, **named)
            seconds[word] = time.process_time() - begun
            return result

        return call

    kept = {name: getattr(packaging, name) for name in steps}
    begun = time.process_time()
    try:
        for name, word in steps.items():
            setattr(packaging, name, watched(word, kept[name]))
        yield
    finally:
        seconds["package"] = time.process_time() - begun
        for name, function in kept.items():
            setattr(packaging, name, function)


def measured(model: RandomForestClassifier, frame: pd.DataFrame, target: pd.Series[Any], store: Path) -> Figures:
    """Package, open, serve and compare; raises `SystemExit` where an answer differs."""
    seconds: dict[str, float] = {}
    with timed(seconds, compile_model="compile", prove="prove"):
        version = package(model, frame, target, name=NAME, artifacts=store)
    registry = Registry(store, NAME)
    registry.promote(version)
    begun = time.process_time()
    opened = open_version(registry.path(version), Trust())
    seconds["open"] = time.process_time() - begun
    if opened.manifest.predictor.kind != "compiled":
        raise SystemExit(opened.manifest.predictor.reason)
    asked = frame[held_out(frame, target)].iloc[:BATCH]
    seconds["start"], worker, difference = _served(model, asked, opened, store)
    files = [path for path in registry.path(version).rglob("*") if path.is_file()]
    return Figures(
        nodes=sum(tree.tree_.node_count for tree in model.estimators_),
        graph=(registry.path(version) / MODEL).stat().st_size / MEGABYTE,
        version=sum(path.stat().st_size for path in files) / MEGABYTE,
        seconds=seconds,
        worker=worker,
        difference=difference,
        times={f"{count:,}": _times(model, asked.iloc[:count], opened) for count in (1, BATCH)},
    )


def _times(model: RandomForestClassifier, asked: pd.DataFrame, opened: LoadedArtifact) -> tuple[float, float]:
    columns, repeats = from_frame(asked, opened.signature), 100 if len(asked) == 1 else 5
    with threadpool_limits(1):
        ours = _microseconds(lambda: opened.predictor.predict(columns), repeats)
        return ours, _microseconds(lambda: model.predict_proba(asked), max(3, repeats // 10))


def _microseconds(call: Callable[[], object], repeats: int) -> float:
    """The median processor time of a call."""
    times = []
    for _ in range(repeats):
        begun = time.process_time()
        call()
        times.append(time.process_time() - begun)
    return float(np.median(times)) * 1e6


def _served(
    model: RandomForestClassifier, asked: pd.DataFrame, opened: LoadedArtifact, store: Path
) -> tuple[float, float, float]:
    """The seconds until a door of one worker answers, its memory after a batch, and the largest difference."""
    instances, port = to_instances(from_frame(asked, opened.signature), opened.signature), free_port()
    settings = {"TWINSERVE_PORT": str(port), "TWINSERVE_ARTIFACTS": str(store), "TWINSERVE_MODEL": NAME}
    launched = Launch(
        [sys.executable, "-m", "serve_flask"],
        {**settings, "PYTHONPATH": str(ROOT), "TWINSERVE_WORKERS": "1", "TWINSERVE_ACCESS_LOG": "false"},
    )
    first = Payload("/predict", instances[0])
    core = min(os.sched_getaffinity(0))
    with running(launched, port, first, folder=store, core=core, log=store / "server.log") as server:
        seconds = sum(process.seconds for process in processes.family(server.process))
        _, reply = post(port, Payload("/predict", instances))
        said = [[*each["probabilities"].values()] for each in json.loads(reply)["predictions"]]
        memory = processes.memory(processes.family(server.process))
    difference = float(np.abs(np.array(said) - model.predict_proba(asked)).max())
    if difference > TOLERANCE:
        raise SystemExit(f"An answer differs by {difference:.1e}.")
    return seconds, memory["resident"], difference


def section(figures: Figures) -> str:
    """The section of the page."""
    seconds, (one, one_there), (many, many_there) = figures.seconds, *figures.times.values()
    lines = [
        ("nodes, leaves included", f"{figures.nodes:,}"),
        ("compiled model", f"{figures.graph:,.0f} MB"),
        ("all files of the version", f"{figures.version:,.0f} MB"),
        ("compile", f"{seconds['compile']:,.0f} s"),
        ("prove", f"{seconds['prove']:,.0f} s"),
        ("`package`, with both", f"{seconds['package']:,.0f} s"),
        ("open", f"{seconds['open']:,.1f} s"),
        ("start of a Flask door until it answers", f"{seconds['start']:,.1f} s"),
        ("memory of that door, one worker", f"{figures.worker:,.0f} MB"),
        ("one row", f"{one:,.0f} µs; scikit-learn {one_there:,.0f} µs"),
        ("1,000 rows", f"{many:,.0f} µs; scikit-learn {many_there:,.0f} µs"),
        ("largest difference of 1,000 rows through the door", f"{figures.difference:.1e}"),
    ]
    said = [
        HEADING,
        "",
        f"Made by `python -m bench.forests`: `RandomForestClassifier({TREES})` of default depth on {ROWS:,} rows of",
        f"{FIELDS} numbers, a fifth of which is held out. Seconds and µs are processor time, in one process.",
        "",
        *(f"- {name}: {value}" for name, value in lines),
    ]
    return "\n".join(said) + "\n"


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("docs/models.md"))
    parser.add_argument("--fitted", type=Path, help="where the fitted forest is kept, as a joblib file of your own")
    parser.add_argument("--trees", type=int, default=TREES)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    frame, target = rows()
    if options.fitted is not None and options.fitted.exists():
        model = joblib.load(options.fitted)
    else:
        model = forest(frame, target, options.trees)
        if options.fitted is not None:
            joblib.dump(model, options.fitted)
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(model, frame, target, Path(folder))
    text = section(figures)
    sys.stdout.write(text)
    out: Path = options.out
    out.write_text(replaced(out.read_text(encoding="utf-8"), text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

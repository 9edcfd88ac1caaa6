"""What 1,000 nested rows as JSON take beside the framework's floor and ONNX Runtime: `python -m bench.remainder`.

A round asks the floor, the door and, in this process, ONNX Runtime alone for a second each, on one core and in turns.
Printed are the medians of the rounds: each time for a request, the floor's part of the door's, and what is left of it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pandas as pd

from bench import wrk
from bench.catalog import SUBJECTS
from bench.prepared import OUT, Prepared
from bench.server import log_of, running
from bench.subjects import Scene
from bench.training import prepare
from bench.v2 import CLIENTS, DOORS, SERVERS, alone, called
from harness.ports import free_port
from twinserve.signature.frames import from_frame
from twinserve.store.artifact import Trust, open_version
from twinserve.store.registry import Registry

ROUNDS: Final = 9
MODELS: Final = ("linear", "forest", "boosting")

Milliseconds = Callable[[], float]
"""Measures for a second what a request takes."""


@contextmanager
def asked(name: str, prepared: Prepared, scratch: Path) -> Iterator[Milliseconds]:
    """A server on its core, asked for the batch of a model over one connection."""
    subject = SUBJECTS[name]
    scene = Scene(Path(sys.executable), free_port(), prepared, scratch)
    payload = subject.ask(prepared, prepared.batch)
    body = scratch / f"{name}-body"
    body.write_bytes(payload.body)
    url = f"http://127.0.0.1:{scene.port}{payload.path}"

    def milliseconds() -> float:
        outcome = wrk.run(url, body, payload.content_type, connections=1, seconds=1, core=CLIENTS)
        if not outcome.valid:
            raise wrk.LoadFailed(f"{name} gave errors: {outcome.errors}.")
        return 1e3 / outcome.requests_per_second

    log = log_of(subject, prepared)
    with running(subject.launch(scene), scene.port, payload, folder=scratch, core=SERVERS, log=log):
        milliseconds()  # What comes first is no measure.
        yield milliseconds


def by_onnx_runtime(prepared: Prepared) -> Milliseconds:
    """ONNX Runtime on the matrix of the same batch."""
    store = OUT / "artifacts"
    opened = open_version(Registry(store, prepared.name).path(1), Trust())
    columns = from_frame(pd.DataFrame(prepared.batch.table, columns=list(prepared.columns)), opened.signature)
    rate = called(alone(store, prepared.name, columns.matrix), seconds=1)
    return lambda: 1e3 / rate()


def line(door: str, model: str, rounds: Sequence[tuple[float, float, float]]) -> str:
    """The medians of the rounds of one door and model."""
    left = statistics.median((ours - floor - runtime) / ours for ours, floor, runtime in rounds)
    share = statistics.median(floor / ours for ours, floor, _ in rounds)
    ours, floor, runtime = (statistics.median(column) for column in zip(*rounds, strict=True))
    return (
        f"{door:8} {model:9} {ours:6.2f} ms  floor {floor:5.2f} ms ({share:.2f} of it)  "
        f"ONNX Runtime {runtime:5.2f} ms  left {left:4.0%}"
    )


def main() -> None:
    """Print a line for each door and model."""
    for model in MODELS:
        prepared = prepare(model)
        runtime = by_onnx_runtime(prepared)
        for door in DOORS:
            with (
                tempfile.TemporaryDirectory() as folder,
                asked(f"twinserve-{door}", prepared, Path(folder)) as ours,
                asked(f"floor-{door}", prepared, Path(folder)) as floor,
            ):
                told(line(door, model, [(ours(), floor(), runtime()) for _ in range(ROUNDS)]))


def told(text: str) -> None:
    """Print one line."""
    print(text, flush=True)  # noqa: T201  # The result.


if __name__ == "__main__":
    main()

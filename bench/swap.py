"""Measure the cost of a swap for requests meanwhile: latency at half of capacity, with and without new champions.

python -m bench.swap --artifacts artifacts --model tumor

The two newest versions of the model take turns, in a copy of the store. Each door runs two workers on one core, the
load on the other; rounds with and without swaps alternate, so that other work on the machine affects both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Final

from bench.server import running
from bench.subjects import Launch, Payload
from bench.wrk import SCRIPT, Outcome, parse
from harness import ROOT
from harness.ports import free_port
from harness.running import DOORS
from twinserve.store.registry import Registry

CONNECTIONS: Final = 32
SECONDS: Final = 10.0
ROUNDS: Final = 3
PAUSE_BETWEEN_SWAPS: Final = 1.1
"""Seconds; a worker looks once a second, so each look finds a new champion."""
SERVER_CORE, LOAD_CORE = 0, 1
JSON: Final = "application/json"


def main() -> int:
    """Measure both doors and print a table."""
    parser = argparse.ArgumentParser(prog="bench.swap", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--artifacts", type=Path, default=Path("artifacts"))
    parser.add_argument("--model", default="tumor")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each round (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="with swaps, and as many without")
    options = parser.parse_args()
    _say("| door | capacity/s | load/s | p50 quiet | p50 swaps | p99 quiet | p99 swaps | ratio | failed |")
    _say("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    os.sched_setaffinity(0, {LOAD_CORE})
    for door in DOORS:
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "store"
            shutil.copytree(options.artifacts / options.model, store / options.model)
            _say(_line(door, Registry(store, options.model), Path(folder), options.seconds, options.rounds))
    return 0


def _line(door: str, registry: Registry, folder: Path, seconds: float, rounds: int) -> str:
    one, other = registry.versions()[-2:]
    registry.promote(one)
    first = Payload("/predict", json.loads((registry.path(one) / "golden.json").read_text())[0]["request"])
    file, port = folder / "body.json", free_port()
    file.write_bytes(first.body)
    launch = _launch(door, registry, port)
    with running(launch, port, first, folder=folder, core=SERVER_CORE, log=folder / "log"):
        _load(port, file, 2.0)  # To warm up.
        capacity = _load(port, file, seconds / 2).requests_per_second
        pause = max(1, round(2 * CONNECTIONS / capacity * 1000))
        quiet, swapped = [], []
        for _ in range(rounds):
            quiet.append(_load(port, file, seconds, pause))
            with swaps(registry, (other, one)):
                swapped.append(_load(port, file, seconds, pause))
    before, during = _middle(quiet, "p99"), _middle(swapped, "p99")
    rate = median(outcome.requests_per_second for outcome in quiet)
    failed = sum(sum(outcome.errors.values()) for outcome in (*quiet, *swapped))
    return (
        f"| {door} | {capacity:.0f} | {rate:.0f} | {_middle(quiet, 'p50'):.2f} ms | {_middle(swapped, 'p50'):.2f} ms "
        f"| {before:.2f} ms | {during:.2f} ms | {during / before:.2f} | {failed} |"
    )


def _middle(outcomes: Sequence[Outcome], percentile: str) -> float:
    return median(outcome.latency[percentile] for outcome in outcomes)


@contextmanager
def swaps(registry: Registry, versions: Sequence[int]) -> Iterator[None]:
    """A context in which the versions take turns as champion."""
    stop = threading.Event()

    def turn() -> None:
        count = 0
        while not stop.wait(PAUSE_BETWEEN_SWAPS):
            registry.promote(versions[count % len(versions)])
            count += 1

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _launch(door: str, registry: Registry, port: int) -> Launch:
    settings = {
        "PORT": str(port),
        "WORKERS": "2",
        "ARTIFACTS": str(registry.folder.parent),
        "MODEL": registry.name,
        "ACCESS_LOG": "false",
        "LOG_LEVEL": "error",
    }
    environment = {f"TWINSERVE_{name}": value for name, value in settings.items()} | {"PYTHONPATH": str(ROOT)}
    return Launch((sys.executable, "-m", door), environment)


def _load(port: int, body: Path, seconds: float, pause: int | None = None) -> Outcome:
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{round(seconds)}s"]
    command += ["--timeout=10s", f"--script={SCRIPT}", f"http://127.0.0.1:{port}/predict", "--", str(body), JSON]
    command += [] if pause is None else [str(pause)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # Our own words.
    return parse(shown.stdout.splitlines())


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # The program's own voice.


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())

"""Requests in bulk: rows a second, memory, and what single rows wait while one runs: `python -m bench.bulk`.

The default model, 30 columns, behind each door, on one core; clients on the other. Memory is that of the server, at its
most, over what it held before. Single rows come over one connection, one every five milliseconds, in phases with and
without a bulk request by turns, so that other work on the machine affects both alike.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from harness.clients import percentile
from harness.processes import family
from harness.running import DOORS, Running, golden, running

SERVER_CORE, CLIENT_CORE = 0, 1
TYPES: Final = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
BLOCK: Final = 1_000
"""Rows that are made once and sent again and again."""
GROUP: Final = 100 * BLOCK
"""Rows of a group in Parquet."""
PACE: Final = 0.005
"""Seconds from one single row to the next."""
PATIENCE: Final = 3_600.0


def main() -> int:
    """Measure the doors and print tables."""
    parser = argparse.ArgumentParser(prog="bench.bulk", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--artifacts", type=Path, default=Path("artifacts"))
    parser.add_argument("--doors", nargs="*", choices=DOORS, default=[*DOORS])
    parser.add_argument("--forms", nargs="*", choices=TYPES, default=[*TYPES])
    parser.add_argument("--rows", type=int, nargs=2, default=(1_000_000, 10_000_000), help="few and many, for memory")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each phase of single rows")
    parser.add_argument("--rounds", type=int, default=5, help="of phases")
    options = parser.parse_args()
    os.sched_setaffinity(0, {CLIENT_CORE})
    say = partial(print, flush=True)
    say("| door | form | rows/s | MB more at most, few rows | many rows | p99 of single rows, alone | beside | ratio |")
    say("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for door in options.doors:
        for form in options.forms:
            with tempfile.TemporaryDirectory() as folder, _server(door, Path(folder), options.artifacts) as server:
                bulk = Bulk(server, form, json.loads(golden(options.artifacts)))
                bulk.post(BLOCK)
                cells = [door, form, *_memory(bulk, *options.rows), *_waits(bulk, options.seconds, options.rounds)]
                say(f"| {' | '.join(cells)} |")
    return 0


@contextmanager
def _server(door: str, folder: Path, artifacts: Path) -> Iterator[Running]:
    limits = {"max_bulk": 1 << 40, "workers": 1, "access_log": False}
    with running(door, folder, artifacts.absolute(), **limits) as server:
        for process in family(server.process.pid):
            for task in Path(f"/proc/{process.number}/task").iterdir():
                os.sched_setaffinity(int(task.name), {SERVER_CORE})
        yield server


class Bulk:
    """Requests in one form, of the same rows again and again."""

    def __init__(self, server: Running, form: str, instance: Any) -> None:
        self.server, self.form = server, form
        self.body = json.dumps(instance).encode()
        names = [f"{group}.{name}" for group, members in instance.items() for name in members]
        values = np.array([value for members in instance.values() for value in members.values()])
        noise = np.random.default_rng(0).normal(1, 0.05, (BLOCK, len(values)))
        self._names, self._table = names, values * noise
        self._instances = [_nested(names, row) for row in self._table.tolist()]

    def pieces(self, number: int) -> Iterator[bytes]:
        """The body of that many rows, a multiple of `BLOCK`."""
        if self.form == "ndjson":
            block = b"".join(json.dumps(one).encode() + b"\n" for one in self._instances)
            yield from (block for _ in range(number // BLOCK))
        elif self.form == "csv":
            yield ",".join(self._names).encode() + b"\n"
            block = "".join(",".join(map(repr, row)) + "\n" for row in self._table.tolist()).encode()
            yield from (block for _ in range(number // BLOCK))
        else:
            yield from _arrow(self.form, dict(zip(self._names, self._table.T, strict=True)), number)

    def post(self, number: int) -> float:
        """Send them, and drop the answer as it comes; returns the seconds. A thread of its own sends."""
        began = time.perf_counter()
        client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        client.putrequest("POST", "/predict")
        client.putheader("Content-Type", TYPES[self.form])
        client.putheader("Transfer-Encoding", "chunked")
        client.endheaders()

        def send() -> None:
            for piece in self.pieces(number):
                client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            client.send(b"0\r\n\r\n")

        sender = threading.Thread(target=send)
        sender.start()
        answer = client.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"{answer.status}: {answer.read()!r}")
        while answer.read(1 << 20):
            pass
        sender.join()
        client.close()
        return time.perf_counter() - began

    def memory(self) -> float:
        """What the server's processes hold, in MB."""
        pages = [
            int(Path(f"/proc/{one.number}/statm").read_text().split()[1]) for one in family(self.server.process.pid)
        ]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _nested(names: Sequence[str], row: Sequence[float]) -> dict[str, dict[str, float]]:
    groups: dict[str, dict[str, float]] = {}
    for name, value in zip(names, row, strict=True):
        group, _, member = name.partition(".")
        groups.setdefault(group, {})[member] = value
    return groups


def _arrow(form: str, columns: dict[str, Any], number: int) -> Iterator[bytes]:
    """The same table again and again, as batches or as groups of rows, of which files have few."""
    import pyarrow as pa
    from pyarrow import parquet

    table, sink = pa.table(columns), io.BytesIO()
    is_arrow = form == "arrow"
    if not is_arrow:
        table = pa.concat_tables([table] * (min(GROUP, number) // BLOCK)).combine_chunks()
    writer = pa.ipc.new_stream(sink, table.schema) if is_arrow else parquet.ParquetWriter(sink, table.schema)
    with writer:
        for _ in range(number // table.num_rows):
            writer.write_table(table)
            if is_arrow:
                yield _taken(sink)
    yield _taken(sink) if is_arrow else sink.getvalue()


def _taken(sink: io.BytesIO) -> bytes:
    held = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return held


def _memory(bulk: Bulk, few: int, many: int) -> tuple[str, str, str]:
    """Rows a second, and MB more at most, with few rows and with many."""
    before = bulk.memory()
    _, first = _watched(bulk, few)
    seconds, second = _watched(bulk, many)
    return f"{many / seconds:,.0f}", f"{first - before:.0f}", f"{second - before:.0f}"


def _watched(bulk: Bulk, number: int) -> tuple[float, float]:
    most, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], bulk.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        seconds = bulk.post(number)
    finally:
        done.set()
        watcher.join()
    return seconds, most[0]


def _waits(bulk: Bulk, seconds: float, rounds: int) -> tuple[str, str, str]:
    """The 99th percentile of single rows in milliseconds: alone, beside a bulk request, and the median ratio."""
    alone: list[float] = []
    beside: list[float] = []
    for _ in range(rounds):
        alone.append(percentile(_singles(bulk, seconds), 0.99))
        with _meanwhile(lambda: bulk.post(100 * BLOCK)):
            beside.append(percentile(_singles(bulk, seconds), 0.99))
    ratio = median(there / here for here, there in zip(alone, beside, strict=True))
    return f"{median(alone) * 1e3:.2f} ms", f"{median(beside) * 1e3:.2f} ms", f"{ratio:.2f}"


@contextmanager
def _meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Do this again and again in a process of its own, of lower priority."""

    def run() -> None:
        os.nice(10)
        while True:
            work()

    process = multiprocessing.get_context("fork").Process(target=run, daemon=True)
    process.start()
    time.sleep(1.0)
    try:
        yield
        if not process.is_alive():
            raise SystemExit("The bulk requests failed.")
    finally:
        process.terminate()
        process.join()


def _singles(bulk: Bulk, seconds: float) -> list[float]:
    """The latencies of single rows for so long, each from when it was due."""
    client = http.client.HTTPConnection("127.0.0.1", bulk.server.port, timeout=PATIENCE)
    latencies: list[float] = []
    end = (due := time.perf_counter()) + seconds
    while due < end:
        time.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        client.request("POST", "/predict", bulk.body, {"Content-Type": "application/json"})
        answer = client.getresponse()
        answer.read()
        latencies.append(time.perf_counter() - began)
        due = max(due + PACE, time.perf_counter())
    client.close()
    return latencies


if __name__ == "__main__":
    sys.exit(main())

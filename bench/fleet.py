"""Measure many models in one worker: opening, memory, a warm and a cold one beside a lone one, promotions under load.

python -m bench.fleet --models 1000

The models are copies of one that is trained here in a second. Server and load have a core each; rounds of the lone
model and of one among many alternate, so that other work on the machine affects both alike.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.server import running
from bench.subjects import Launch, Payload
from bench.swap import JSON, LOAD_CORE, SERVER_CORE
from bench.wrk import SCRIPT, Outcome, parse, run
from harness import ROOT, fleet, swapping
from harness.ports import free_port
from harness.processes import family, memory
from harness.running import DOORS
from twinserve.store.registry import Registry

ROUNDS: Final = 5
SECONDS: Final = 4.0
PATIENCE: Final = 300.0
COLD: Final = 100
"""Models that are asked for while they are not open."""
PROMOTED: Final = 100
MINUTE: Final = 60.0
PAUSE: Final = 20
"""Milliseconds between two requests of a connection while models are promoted."""


def main() -> int:
    """Measure both doors and print what was found."""
    parser = argparse.ArgumentParser(prog="bench.fleet", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--models", type=int, default=1000, help="beside the default one (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each of the two (default: %(default)s)")
    options = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    with tempfile.TemporaryDirectory() as folder:
        registry = swapping.store(Path(folder) / "store")
        registry.promote(1)
        names = [f"model-{number:04d}" for number in range(options.models)]
        copies = fleet.copied(registry, names)
        body = Path(folder) / "body.json"
        body.write_bytes(swapping.BODY)
        for door in DOORS:
            _measure(door, registry, copies, body, options.rounds)
    return 0


def _measure(door: str, registry: Registry, copies: Sequence[Registry], body: Path, rounds: int) -> None:
    many = len(copies) + 1
    with ExitStack() as stack:
        lone, lone_port = stack.enter_context(_server(door, registry))
        begun = time.perf_counter()
        all_of_them, port = stack.enter_context(_server(door, registry, MODELS="*", MAX_MODELS=str(many)))
        while (count := _open(port)) < many:
            if time.perf_counter() - begun > PATIENCE:
                raise SystemExit(f"{count} of {many} models are open after {PATIENCE:.0f} s.")
            time.sleep(0.1)
        seconds = time.perf_counter() - begun
        _say(f"{door}: {many:,} models open after {seconds:.1f} s; {_megabytes(all_of_them):,.0f} MB")
        _say(f"{door}: the server of one model: {_megabytes(lone):,.0f} MB")
        ratios = []
        for _ in range(rounds):
            alone = _load(lone_port, "/predict", body)
            warm = _load(port, f"/models/{copies[many // 2].name}/predict", body)
            ratios.append(warm.requests_per_second / alone.requests_per_second)
        _say(f"{door}: a warm model answers at {_spread(ratios)} of a lone one's rate")
    with _server(door, registry, MODELS="*", MAX_MODELS="10") as (_, port):
        times = [_seconds(port, f"/models/{copy.name}/predict") for copy in copies[-COLD:]]
        _say(f"{door}: the first request to a cold one takes {_spread([1e3 * one for one in times])} ms")
    with _server(door, registry, MODELS="*", MAX_MODELS=str(many)) as (_, port):
        _promote(door, port, copies, body)


def _promote(door: str, port: int, copies: Sequence[Registry], body: Path) -> None:
    """A hundred promotions of different models in a minute, under load on another one and on each of them."""
    promoted, stop = copies[:PROMOTED], threading.Event()
    failed: list[str] = []

    def ask() -> None:
        while not stop.is_set():
            failed.extend(copy.name for copy in promoted if _status(port, f"/models/{copy.name}/predict") != 200)

    for copy in promoted:
        _status(port, f"/models/{copy.name}/predict")  # So that each is open.
    asking = threading.Thread(target=ask)
    asking.start()
    quiet = _load(port, "/predict", body, seconds=MINUTE / 4, pause=PAUSE)
    promoting = threading.Thread(target=_promote_each, args=(promoted,))
    promoting.start()
    loaded = _load(port, "/predict", body, seconds=MINUTE, pause=PAUSE)
    promoting.join()
    time.sleep(3.0)  # The contract promises two.
    served = [_answer(port, f"/models/{copy.name}/predict")["version"] for copy in promoted]
    stop.set()
    asking.join()
    errors = sum(loaded.errors.values()) + len(failed)
    _say(
        f"{door}: {PROMOTED} promotions in a minute: {loaded.requests:,} requests to another model, {errors} failed; "
        f"{served.count('2')} of {PROMOTED} models serve their new version; p99 {quiet.latency['p99']:.2f} ms before, "
        f"{loaded.latency['p99']:.2f} ms meanwhile"
    )


def _promote_each(copies: Sequence[Registry]) -> None:
    for copy in copies:
        copy.promote(2)
        time.sleep(MINUTE / PROMOTED * 0.9)
    for copy in copies:
        if copy.champion() != 2:
            raise SystemExit("A promotion was lost.")


@contextmanager
def _server(door: str, registry: Registry, **settings: str) -> Iterator[tuple[int, int]]:
    """A server of this store on its core: its process and its port."""
    port = free_port()
    given = {"PORT": str(port), "ARTIFACTS": str(registry.folder.parent), "MODEL": registry.name, **settings}
    given |= {"ACCESS_LOG": "false", "LOG_LEVEL": "error"}
    environment = {f"TWINSERVE_{name}": value for name, value in given.items()} | {"PYTHONPATH": str(ROOT)}
    launch = Launch((sys.executable, "-m", door), environment)
    with tempfile.TemporaryDirectory() as folder:
        first = Payload("/predict", json.loads(swapping.BODY))
        log = Path(folder) / "log"
        with running(launch, port, first, folder=Path(folder), core=SERVER_CORE, log=log) as server:
            yield server.process, port


def _open(port: int) -> int:
    """How many models are open."""
    after: str | None = ""
    count = 0
    while after is not None:
        page = _answer(port, f"/models?limit=1000&after={after}", b"")
        count += sum(model["state"] == "open" for model in page["models"])
        after = page["next"]
    return count


def _load(port: int, path: str, body: Path, *, seconds: float = SECONDS, pause: int | None = None) -> Outcome:
    url = f"http://127.0.0.1:{port}{path}"
    if pause is None:
        return run(url, body, JSON, connections=16, seconds=seconds, core=LOAD_CORE)
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", "-c8", f"-d{round(seconds)}s", "--latency"]
    command += [f"--script={SCRIPT}", url, "--", str(body), JSON, str(pause)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # Our own words.
    return parse(shown.stdout.splitlines())


def _request(port: int, path: str, body: bytes = swapping.BODY) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60.0)
    connection.request("POST" if body else "GET", path, body or None, {"Content-Type": JSON} if body else {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def _status(port: int, path: str) -> int:
    return _request(port, path)[0]


def _answer(port: int, path: str, body: bytes = swapping.BODY) -> Mapping[str, Any]:
    status, content = _request(port, path, body)
    if status != 200:
        raise SystemExit(f"{path} is answered with {status}.")
    found: Mapping[str, Any] = json.loads(content)
    return found


def _seconds(port: int, path: str) -> float:
    begun = time.perf_counter()
    _answer(port, path)
    return time.perf_counter() - begun


def _megabytes(process: int) -> float:
    return memory(family(process))["proportional"]


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # The program's own voice.


if __name__ == "__main__":
    sys.exit(main())

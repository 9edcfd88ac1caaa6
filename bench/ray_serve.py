"""Measure a door on Ray Serve beside a plain worker of it, and write the figures into the page of scaling.

python -m bench.ray_serve --out docs/scaling.md        (in the environment of `make ray`, with wrk)

A linear model of 30 numbers. The plain worker has one core; so has all of Ray that a request needs on a machine: proxy,
one replica, controller and the node's own processes. The load has another core. In each round the two take turns under
each load, and a figure is the median of the rounds. `--rounds 1` is a trial.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench import wrk
from bench.markdown import number, table
from bench.score import FITTED, MODELS, made
from bench.sections import replaced
from bench.server import post, running
from bench.subjects import Launch, Payload
from harness import ROOT, processes
from harness.ports import free_port
from harness.ray_cluster import Cluster, cluster
from twinserve.release.from_estimator import package
from twinserve.store.registry import Registry

HEADING: Final = "## What Ray Serve costs"
MODEL: Final = "linear"
DOORS: Final[Mapping[str, str]] = {"fastapi": "FastAPI", "flask": "Flask"}
SETTINGS: Final = {"model": MODEL, "access_log": "false", "log_level": "error"}
SERVER_CORE, LOAD_CORE = 0, 1
ROUNDS: Final = 5
SECONDS: Final = 2.0
WARM_UP: Final = 1.0
BUSY: Final = 0.05
"""The share of the servers' core that others may take: with more of it the figures are those of a trial."""


class Load(NamedTuple):
    """So many rows in each request, over so many connections."""

    rows: int
    connections: int

    def __str__(self) -> str:
        many = f"{self.rows:,} rows" if self.rows > 1 else "one row"
        return f"{many}, {self.connections} connection{'s' if self.connections > 1 else ''}"


LOADS: Final = (Load(1, 1), Load(1, 16), Load(1000, 1))


@dataclass(frozen=True)
class Server:
    """A server that answers, and the first of its processes."""

    port: int
    process: int

    def members(self) -> list[processes.Process]:
        """All processes that it needs."""
        return processes.family(self.process)


Servers = Mapping[str, Server]


@dataclass(frozen=True)
class Sample:
    """One load on one server in one round."""

    outcome: wrk.Outcome
    ray: float
    """The share of the servers' core that Ray took."""
    others: float
    """The share of it that neither of the two took."""


Samples = dict[tuple[str, Load], list[Sample]]
"""By server, `plain` or `ray`, and load."""


@dataclass(frozen=True)
class Found:
    """What was found of a door."""

    samples: Samples
    memory: Mapping[str, float]
    """Megabytes of the plain worker, of a replica, and of all of Ray, the replica included."""

    def ratio(self, load: Load) -> float:
        """The throughput on Ray over that of the plain worker in the same round."""
        pairs = zip(self.samples["ray", load], self.samples["plain", load], strict=True)
        return statistics.median(
            ray.outcome.requests_per_second / plain.outcome.requests_per_second for ray, plain in pairs
        )

    def rate(self, load: Load) -> float:
        """Rows a second of the plain worker."""
        return load.rows * statistics.median(one.outcome.requests_per_second for one in self.samples["plain", load])

    def latency(self, server: str, load: Load, percentile: str) -> float:
        """Milliseconds."""
        return statistics.median(one.outcome.latency[percentile] for one in self.samples[server, load])


def prepare(folder: Path) -> dict[int, Payload]:
    """A store with the model, and a body for each number of rows."""
    frame, labels = made(FITTED, 0)
    estimator = MODELS[MODEL]().fit(frame, labels)
    Registry(folder / "store", MODEL).promote(package(estimator, frame, labels, name=MODEL, artifacts=folder / "store"))
    rows: list[dict[str, Any]] = json.loads(frame.head(max(load.rows for load in LOADS)).to_json(orient="records"))
    return {load.rows: Payload("/predict", rows[0] if load.rows == 1 else rows[: load.rows]) for load in LOADS}


@contextmanager
def plain(door: str, folder: Path, first: Payload) -> Iterator[Server]:
    """A worker as `python -m serve_...` starts it, on its core."""
    port = free_port()
    given = {**SETTINGS, "port": str(port), "artifacts": str(folder / "store"), "auth": "none"}
    variables = {f"TWINSERVE_{name.upper()}": value for name, value in given.items()} | {"PYTHONPATH": str(ROOT)}
    launch = Launch((sys.executable, "-m", f"serve_{door}"), variables)
    with running(launch, port, first, folder=folder, core=SERVER_CORE, log=folder / "plain.log") as server:
        yield Server(port, server.process)


def measured(servers: Servers, name: str, body: Path, load: Load, seconds: float) -> Sample:
    """One load on one of the servers; raises `LoadFailed` where an answer was not good."""
    before, busy = {each: one.members() for each, one in servers.items()}, processes.busy(SERVER_CORE)
    url, kind = f"http://127.0.0.1:{servers[name].port}/predict", Payload.content_type
    outcome = wrk.run(url, body, kind, connections=load.connections, seconds=seconds, core=LOAD_CORE)
    if not outcome.valid:
        raise wrk.LoadFailed(f"Not every answer was good: {outcome.errors}")
    used = {each: processes.seconds_between(before[each], one.members()) for each, one in servers.items()}
    others = processes.busy(SERVER_CORE) - busy - sum(used.values())
    return Sample(outcome, used["ray"] / outcome.seconds, max(0.0, others) / outcome.seconds)


def compare(door: str, ray: Cluster, folder: Path, bodies: Mapping[int, Payload], rounds: int) -> Found:
    """Measure a door on Ray and by itself, in turns."""
    ray.deploy(door=door, max_replicas=1)
    with plain(door, folder, bodies[1]) as worker:
        servers = {"plain": worker, "ray": Server(ray.http, ray.nodes[0].pid)}
        samples: Samples = {}
        for load in LOADS:
            (body := folder / "body").write_bytes(bodies[load.rows].body)
            answers = {post(server.port, bodies[load.rows]) for server in servers.values()}
            if len(answers) > 1 or {status for status, _ in answers} != {200}:
                raise wrk.LoadFailed(f"{DOORS[door]}: the two do not answer alike.")
            for name in servers:
                measured(servers, name, body, load, WARM_UP)
            for name in rounds * [*servers]:
                samples.setdefault((name, load), []).append(measured(servers, name, body, load, SECONDS))
        replicas = {*ray.replicas(0)}
        memory = {
            "plain": worker.members(),
            "replica": [one for one in servers["ray"].members() if one.number in replicas],
            "ray": servers["ray"].members(),
        }
        return Found(samples, {name: processes.memory(members)["proportional"] for name, members in memory.items()})


def section(found: Mapping[str, Found], rounds: int, release: str) -> str:
    """The section of the page; `release` is Ray's."""
    rows = []
    for door, one in found.items():
        for load in LOADS:
            times = [number(one.latency(server, load, at)) for at in ("p50", "p99") for server in ("plain", "ray")]
            rows.append([f"{DOORS[door]}: {load}", f"{one.rate(load):,.0f}", f"{one.ratio(load):.2f}x", *times])
    taken = [one for door in found.values() for many in door.samples.values() for one in many]
    others = statistics.median(one.others for one in taken)
    idle = statistics.median(
        one.ray for door in found.values() for load in LOADS for one in door.samples["plain", load]
    )
    head = ["load", "rows a second, plain", "on Ray", "p50 ms, plain", "on Ray", "p99 ms, plain", "on Ray"]
    memory = "; ".join(
        f"{DOORS[door]}: a plain worker {one.memory['plain']:,.0f}, a replica {one.memory['replica']:,.0f}, all of Ray "
        f"on a machine with that replica {one.memory['ray']:,.0f}"
        for door, one in found.items()
    )
    trial = " **The figures of a trial: the machine was not idle.**" if others > BUSY else ""
    said = (
        f"Written by `python -m bench.ray_serve --rounds {rounds}`; not by hand. A linear model of 30 numbers, Ray "
        f"{release}, Python {platform.python_version()}. A plain worker has one core, and so have the proxy, one "
        "replica and Ray's own processes together; the load has another. The two take turns, and a figure is the "
        f"median of the rounds. Other programs took {others:.0%} of that core.{trial}"
    )
    return "\n".join(
        [
            HEADING,
            "",
            said,
            "",
            table(head, rows),
            "",
            f"Megabytes: {memory}. Ray takes {idle:.0%} of a core while nobody asks it.",
        ]
    )


def main() -> int:
    """Measure both doors, and print the section or write it into a page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each load (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="the page; without it the section is printed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        bodies = prepare(folder)
        with cluster(folder, folder / "store", SETTINGS, core=SERVER_CORE) as ray:
            found = {door: compare(door, ray, folder, bodies, options.rounds) for door in DOORS}
    written = section(found, options.rounds, version("ray"))
    if options.out is None:
        print(written)  # noqa: T201  # What was asked for.
    else:
        options.out.write_text(replaced(options.out.read_text(), written))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The rounds: in each, every server of a model is started, measured and stopped in turn."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import wrk
from bench.environments import interpreter
from bench.prepared import OUT, Prepared, Rows
from bench.results import Load, Results, Sample, Skipped, Start
from bench.server import Running, Unfit, log_of, quiet, running, verify
from bench.subjects import Scene, Subject
from harness import processes
from harness.ports import free_port

WARM_UP: Final = 1
"""Seconds of load before the first measured one."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """The rounds, loads and cores of a run."""

    loads: Sequence[Load]
    rounds: int
    seconds: float
    server_core: int
    load_core: int
    longer: Mapping[int, float] = field(default_factory=dict)
    """The length of the loads over so many connections, where it is another one."""


def measure(plan: Plan, subjects: Sequence[Subject], prepared: Prepared, results: Results, tell: Tell) -> Iterable[int]:
    """Run all rounds for one model; yields the number of each finished round. A server that fails is left out of later
    rounds."""
    fit = [subject for subject in subjects if subject.models is None or prepared.name in subject.models]
    for number in range(1, plan.rounds + 1):
        for subject in list(fit):
            try:
                Visit(plan, subject, prepared, number, results, tell).make()
            except (Unfit, wrk.LoadFailed) as error:
                tell(f"{prepared.name}  {subject.name}: skipped. {error}")
                results.skipped.append(Skipped(subject.name, prepared.name, str(error)))
                fit.remove(subject)
        yield number


@dataclass(frozen=True)
class Visit:
    """The measurement of one server with one model in one round."""

    plan: Plan
    subject: Subject
    prepared: Prepared
    number: int
    results: Results
    tell: Tell

    def make(self) -> None:
        """Start the server, measure it and stop it; raises `Unfit`."""
        python = interpreter(self.subject.environment)
        if python is None:
            raise Unfit(f"Not set up; `python -m bench --setup {self.subject.environment}` makes its environment.")
        (OUT / "scratch").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=OUT / "scratch", ignore_cleanup_errors=True) as folder:
            scene = Scene(python, free_port(), self.prepared, Path(folder))
            launch, log = self.subject.launch(scene), log_of(self.subject, self.prepared)
            if launch.before:
                quiet(launch.before, scene.scratch, log.with_suffix(".before.log"), launch.environment)
            first = self.subject.ask(self.prepared, self.prepared.single)
            with running(
                launch, scene.port, first, folder=scene.scratch, core=self.plan.server_core, log=log
            ) as server:
                self._measure(server, scene.scratch)

    def _measure(self, server: Running, scratch: Path) -> None:
        verify(self.subject, self.prepared, server.port, self.prepared.single)
        self._post(server, scratch, Load(1), self.prepared.single, WARM_UP)
        for load in self.plan.loads:
            if load.rows == 1 or self.subject.batches:
                self._take(server, scratch, load)
        memory = processes.memory(processes.family(server.process))
        start = Start(self.subject.name, self.prepared.name, self.number, server.seconds_to_ready, memory)
        self.results.starts.append(start)

    def _take(self, server: Running, scratch: Path, load: Load) -> None:
        """Measure one load; a server that answers its rows wrongly is skipped for this load."""
        rows = self.prepared.single if load.rows == 1 else self.prepared.batch
        try:
            verify(self.subject, self.prepared, server.port, rows)
        except Unfit as error:
            skipped = Skipped(self.subject.name, self.prepared.name, f"{load.name}: {error}")
            if skipped not in self.results.skipped:
                self.results.skipped.append(skipped)
            return
        sample = self._sample(server, scratch, load, rows)
        self.results.samples.append(sample)
        self.tell(line(sample))

    def _sample(self, server: Running, scratch: Path, load: Load, rows: Rows) -> Sample:
        plan, before = self.plan, processes.family(server.process)
        busy, loading = processes.busy(plan.server_core), _ended()
        outcome = self._post(server, scratch, load, rows, plan.longer.get(load.connections, plan.seconds))
        used = processes.seconds_between(before, processes.family(server.process))
        others = processes.busy(plan.server_core) - busy - used
        return Sample(
            server=self.subject.name,
            model=self.prepared.name,
            load=load,
            round=self.number,
            requests_per_second=outcome.requests_per_second,
            latency=outcome.latency,
            cpu_per_request=used * 1e6 / max(1, outcome.requests),
            others=max(0.0, others) / outcome.seconds,
            errors=outcome.errors,
            valid=outcome.valid,
            generator=(_ended() - loading) / outcome.seconds,
        )

    def _post(self, server: Running, scratch: Path, load: Load, rows: Rows, seconds: float) -> wrk.Outcome:
        payload = self.subject.ask(self.prepared, rows)
        body, url = scratch / "request-body", f"http://127.0.0.1:{server.port}{payload.path}"
        body.write_bytes(payload.body)
        connections, core = load.connections, self.plan.load_core
        return wrk.run(url, body, payload.content_type, connections=connections, seconds=seconds, core=core)


def _ended() -> float:
    """Seconds of processor time of all processes that have been started from here and have ended."""
    used = os.times()
    return used.children_user + used.children_system


def line(sample: Sample) -> str:
    """A sample as a line of progress."""
    return (
        f"{sample.model:<9} round {sample.round}  {sample.server:<30} {sample.load.name:<13} "
        f"{sample.rows_per_second:>9,.0f} rows/s  p50 {sample.latency['p50']:>8.2f} ms  "
        f"cpu {sample.cpu_per_request:>8,.0f} us  others {sample.others:>4.0%}"
        f"{'' if sample.valid else '  INVALID: not every answer was good'}"
    )

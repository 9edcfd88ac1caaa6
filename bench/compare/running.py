"""The run: prepare the models, judge the answers, measure the servers in turns, count the code."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Final

import joblib

from bench import facts, measuring, wrk
from bench.compare import claims, counting, mistakes
from bench.compare.bodies import bodies
from bench.compare.judging import judge, post
from bench.compare.model import FOLDER, KINDS, MILLISECONDS, prepare
from bench.compare.results import Comparison
from bench.compare.snippets.topics import FRAMEWORKS, TOPICS, file_of
from bench.compare.variants import DEVELOPMENT, PRODUCTION, Variant, present
from bench.measuring import Plan
from bench.prepared import ROOT, Prepared
from bench.results import Load, Results, Skipped
from bench.server import Running, Unfit, log_of, running, verify
from bench.subjects import Scene
from harness.ports import free_port

WARM: Final = 24
"""Answers before anything is judged, so that every worker has loaded what it needs."""
SERVER_CORE, LOAD_CORE = 0, 1
SHOWN: Final = 16
"""Connections for which the page shows development servers."""
Tell = Callable[[str], None]
Save = Callable[[], None]


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    rounds: int
    connections: Sequence[int]
    seconds: Mapping[str, int]
    """The length of a load by the kind of the model. A development server is loaded for one."""
    variants: Sequence[Variant]
    modes: Sequence[str]
    code: bool = True
    """Are mistakes, snippets and claims tried, too?"""

    def loads(self, mode: str) -> Sequence[int]:
        """The numbers of connections; of a development server the one that the page shows."""
        return self.connections if mode == PRODUCTION else [load for load in self.connections if load == SHOWN]

    def rounds_of(self, kind: str) -> int:
        """Fewer where a round takes longest, so that all of it takes less than half an hour."""
        return min(2, self.rounds) if kind == "computing" else self.rounds

    def longer(self, kind: str) -> Mapping[int, float]:
        """The loads that last longer: while a core computes, each connection must have time for an answer."""
        if kind != "computing":
            return {}
        needed = {load: ceil(load * MILLISECONDS / 1000) for load in self.connections}
        return {load: seconds for load, seconds in needed.items() if seconds > self.seconds[kind]}


FULL: Final = Extent(
    rounds=3,
    connections=(1, 16, 64, 256),
    seconds=dict(zip(KINDS, (2, 2, 2), strict=True)),
    variants=present(),
    modes=(PRODUCTION, DEVELOPMENT),
)
SHORT_ONES: Final = ("flask_plain", "fastapi_def", "django_plain", "door_flask")
SHORT: Final = Extent(
    rounds=1,
    connections=(16,),
    seconds={"quick": 1},
    variants=[variant for variant in present() if variant.name in SHORT_ONES],
    modes=(PRODUCTION,),
    code=False,
)


def run(extent: Extent, comparison: Comparison, tell: Tell, save: Save) -> None:
    """Fill the comparison; `save` is called after each part."""
    tell("models: fit, save, register")
    prepared = prepare(kinds=list(extent.seconds))
    comparison.sizes = {variant.name: counting.size_of(variant) for variant in extent.variants}
    if extent.code:
        _code(comparison, tell)
    save()
    os.sched_setaffinity(0, {LOAD_CORE})  # Away from the servers.
    for variant in extent.variants:
        _validate(variant, prepared["quick"], comparison, tell)
    save()
    for _ in _speed(extent, prepared, comparison, tell):
        save()


def collected(extent: Extent, arguments: Sequence[str]) -> dict[str, Any]:
    """The facts of the run, with the load of the machine at its beginning."""
    settings = {"rounds": extent.rounds, "seconds": dict(extent.seconds), "connections": list(extent.connections)}
    settings["longer"] = {
        kind: {str(load): seconds for load, seconds in extent.longer(kind).items()} for kind in extent.seconds
    }
    subjects = [variant.subject(PRODUCTION) for variant in extent.variants]
    found = dict(facts.collect(arguments, subjects, settings))
    found["command"] = " ".join(["python -m bench.compare", *arguments])
    found["load"] = {"before": round(os.getloadavg()[0], 1)}
    found["about"] = {
        f"{variant.name} {mode}": variant.subject(mode).about for variant in extent.variants for mode in extent.modes
    }
    return {name: value for name, value in found.items() if name not in ("groups", "floors")}


def _code(comparison: Comparison, tell: Tell) -> None:
    tell("code: ten mistakes in each variant, by mypy")
    comparison.mistakes = {name: list(values) for name, values in mistakes.found().items()}
    tell("code: snippets and claims")
    _run_snippets()
    comparison.snippets = {
        f"{topic}_{framework}": counting.size_of_file(file_of(topic, framework))
        for topic in TOPICS
        for framework in FRAMEWORKS
    }
    comparison.claims = {name: claims.tried(name) for name in claims.CHECKS}


def _run_snippets() -> None:
    command = [sys.executable, "-m", "bench.compare.snippets.checks"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # Our own program.


def _validate(variant: Variant, prepared: Prepared, comparison: Comparison, tell: Tell) -> None:
    sent = bodies()
    pipeline = joblib.load(FOLDER / "quick.joblib")
    expected = [None if body.row is None else pipeline.predict_proba([list(body.row)])[0].tolist() for body in sent]
    try:
        with started(variant, PRODUCTION, prepared) as server:
            for _ in range(WARM):
                post(server.port, sent[0])
            began = time.perf_counter()
            comparison.validation[variant.name] = judged = judge(server.port, sent, expected)
    except Unfit as error:
        comparison.speed.skipped.append(Skipped(variant.name, "validation", str(error)))
        tell(f"validation  {variant.name}: skipped. {error}")
        return
    tell(f"validation  {variant.name:<18} {time.perf_counter() - began:5.1f} s  {judged.counts}")


def checked(variant: Variant, prepared: Prepared, tell: Tell) -> list[str]:
    """Start a variant under each of its servers; the reasons of those that do not answer the example rightly."""
    failed = []
    for mode in (PRODUCTION, DEVELOPMENT):
        try:
            with started(variant, mode, prepared):
                tell(f"{variant.name} {mode}: right")
        except Unfit as error:
            failed.append(str(error))
            tell(f"{variant.name} {mode}: {error}")
    return failed


@contextmanager
def started(variant: Variant, mode: str, prepared: Prepared) -> Iterator[Running]:
    """A context with a running variant that answers the example as the pipeline does; raises `Unfit`."""
    subject = variant.subject(mode)
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(sys.executable), free_port(), prepared, Path(folder))
        first, log, launched = subject.ask(prepared, prepared.single), log_of(subject, prepared), subject.launch(scene)
        with running(launched, scene.port, first, folder=Path(folder), core=SERVER_CORE, log=log) as server:
            verify(subject, prepared, server.port, prepared.single)
            yield server


def _speed(extent: Extent, prepared: Mapping[str, Prepared], comparison: Comparison, tell: Tell) -> Iterator[int]:
    """Measure; yields after each round of each series."""
    for kind, seconds in extent.seconds.items():
        for mode in extent.modes if kind == "quick" else (PRODUCTION,):
            chosen = [variant.subject(mode) for variant in extent.variants if variant.slow or kind == "quick"]
            loads = [Load(number) for number in extent.loads(mode)]
            length = seconds if mode == PRODUCTION else 1
            plan = Plan(loads, extent.rounds_of(kind), length, SERVER_CORE, LOAD_CORE, extent.longer(kind))
            yield from measuring.measure(plan, chosen, prepared[kind], comparison.speed, tell)


def empty(extent: Extent, arguments: Sequence[str]) -> Comparison:
    """A comparison that holds only the facts; raises `LoadFailed` where there is no wrk."""
    wrk.version()
    return Comparison(Results(collected(extent, arguments)))

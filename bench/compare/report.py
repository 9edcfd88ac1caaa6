"""Write docs/comparison.md from the results of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bench.compare import claim_table, sections
from bench.compare.bodies import bodies
from bench.compare.results import ENOUGH, Comparison
from bench.compare.variants import PRODUCTION, THREADS, WORKERS, named
from bench.markdown import number, table, times
from bench.results import spread

TEXTS: Final = Path(__file__).parent / "texts.md"
"""The words of the page: sections between `{...}`, which are filled here."""
QUIET: Final = 0.05
"""The share of the server's core that others may take."""
NOISY: Final = (
    "**The machine was not quiet: other processes took {share:.0%} of the server's core (median). The throughputs "
    "below are blurred by that; processor time is less so. Run `make compare` again on a quiet machine.**"
)


BEHIND: Final = 0.98
"""Ratios from here on are no difference."""
DOORS: Final = {"door_flask": "flask_plain", "door_fastapi": "fastapi_def", "door_django": "django_plain"}
MODELS: Final = {
    "quick": "the quick model",
    "sleeping": "a model that waits for 50 ms",
    "computing": "a model that computes for 50 ms",
}


def render(comparison: Comparison) -> str:
    """The whole page."""
    values = {name: "\n\n".join(made(comparison)) for name, made in SECTIONS.items()}
    return TEXTS.read_text().format(**values, **_figures(comparison)).rstrip("\n") + "\n"


def _figures(comparison: Comparison) -> dict[str, str]:
    """Single figures within sentences."""
    sent, facts = bodies(), comparison.facts
    verdicts = [body.verdict for body in sent]

    def over(one: str, other: str, kind: str) -> str:
        return times(sections.ratio(comparison, one, other, kind, 16))

    return {
        **claim_table.figures(comparison),
        "command": facts["command"],
        "date": facts["date"],
        "rounds": str(facts["settings"]["rounds"]),
        "threads": str(WORKERS * THREADS),
        "bodies": str(len(sent)),
        "valid": str(verdicts.count("valid")),
        "invalid": str(verdicts.count("invalid")),
        "choices": str(verdicts.count("choice")),
        "enough": f"{ENOUGH:,}",
        "longest": f"{comparison.seconds('computing', 256):.0f}",
        "async_over_def": over("fastapi_async", "fastapi_def", "quick"),
        "async_over_def_waiting": over("fastapi_async", "fastapi_def", "sleeping"),
        "door_over_door": over("door_fastapi", "door_flask", "quick"),
        "door_over_door_waiting": over("door_fastapi", "door_flask", "sleeping"),
        "door_over_door_computing": over("door_fastapi", "door_flask", "computing"),
    }


def noise(comparison: Comparison) -> Iterator[str]:
    """What else the machine did."""
    others = spread([sample.others for sample in comparison.speed.samples])
    if others and others.middle > QUIET:
        yield NOISY.format(share=others.middle)


def worse(comparison: Comparison) -> Iterator[str]:
    """Where this run shows a door behind its framework's tutorial, or refusing."""
    found = [sentence for door, tutorial in DOORS.items() for sentence in _behind(comparison, door, tutorial)]
    if found:
        yield (
            "In this run, as a share of the tutorial's throughput, by connections (a tutorial refuses nobody and lets "
            "all wait):"
        )
        yield "\n".join(f"- {sentence}" for sentence in found)


def _behind(comparison: Comparison, door: str, tutorial: str) -> Iterator[str]:
    title = f"The {named(door).framework} door"
    loads = comparison.facts["settings"]["connections"]
    for kind in comparison.facts["settings"]["seconds"]:
        ratios = {load: sections.ratio(comparison, door, tutorial, kind, load) for load in loads}
        told = [f"{times(found)} at {load}" for load, found in ratios.items() if found and found.middle < BEHIND]
        shares = {load: sections.refused(comparison, door, kind, load) for load in loads if ratios[load] is None}
        told += [f"{share:.0%} refused at {load}" for load, share in shares.items() if share]
        if told:
            yield f"{title} with {MODELS[kind]}: {', '.join(told)}."
    for what, unit, mine, theirs in (
        ("memory", "MB", comparison.memory(door, PRODUCTION), comparison.memory(tutorial, PRODUCTION)),
        ("its start", "s", comparison.start(door, PRODUCTION), comparison.start(tutorial, PRODUCTION)),
    ):
        if mine and theirs and mine.middle > theirs.middle:
            yield f"{title} takes more: {what} {number(mine.middle)} {unit}, against {number(theirs.middle)} {unit}."


def conditions(comparison: Comparison) -> Iterator[str]:
    """Machine, versions and commands."""
    facts = comparison.facts
    machine = [[name, value] for name, value in facts["machine"].items()]
    load = ", ".join(f"{value} {when}" for when, value in facts["load"].items())
    versions = ", ".join(
        f"{name} {value}" for installed in facts["versions"].values() for name, value in installed.items()
    )
    busy = [sample.generator for sample in comparison.speed.samples if sample.generator is not None]
    if busy:
        machine.append(["load generator", f"at most {max(busy):.0%} of its core"])
    machine += [["load average", load], ["versions", versions], ["sources", f"commit {facts['commit']}"]]
    yield table(["machine", ""], machine, figures=False)
    commands: dict[str, list[str]] = {}
    for name, about in facts["about"].items():
        commands.setdefault(about, []).append(name)
    yield table(["command", "of"], [[f"`{one}`", ", ".join(names)] for one, names in commands.items()], figures=False)
    skipped = [[one.server, one.model, one.reason] for one in comparison.speed.skipped]
    bad = [
        [sample.server, sample.model, f"{sample.load.name}: {_errors(sample.errors)}"]
        for sample in comparison.speed.invalid()
    ]
    if skipped or bad:
        yield table(["not measured", "model", "reason"], skipped + bad, figures=False)


def _errors(errors: Mapping[str, int]) -> str:
    counts = ", ".join(f"{name} {count:,}" for name, count in errors.items() if count)
    return f"not every answer was good ({counts})" if counts else "no answer before the load ended"


SECTIONS: Final = {
    "noise": noise,
    "speed": sections.speed,
    "many": sections.many,
    "resources": sections.resources,
    "validation": sections.validation,
    "faults": sections.faults,
    "code": sections.code,
    "tasks": sections.tasks,
    "left": sections.left,
    "claims": claim_table.render,
    "worse": worse,
    "conditions": conditions,
}

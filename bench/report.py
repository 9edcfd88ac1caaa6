"""Write RESULTS.md from the results of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench import ratios
from bench.markdown import figure, table, times
from bench.results import Load, Results, Sample, spread

HEAD: Final = """# Results of the bench

Written by `{command}` on {date}; not by hand. Every server had one core and one worker, the load generator the other
core; access logs were off. Each figure is the median of {rounds} rounds of {seconds:g} s, with the least and the most
behind it; every round started every server afresh, in turn, and checked its answers first. **Absolute figures belong to
this machine on this day: compare the ratios.** A ratio was taken within each round, then its median.
"""
QUICK: Final = "\n**This was a quick run: it shows that everything works, and no figure in it is worth a thing.**\n"
NOISY: Final = """
**The machine was not quiet: other processes took {:.0%} of the server's core (median). Run it again when it is.**
"""
QUIET: Final = 0.05
"""The share of the server's core that others may take."""


def render(results: Results, plots: Sequence[Path]) -> str:
    """The whole document."""
    settings = results.facts["settings"]
    parts = [HEAD.format(**results.facts | settings) + (QUICK if settings["quick"] else "")]
    others = spread([sample.others for sample in results.samples])
    parts += [NOISY.format(others.middle)] if others and others.middle > QUIET else []
    parts += _headline(results)
    for model in results.models():
        parts += [f"## {model}: ratios", *_ratios(results, model), f"## {model}: figures", *_figures(results, model)]
    parts += _missing(results)
    parts += ["## Plots", *(f"![{path.stem.replace('-', ' ')}]({path.as_posix()})" for path in plots)] if plots else []
    parts += _conditions(results)
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def doors(results: Results, model: str) -> Sequence[str]:
    """Our own servers that were measured with a model."""
    return [name for name in results.servers(model) if results.facts["groups"][name] == "twinserve"]


def _headline(results: Results) -> Iterator[str]:
    """Each door against its own floor, the typed endpoint, the tutorial and the best peer: one line a load."""
    columns = ["own floor", *ratios.YARDSTICKS, "tutorial", "best peer"]
    rows = [
        _headline_row(results, door, model, load)
        for model in results.models()
        for door in doors(results, model)
        for load in results.loads()
    ]
    if rows:
        yield "## Headline"
        yield "How many times the throughput. The tutorial is the one in the door's own framework; the best peer is the\
 fastest one under that very load, batching or not."
        yield table(["door", "model", "load", *(f"/ {name}" for name in columns)], rows)


def _headline_row(results: Results, door: str, model: str, load: Load) -> Sequence[str]:
    floor = results.facts["floors"].get(door)
    tutorial = f"tutorial-{str(floor).removeprefix('floor-')}"
    peer = ratios.best_of(results, model, load, "peer")

    def against(name: str | None) -> str:
        return "" if name is None else times(ratios.ratio(results, door, name, model, load, "throughput"))

    cells = [against(name) for name in (floor, *ratios.YARDSTICKS, tutorial)]
    best = against(peer)
    return [f"`{door}`", model, load.name, *cells, f"{best}: {peer}" if best else ""]


def _ratios(results: Results, model: str) -> Iterator[str]:
    for door in doors(results, model):
        yield from _against(results, door, model, "throughput", f"throughput of `{door}` over that of")
        yield from _against(results, door, model, "cpu", f"CPU time a row of each over that of `{door}`")
        yield from _batch_gain(results, door, model)


def _against(results: Results, door: str, model: str, figure: ratios.Figure, title: str) -> Iterator[str]:
    """One line for each opponent; above 1, the door is ahead."""
    opponents, compared = ratios.opponents(results, door, model), ratios.table(results, door, model, figure)
    rows = [[f"`{name}`", *map(times, line)] for name, line in zip(opponents, compared, strict=True)]
    if rows:
        yield table([title, *(load.name for load in results.loads())], rows)


def _batch_gain(results: Results, door: str, model: str) -> Iterator[str]:
    batch = next((load for load in results.loads() if load.rows > 1), None)
    lone = next((load for load in results.loads() if load.rows == 1), None)
    gain = ratios.within(results, door, model, batch, lone) if batch and lone else None
    if gain and batch and lone:
        what = f"Rows a second of `{door}` at {batch.name} over those of single rows at {lone.name}"
        yield f"{what}: {times(gain)}."


FIGURES: Final[Mapping[str, Callable[[Sample], float]]] = {
    "rows/s": lambda sample: sample.rows_per_second,
    "p50 ms": lambda sample: sample.latency["p50"],
    "p99 ms": lambda sample: sample.latency["p99"],
    "server CPU, us a request": lambda sample: sample.cpu_per_request,
}


def _figures(results: Results, model: str) -> Iterator[str]:
    loads, names = results.loads(), results.servers(model)
    for title, value in FIGURES.items():
        rows = [[f"`{name}`", *(_figure(results, name, model, load, value) for load in loads)] for name in names]
        yield table([title, *(load.name for load in loads)], rows)
    yield table(
        ["start and memory", "s to the first answer", "resident MB", "proportional MB"], _starts(results, model)
    )


def _figure(results: Results, name: str, model: str, load: Load, value: Callable[[Sample], float]) -> str:
    return figure(spread([value(sample) for sample in results.of(name, model, load).values()]))


def _starts(results: Results, model: str) -> Sequence[Sequence[str]]:
    rows = []
    for name in results.servers(model):
        if results.facts["groups"][name] == "floor":
            continue  # A floor holds no model, and parts of the bench.
        starts = results.starts_of(name, model)
        memory = [spread([start.memory[kind] for start in starts]) for kind in ("resident", "proportional")]
        seconds = spread([start.seconds_to_ready for start in starts])
        rows.append([f"`{name}`", *(figure(value) for value in (seconds, *memory))])
    return rows


def _missing(results: Results) -> Iterator[str]:
    """Everything that has no figure, with the reason; nothing is left out in silence."""
    rows = [[f"`{item.server}`", item.model, item.reason] for item in results.skipped]
    rows += [
        [f"`{sample.server}`", sample.model, f"{sample.load.name}, round {sample.round}: {_errors(sample.errors)}"]
        for sample in results.invalid()
    ]
    if rows:
        yield "## Skipped and invalid"
        yield table(["server", "model", "reason"], rows, figures=False)


def _errors(errors: Mapping[str, int]) -> str:
    listed = [f"{count} {kind} errors" for kind, count in errors.items() if count]
    return "invalid, " + (", ".join(listed) or "not one answer")


def _conditions(results: Results) -> Iterator[str]:
    facts: Mapping[str, Any] = results.facts
    yield "## Conditions"
    others = spread([sample.others for sample in results.samples])
    if others:
        taken = f"{others.middle:.0%} meanwhile (median), {others.most:.0%} at most"
        yield f"Of the server's core, other processes took {taken}."
    yield "Resident memory is the sum over a server's processes, so what they share counts in each; proportional memory\
 shares it out. Start-up ends with the first good answer to a prediction."
    yield table(["machine", ""], [[name, value] for name, value in facts["machine"].items()], figures=False)
    versions = [
        [name, ", ".join(f"{k} {v}" for k, v in installed.items())] for name, installed in facts["versions"].items()
    ]
    yield table(["environment", "versions"], [["sources", f"commit {facts['commit']}"], *versions], figures=False)
    yield table(
        ["server", "how it was run"], [[f"`{name}`", about] for name, about in facts["about"].items()], figures=False
    )

"""The sections of the page with figures: speed, many at once, validation, code, what is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bench.compare.judging import ACCEPTED, FAULT, REFUSED, RIGHT, WRONG, Judged
from bench.compare.results import Comparison
from bench.compare.snippets.topics import FRAMEWORKS, TOPICS
from bench.compare.variants import ALL, DEVELOPMENT, PRODUCTION, Variant
from bench.markdown import NOTHING, figure, give_or_take, number, table, times
from bench.results import Spread, spread

SLOW: Final = {"sleeping": "waits", "computing": "computes"}
TITLES: Final = {"flask": "Flask", "fastapi": "FastAPI", "django": "Django"}


def ratio(
    comparison: Comparison, one: str, other: str, kind: str, connections: int, mode: str = PRODUCTION
) -> Spread | None:
    """How many times the throughput of another variant, taken within each round."""
    mine, theirs = (
        {sample.round: sample.requests_per_second for sample in comparison.samples(name, mode, kind, connections)}
        for name in (one, other)
    )
    return spread([mine[place] / theirs[place] for place in mine if place in theirs])


def processor(comparison: Comparison, variant: str, mode: str, connections: int) -> Spread | None:
    """Microseconds of processor time for an answer, which other work on the machine disturbs least."""
    samples = comparison.samples(variant, mode, "quick", connections)
    return spread([sample.cpu_per_request for sample in samples])


def speed(comparison: Comparison) -> Iterator[str]:
    """The quick model: the framework, the validation and scikit-learn are all that takes time."""
    loads = _loads(comparison)
    head = ["", "processor, µs", *(f"{load} conn." for load in loads), *(f"p99 at {load}, ms" for load in loads)]
    head.append("development server")
    yield table(head, [_speed_row(comparison, one) for one in ALL if _measured(comparison, one)])


def _speed_row(comparison: Comparison, one: Variant) -> Sequence[str]:
    cells = [_short(comparison.throughput(one.name, PRODUCTION, "quick", load)) for load in _loads(comparison)]
    used = _short(processor(comparison, one.name, PRODUCTION, 16))
    late = [_short(comparison.latency(one.name, PRODUCTION, "quick", load)) for load in _loads(comparison)]
    return [one.title, used, *cells, *late, _short(comparison.throughput(one.name, DEVELOPMENT, "quick", 16))]


def resources(comparison: Comparison) -> Iterator[str]:
    """Memory and start."""
    head = ["", "memory shared out, MB", "resident, MB", "start, s", "start of the development server, s"]
    rows = [
        [
            one.title,
            figure(comparison.memory(one.name, PRODUCTION)),
            figure(comparison.memory(one.name, PRODUCTION, "resident")),
            figure(comparison.start(one.name, PRODUCTION)),
            figure(comparison.start(one.name, DEVELOPMENT)),
        ]
        for one in ALL
        if _measured(comparison, one)
    ]
    yield table(head, rows)


def many(comparison: Comparison) -> Iterator[str]:
    """The slow models."""
    head = ["", *(f"{SLOW[kind]}: {load}" for kind in SLOW for load in _loads(comparison)), "p99, waits, ms"]
    rows = []
    for one in ALL:
        cells = [_overloaded(comparison, one, kind, load) for kind in SLOW for load in _loads(comparison)]
        if any(cell != NOTHING for cell in cells):
            last = [comparison.latency(one.name, PRODUCTION, "sleeping", load) for load in _loads(comparison)]
            late = [f"{_short(value)} at {load}" for load, value in zip(_loads(comparison), last, strict=True) if value]
            rows.append([one.title, *cells, ", ".join(late) or NOTHING])
    yield table(head, rows)


def _overloaded(comparison: Comparison, one: Variant, kind: str, load: int) -> str:
    """The throughput; where not all answers were good, what share was refused."""
    good = comparison.throughput(one.name, PRODUCTION, kind, load)
    if good:
        return _short(good)
    share = refused(comparison, one.name, kind, load)
    if share:
        return f"{share:.0%} refused"
    return "none in time" if comparison.all_samples(one.name, PRODUCTION, kind, load) else NOTHING


def refused(comparison: Comparison, name: str, kind: str, load: int) -> float:
    """The greatest share of requests that were answered with an error, over the rounds."""
    found = comparison.all_samples(name, PRODUCTION, kind, load)
    seconds = comparison.seconds(kind, load)
    shares = [sample.errors["status"] / max(1.0, sample.requests_per_second * seconds) for sample in found]
    return min(1.0, max(shares, default=0.0))


def validation(comparison: Comparison) -> Iterator[str]:
    """What became of the bodies."""
    head = ["", "right", "200 though invalid", "refused though valid", "5xx", "the caller's values in an error",
            "our choices: refused", "taken", "5xx", "ms: valid", "ms: invalid", "ms: slowest"]  # fmt: skip
    shown = [(one, comparison.validation[one.name]) for one in ALL if one.name in comparison.validation]
    yield table(head, [[one.title, *_validation_row(judged)] for one, judged in shown])


def _validation_row(judged: Judged) -> Sequence[str]:
    def count(outcome: str, *verdicts: str) -> int:
        return sum(judged.counts.get(verdict, {}).get(outcome, 0) for verdict in verdicts)

    both = ("valid", "invalid")
    counts = [count(RIGHT, *both), count(ACCEPTED, "invalid") + count(WRONG, "valid"), count(REFUSED, "valid")]
    counts += [count(FAULT, *both), judged.repeated]
    counts += [count(outcome, "choice") for outcome in (REFUSED, ACCEPTED, FAULT)]
    spent = [judged.milliseconds.get(name) for name in ("valid", "invalid", "slowest")]
    return [*map(str, counts), *(NOTHING if value is None else number(value) for value in spent)]


def faults(comparison: Comparison) -> Iterator[str]:
    """Which kinds of bodies ended in a 5xx, or in 200 though invalid, and where."""
    judged = comparison.validation
    shown = [one for one in ALL if one.name in judged]
    rows: dict[tuple[str, str], list[str]] = {}
    for kind in dict.fromkeys(kind for found in judged.values() for kind in (*found.faults, *found.amiss)):
        failed = ", ".join(one.title for one in shown if kind in judged[one.name].faults)
        amiss = ", ".join(one.title for one in shown if kind in judged[one.name].amiss)
        rows.setdefault((failed or NOTHING, amiss or NOTHING), []).append(kind)
    cells = [["; ".join(kinds), *where] for where, kinds in rows.items()]
    yield table(["bodies", "5xx, or no answer", "200 though invalid, or refused though valid"], cells, figures=False)


def code(comparison: Comparison) -> Iterator[str]:
    """What is written for the endpoint, and what a type checker finds."""
    head = ["", "lines", "names", "files", "lines that a command writes", "of ten mistakes, mypy finds"]
    rows = []
    for one in ALL:
        if one.name in comparison.sizes:
            size = comparison.sizes[one.name]
            sizes = [size.lines, size.names, size.files, size.generated]
            rows.append([one.title, *map(str, sizes), found_of(comparison, one)])
    yield table(head, rows)


def found_of(comparison: Comparison, one: Variant) -> str:
    """How many of the mistakes the type checker finds."""
    found = comparison.mistakes.get(one.name)
    if found is None:
        return NOTHING
    places = sum(value is not None for value in found)
    return f"{sum(value is True for value in found)} of {places}"


def tasks(comparison: Comparison) -> Iterator[str]:
    """Lines for other tasks."""
    rows = [
        [sentence, *(str(comparison.snippets[f"{topic}_{framework}"].lines) for framework in FRAMEWORKS)]
        for topic, sentence in TOPICS.items()
        if f"{topic}_flask" in comparison.snippets
    ]
    yield table(["lines for", *(TITLES[framework] for framework in FRAMEWORKS)], rows)


LEFT: Final = (
    ("FastAPI over Flask, as the tutorials write them", "fastapi_def", "flask_plain"),
    ("FastAPI over Django, as the tutorials write them", "fastapi_def", "django_plain"),
    ("this project's FastAPI door over its Flask door", "door_fastapi", "door_flask"),
    ("this project's FastAPI door over its Django door", "door_fastapi", "door_django"),
    ("this project's Flask door over Flask's tutorial", "door_flask", "flask_plain"),
    ("this project's FastAPI door over FastAPI's tutorial", "door_fastapi", "fastapi_def"),
)


def left(comparison: Comparison) -> Iterator[str]:
    """How little of the difference is left."""
    rows = []
    for sentence, one, other in LEFT:
        cells = [times(ratio(comparison, one, other, kind, 16)) for kind in ("quick", *SLOW)]
        if any(cell != NOTHING for cell in cells):
            rows.append([sentence, *cells])
    yield table(["throughput, 16 connections", "quick model", "waits for 50 ms", "computes for 50 ms"], rows)


def _loads(comparison: Comparison) -> Sequence[int]:
    loads: Sequence[int] = comparison.facts["settings"]["connections"]
    return loads


def _measured(comparison: Comparison, one: Variant) -> bool:
    return bool(comparison.speed.starts_of(f"{one.name} {PRODUCTION}", "quick"))


def _short(value: Spread | None) -> str:
    return NOTHING if value is None else give_or_take(value)

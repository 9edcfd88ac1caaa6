"""The pictures of the comparison, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.compare.judging import ACCEPTED, FAULT, REFUSED, RIGHT, WRONG
from bench.compare.results import Comparison
from bench.compare.variants import ALL, PRODUCTION, Variant
from bench.plots import drawing

COLOURS: Final = {"Flask": "#5f7d95", "FastAPI": "#0f9d8a", "Django": "#2f6f4f"}
OURS: Final = "#c2185b"
OUTCOMES: Final = {
    "right": ("#8fb996", (RIGHT,)),
    "wrong: 200 for what is not valid": ("#f4b942", (ACCEPTED, WRONG)),
    "wrong: refused though valid": ("#9aa0a6", (REFUSED,)),
    "wrong: 5xx or no answer": ("#c0392b", (FAULT,)),
}
LINES: Final = {"Flask": "-", "FastAPI": "--", "Django": ":"}
MARKERS: Final = "osD^vP*X"
TICKS: Final = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
LOAD: Final = 16
"""Connections in the picture of the throughput."""


def draw(comparison: Comparison, folder: Path) -> Sequence[Path]:
    """Draw all of them; gives their paths."""
    return [
        throughput(comparison, folder / "comparison-throughput.svg"),
        validation(comparison, folder / "comparison-validation.svg"),
        waiting(comparison, folder / "comparison-many-at-once.svg"),
    ]


def throughput(comparison: Comparison, path: Path) -> Path:
    """Answers in a second with the quick model."""
    cells = [(one, comparison.throughput(one.name, PRODUCTION, "quick", LOAD)) for one in ALL]
    shown = [(one, value) for one, value in cells if value]
    title = f"Answers a second, quick model, {LOAD} connections, one core"
    with drawing(path, title, (9, 0.36 * len(shown) + 1)) as axes:
        middle = [value.middle for _, value in shown]
        errors = [[value.middle - value.least for _, value in shown], [value.most - value.middle for _, value in shown]]
        axes.barh(range(len(shown)), middle, xerr=errors, color=[_colour(one) for one, _ in shown], capsize=2)
        _names(axes, [one.title for one, _ in shown])
    return path


def validation(comparison: Comparison, path: Path) -> Path:
    """What became of the bodies whose verdict is not a choice."""
    shown = [one for one in ALL if one.name in comparison.validation]
    with drawing(path, "What became of bodies (JSON and the schema decide)", (9, 0.36 * len(shown) + 1.4)) as axes:
        left = [0] * len(shown)
        for label, (colour, outcomes) in OUTCOMES.items():
            counts = [comparison.validation[one.name].counts for one in shown]
            widths = [
                sum(found.get(verdict, {}).get(outcome, 0) for verdict in ("valid", "invalid") for outcome in outcomes)
                for found in counts
            ]
            if any(widths):
                axes.barh(range(len(shown)), widths, left=left, color=colour, label=label)
            left = [start + width for start, width in zip(left, widths, strict=True)]
        _names(axes, [one.title for one in shown])
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.08), ncols=3, frameon=False, fontsize="small")
    return path


def waiting(comparison: Comparison, path: Path) -> Path:
    """Answers in a second with a model that sleeps, against connections."""
    with drawing(
        path, "A model that waits for 50 ms: answers a second (a line ends where requests are refused)", (9, 4.5)
    ) as axes:
        loads = comparison.facts["settings"]["connections"]
        for place, one in enumerate(one for one in ALL if one.slow):
            cells = [(load, comparison.throughput(one.name, PRODUCTION, "sleeping", load)) for load in loads]
            points = [(load, value.middle) for load, value in cells if value]
            if points:
                x, y = zip(*points, strict=True)
                style: dict[str, Any] = {"linestyle": LINES[one.framework], "marker": MARKERS[place % len(MARKERS)]}
                axes.plot(x, y, color=_colour(one), label=one.title, **style)
        axes.set(xscale="log", yscale="log", xlabel="connections at once")
        axes.set_xticks(loads, [str(load) for load in loads])
        low, high = axes.get_ylim()
        ticks = [tick for tick in TICKS if low <= tick <= high]
        axes.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.set_ylim(low, high)
        axes.minorticks_off()
        if axes.lines:
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize="small")
    return path


def _colour(variant: Variant) -> str:
    return OURS if variant.is_door else COLOURS[variant.framework]


def _names(axes: Any, names: Sequence[str]) -> None:
    axes.set_axisbelow(True)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)

"""Plots of a run, as SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.results import Load, Results, Spread, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = {"floor": "#9aa0a6", "twinserve": "#c2185b", "tutorial": "#f9a825", "peer": "#3f6fb5"}
MARKERS: Final = "os^Dv<>Pp*"

Draw = Callable[["Axes", Results, str], None]


def draw(results: Results, folder: Path) -> Sequence[Path]:
    """One plot of each kind for each model; gives their paths."""
    return [_plot(results, folder, model, name) for model in results.models() for name in PLOTS]


def _plot(results: Results, folder: Path, model: str, name: str) -> Path:
    path = folder / f"{model}-{name}.svg"
    with drawing(path, f"{model}: {name.replace('-', ' ')}", (9, 6)) as axes:
        PLOTS[name](axes, results, model)
    return path


@contextmanager
def drawing(path: Path, title: str, size: tuple[float, float]) -> Iterator[Axes]:
    """A context with axes to draw on; at its end they are in this SVG file."""
    import twinserve.card.drawing  # noqa: F401  # First, so that nothing is left in the home.
    import matplotlib as mpl  # isort: skip

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "twinserve"  # The same figures give the same file.
    from matplotlib import pyplot

    path.parent.mkdir(parents=True, exist_ok=True)
    canvas, axes = pyplot.subplots(figsize=size, layout="constrained")
    yield axes
    axes.set_title(title, loc="left")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    canvas.savefig(path, metadata={"Date": None})
    pyplot.close(canvas)


def throughput(axes: Axes, results: Results, model: str) -> None:
    """Requests a second against connections; the bars are the spread."""
    singles = [load for load in results.loads() if load.rows == 1]
    for place, name in enumerate(results.servers(model)):
        points = [(load.connections, value) for load in singles for value in _throughputs(results, name, model, load)]
        if points:
            middle = [value.middle for _, value in points]
            low = [value.middle - value.least for _, value in points]
            high = [value.most - value.middle for _, value in points]
            x = [connections for connections, _ in points]
            axes.errorbar(
                x,
                middle,
                yerr=[low, high],
                label=name,
                color=_colour(results, name),
                marker=MARKERS[place % len(MARKERS)],
                capsize=2,
                linewidth=2 if name.startswith("twinserve") else 1,
            )
    axes.set(xscale="log", yscale="log", xlabel="connections", ylabel="requests a second")
    axes.set_xticks([load.connections for load in singles], [str(load.connections) for load in singles])
    axes.legend(fontsize="small", ncols=1, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def latency(axes: Axes, results: Results, model: str) -> None:
    """Median to 99th percentile, at the second of the loads of single rows."""
    singles = [load for load in results.loads() if load.rows == 1]
    load = singles[min(1, len(singles) - 1)]
    names = [name for name in results.servers(model) if results.of(name, model, load)]
    for place, name in enumerate(names):
        samples = list(results.of(name, model, load).values())
        spreads = [spread([sample.latency[percentile] for sample in samples]) for percentile in ("p50", "p90", "p99")]
        values = [value.middle for value in spreads if value]
        axes.plot(values, [place] * len(values), color=_colour(results, name), marker="|", markersize=9, linewidth=3)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel=f"ms at 50, 90 and 99 % of the requests, {load.name}")


def memory(axes: Axes, results: Results, model: str) -> None:
    """Resident memory after all loads."""
    _bars(axes, results, model, lambda name: [start.memory["resident"] for start in results.starts_of(name, model)])
    axes.set(xlabel="resident MB")


def start_up(axes: Axes, results: Results, model: str) -> None:
    """From the start to the first good answer."""
    _bars(axes, results, model, lambda name: [start.seconds_to_ready for start in results.starts_of(name, model)])
    axes.set(xlabel="s to the first answer")


def _bars(axes: Axes, results: Results, model: str, values: Callable[[str], Sequence[float]]) -> None:
    names = [name for name in results.servers(model) if results.facts["groups"][name] != "floor"]
    shown = [(name, value) for name in names for value in [spread(values(name))] if value]
    middle = [value.middle for _, value in shown]
    errors = [[value.middle - value.least for _, value in shown], [value.most - value.middle for _, value in shown]]
    axes.barh(range(len(shown)), middle, xerr=errors, color=[_colour(results, name) for name, _ in shown], capsize=2)
    axes.set_yticks(range(len(shown)), [name for name, _ in shown])
    axes.invert_yaxis()


def _throughputs(results: Results, name: str, model: str, load: Load) -> Iterator[Spread]:
    value = spread([sample.requests_per_second for sample in results.of(name, model, load).values()])
    if value:
        yield value


def _colour(results: Results, name: str) -> str:
    return COLOURS[results.facts["groups"][name]]


PLOTS: Final[dict[str, Draw]] = {
    "throughput": throughput,
    "latency": latency,
    "memory": memory,
    "start-up": start_up,
}

"""Matplotlib and the card's style. It is imported here only, so that it writes nothing into the user's home.

On import it makes two folders there and a list of the system's fonts, as fontconfig may. Here both go into a temporary
folder that is removed afterwards; that costs half a second for each training. Where `MPLCONFIGDIR` is set, or a host
has imported Matplotlib before, its own folders are used.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

FOLDER: Final = "MPLCONFIGDIR"
CACHE: Final = "XDG_CACHE_HOME"


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Send caches into a folder that is removed at the end, and restore the environment then."""
    if FOLDER in os.environ:
        yield
        return
    before = os.environ.get(CACHE)
    with tempfile.TemporaryDirectory(prefix="twinserve-fonts-") as folder:
        os.environ[FOLDER] = os.environ[CACHE] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER], os.environ[CACHE]
            if before is not None:
                os.environ[CACHE] = before


with _elsewhere():
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

BLUE: Final = "#2563a8"
ORANGE: Final = "#d9730d"
GREY: Final = "#9aa3ad"
COLOURS: Final = (BLUE, ORANGE, "#2e8b57", "#8250a8", "#b3373e", "#7a5c3e", "#c2579a", "#4d7f8f", "#8a8d1a", "#555555")
SIZE: Final = (5.4, 4.0)
"""Inches."""
STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "twinserve",
    "text.parse_math": False,  # A column may be named `$price`.
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": "#333333",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e9ec",
    "legend.frameon": False,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in the style of the card."""
    with warnings.catch_warnings(), rc_context(STYLE):
        warnings.simplefilter("ignore")  # Matplotlib's own font lacks some scripts; the reader's font draws the text.
        yield


def short(label: str, most: int = 18) -> str:
    """A label that is cut where it is long."""
    return label if len(label) <= most else label[: most - 1] + "…"


def empty(x: str, y: str, size: tuple[float, float] = SIZE) -> tuple[Figure, Any]:
    """A figure and its axes, with the names of both."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def svg(figure: Figure) -> bytes:
    """The figure as SVG, without a time, so that the same data gives the same bytes.

    By its canvas, which draws once; `savefig` draws twice (146 ms, not 83, where a training has nine figures)."""
    figure.patch.set_visible(False)
    for axes in figure.axes:
        axes.patch.set_visible(False)
    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
    text = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>", "", buffer.getvalue(), flags=re.S)
    return text.strip().encode()

"""The figures of the model card about its explanations: what its answers rest on, and one typical row after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray, IntArray, evenly_spread
from twinserve.card.drawing import BLUE, GREY, ORANGE, SIZE, drawing, empty, short, svg
from twinserve.explain.explainer import ExactExplainer, Explainer
from twinserve.predict.answers import ask
from twinserve.predict.predictor import Predictor
from twinserve.signature import Columns, Signature
from twinserve.signature.typical_row import typical_row
from twinserve.store.examples import LEAST

MOST_BARS: Final = 15
MOST_CLASSES: Final = 20
ROWS: Final = 500
SAMPLED_ROWS: Final = 8
"""Rows whose contributions are averaged where each takes thousands of predictions."""
WORK: Final = 2_000_000_000
"""Numbers that may be computed for the average, about 20 s: a row of a forest of 4 million nodes takes 0.2 billion."""


class Explaining:
    """The explanations of a model on its hold-out."""

    def __init__(
        self,
        predictor: Predictor,
        explainer: Explainer,
        columns: Columns,
        signature: Signature,
        classes: Sequence[str] | None,
    ) -> None:
        self._predictor, self._explainer = predictor, explainer
        self._columns, self._signature, self._classes = columns, signature, classes
        self._names = [feature.name for feature in signature.features]

    def figures(self) -> dict[str, tuple[str, bytes]]:
        """By file name: caption and SVG; nothing where no row has an answer."""
        answers = ask(self._predictor, self._columns)
        if answers.predictions is None:
            return {}
        rows = np.flatnonzero(answers.given)
        labels = None if answers.predictions.labels is None else np.asarray(answers.predictions.labels)
        with drawing():
            return {**self._mean(rows, labels), **self._waterfalls(rows, labels)}

    def _mean(self, rows: IntArray, labels: IntArray | None) -> dict[str, tuple[str, bytes]]:
        """Of the rows that have an explanation; nothing where these are so few that one of them would show."""
        places = evenly_spread(len(rows), self._most())
        codes = None if labels is None else labels[places].tolist()
        values = self._explainer.explain(self._columns.take(rows[places].tolist()), codes)
        finite = np.isfinite(values.contributions).all(axis=1)
        if finite.sum() < LEAST:
            return {}
        sizes = np.abs(values.contributions[finite]).mean(axis=0)
        order = np.argsort(-sizes, kind="stable")[:MOST_BARS][::-1]
        figure, axes = empty(f"mean absolute contribution ({self._explainer.of})", "", _size(len(order)))
        axes.grid(visible=False, axis="y")
        axes.barh(range(len(order)), sizes[order], color=BLUE, height=0.7)
        axes.set_yticks(range(len(order)), [short(self._names[i], 32) for i in order], fontsize=9)
        more = f", the {len(order)} greatest of {len(sizes)}" if len(sizes) > len(order) else ""
        whose = "" if labels is None else ", each for its own label"
        caption = f"Mean absolute contribution of each field{more}, over {finite.sum()} rows of the hold-out{whose}"
        return {"contributions.svg": (caption, svg(figure))}

    def _most(self) -> int:
        """How many rows are averaged."""
        if not isinstance(self._explainer, ExactExplainer):
            return SAMPLED_ROWS if self._explainer.method == "shapley-sampled" else ROWS
        return min(ROWS, max(SAMPLED_ROWS, WORK // max(1, self._explainer.work)))

    def _waterfalls(self, rows: IntArray, labels: IntArray | None) -> dict[str, tuple[str, bytes]]:
        """One for the typical row of each class that is predicted, or of all rows of a regression; none for a class of
        so few rows that one of them would show."""
        if labels is None or self._classes is None:
            return self._waterfall("waterfall.svg", "all rows", rows, None)
        drawn: dict[str, tuple[str, bytes]] = {}
        for code in np.unique(labels).tolist()[:MOST_CLASSES]:
            drawn |= self._waterfall(f"waterfall-{code}.svg", self._classes[code], rows[labels == code], code)
        return drawn

    def _waterfall(self, name: str, whose: str, rows: IntArray, code: int | None) -> dict[str, tuple[str, bytes]]:
        if len(rows) < LEAST:
            return {}
        row = typical_row(self._columns.take(rows.tolist()), self._signature)
        if ask(self._predictor, row).predictions is None:
            return {}
        values = self._explainer.explain(row, None if code is None else [code])
        if not np.isfinite(values.contributions).all():
            return {}
        caption = f"A typical row of {whose}, composed of medians: from the base to the output, field by field"
        return {name: (caption, self._drawn(values.contributions[0], float(values.base[0]), float(values.output[0])))}

    def _drawn(self, contributions: FloatArray, base: float, output: float) -> bytes:
        order = np.argsort(-np.abs(contributions), kind="stable")
        shown, rest = order[:MOST_BARS].tolist(), float(contributions[order[MOST_BARS:]].sum())
        parts = [(short(self._names[i], 32), float(contributions[i])) for i in shown]
        if len(order) > MOST_BARS:
            parts.append((f"{len(order) - MOST_BARS} other fields", rest))
        figure, axes = empty(self._explainer.of, "", _size(len(parts)))
        axes.grid(visible=False, axis="y")
        _steps(axes, parts, base)
        axes.axvline(base, color=GREY, linestyle=":", linewidth=1)
        axes.axvline(output, color="#333333", linewidth=1)
        axes.set_title(f"base {base:.4g}, output {output:.4g}", fontsize=10)
        return svg(figure)


def _steps(axes: Any, parts: Sequence[tuple[str, float]], base: float) -> None:
    """Bars from the bottom up, each beginning where the one below it ends."""
    axes.use_sticky_edges = False
    at = base
    for place, (_, size) in enumerate(reversed(parts)):
        axes.barh(place, size, left=at, color=BLUE if size >= 0 else ORANGE, height=0.7)
        text = {"xytext": (3, 0), "textcoords": "offset points", "fontsize": 8, "va": "center"}
        axes.annotate(f"{size:+.3g}", (at + max(size, 0.0), place), **text)
        at += size
    axes.set_yticks(range(len(parts)), [name for name, _ in reversed(parts)], fontsize=9)
    axes.margins(x=0.12)


def _size(bars: int) -> tuple[float, float]:
    return SIZE[0], 0.24 * bars + 1.3

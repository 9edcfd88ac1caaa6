"""Rows that the proof does not make: scales, midpoints, neighbours of thresholds, denormal and huge numbers, nulls."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from onnx import numpy_helper

from bench.kept import valid
from twinserve.signature import Columns, FeatureType, Signature
from twinserve.signature.columns import UNSEEN_CATEGORY

Floats = npt.NDArray[np.float64]
NUMBERS: Final = (FeatureType.NUMBER, FeatureType.INTEGER)
TINY: Final = (5e-324, -5e-324, 1e-310, -2.2250738585072014e-308, 1e-300, -1e-200, 1e-45, 0.0, -0.0)
HUGE: Final = (1e6, -1e9, 1e12, -1e15, 1e18, 1e25, -1e30, 3e37)
BEYOND: Final = (1e39, -1e100, 1e154, -1e155, 1e200, 1e290)
"""Not so large that a sum of some overflows: whether it does depends on the order of its terms."""
OVERFLOWS: Final = 1e100
"""Thresholds beyond are where a power or a sum overflows, which each library's last bits decide."""
SHARES: Final = {"scaled": 0.22, "between": 0.22, "beside": 0.3, "tiny": 0.08, "huge": 0.08, "again": 0.07}
FEW: Final = 12
"""Rows of each kind that many estimators refuse, which are asked one by one: numbers beyond float32, and nulls."""


def made_rows(real: Columns, signature: Signature, graph: Any, rows: int) -> list[Columns]:
    """Groups of valid rows, by kind; `graph` is the compiled model, whose thresholds they are made for."""
    rng = np.random.default_rng(1)
    places = [place for place, feature in enumerate(signature.features) if feature.type in NUMBERS]
    counts = {kind: int(rows * share) for kind, share in SHARES.items()} | {"beyond": FEW, "null": FEW}
    groups = []
    for kind, count in counts.items():
        start = real.take(rng.integers(0, len(real), count).tolist())
        if places:
            start.matrix[:, places] = _numbers(kind, start.matrix[:, places], real.matrix[:, places], rng)
            if kind == "beside":
                _beside(start.matrix, places, graph, rng)
        groups.append(_words(start, signature, rng))
    groups.append(real.take(rng.integers(0, len(real), max(0, rows - sum(map(len, groups)))).tolist()))
    return [group for group in (valid(group, signature) for group in groups) if len(group)]


def _numbers(kind: str, cells: Floats, real: Floats, rng: np.random.Generator) -> Floats:
    """Numbers `[n, columns]` of one kind, from those of some real rows."""
    made = cells.copy()
    if kind == "scaled":
        signs = np.where((real < 0).any(axis=0), rng.choice([-1.0, 1.0], cells.shape), 1.0)
        made *= signs * 10.0 ** rng.uniform(-3.0, 3.0, cells.shape)
    elif kind == "between":
        made = (made + real[rng.integers(0, len(real), len(made))]) / 2.0
    elif kind == "again":
        made = np.nextafter(made, np.inf)
    elif kind in ("tiny", "huge", "beyond", "null"):
        values = {"tiny": TINY, "huge": HUGE, "beyond": BEYOND, "null": (np.nan,)}[kind]
        chosen = rng.random(cells.shape) < 1.5 / cells.shape[1]
        drawn = rng.choice(values, cells.shape)
        held = np.where((real < 0).any(axis=0), drawn, np.abs(drawn))
        made = np.where(chosen, held, made)
    return made


def _beside(matrix: Floats, places: list[int], graph: Any, rng: np.random.Generator) -> None:
    """Set a cell of each row to a threshold of the graph's trees, or to a number up to three steps beside it, in double
    or in single precision; where there are no trees, move a cell so far from its own value."""
    splits = [pair for pair in _splits(graph) if pair[0] in places]
    for row in range(len(matrix)):
        place, value = splits[rng.integers(len(splits))] if splits else (places[rng.integers(len(places))], np.nan)
        value = matrix[row, place] if np.isnan(value) else value
        steps, side = int(rng.integers(0, 4)), rng.choice([-np.inf, np.inf])
        for _ in range(steps):
            value = np.nextafter(value, side)
        if rng.random() < 0.3:
            with np.errstate(over="ignore"):
                value = float(np.nextafter(np.float32(value), np.float32(side)))
        matrix[row, place] = value if np.isfinite(value) else matrix[row, place]


def _splits(graph: Any) -> list[tuple[int, float]]:
    """The columns and thresholds of the trees that read the input itself."""
    found = []
    for node in graph.graph.node:
        if node.op_type == "TreeEnsemble" and node.input[0] == "x":
            attributes = {attribute.name: attribute for attribute in node.attribute}
            limits = numpy_helper.to_array(attributes["nodes_splits"].t).astype(np.float64)
            found += list(zip(attributes["nodes_featureids"].ints, limits.tolist(), strict=True))
    return [(int(place), limit) for place, limit in found if abs(limit) <= OVERFLOWS]


def _words(rows: Columns, signature: Signature, rng: np.random.Generator) -> Columns:
    """The rows with other categories of the vocabulary, and here and there one that is unseen."""
    cells: dict[tuple[int, int], float | str] = {}
    for place, feature in enumerate(signature.features):
        if feature.type is FeatureType.CATEGORY and feature.vocabulary:
            for row in np.flatnonzero(rng.random(len(rows)) < 0.3).tolist():
                code = int(rng.integers(-1, len(feature.vocabulary)))
                cells[row, place] = UNSEEN_CATEGORY if code < 0 else float(code)
    return rows.with_cells(cells) if cells else rows

"""How the tests of `model/compile` compare a compiled model with scikit-learn's own answers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from hypothesis import HealthCheck, settings
from sklearn.exceptions import ConvergenceWarning

from twinserve.compile import Column, compile_pipeline
from twinserve.compile.graph import Graph
from twinserve.compile.onnx_model import model_of
from twinserve.predict.linear import LinearFunction, read_linear
from twinserve.predict.runtime import session

Floats = npt.NDArray[np.float64]
Answer = dict[str, Any]

TOLERANCE = 1e-12
"""The largest difference of a probability, or of a value relative to a value over 1."""
SUMMED = 1e-13
"""The largest difference of a sum of some hundred terms, relative to the sum of their absolute values."""

some = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Fitting is slow and its time varies: few examples, no deadline."""


@dataclass(frozen=True, eq=False)
class Table:
    """The same rows for scikit-learn (`frame`) and for the graph (`x`)."""

    frame: Any
    x: Floats
    columns: tuple[Column, ...]

    def join(self, other: Table) -> Table:
        """The rows of both."""
        if isinstance(self.frame, pd.DataFrame):
            frame = pd.concat([self.frame, other.frame], ignore_index=True)
        else:
            frame = np.concatenate([self.frame, other.frame])
        return Table(frame, np.concatenate([self.x, other.x]), self.columns)


def plain(x: npt.ArrayLike) -> Table:
    """A table of numbers, which scikit-learn gets as an array."""
    rows = np.asarray(x, dtype=np.float64)
    return Table(rows, rows, tuple(Column(f"x{i}", "number") for i in range(rows.shape[1])))


def random_numbers(seed: int, rows: int, width: int, missing: float = 0.0) -> Floats:
    """Numbers of very different sizes, some of them equal, a share of them missing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, width)) * 10.0 ** rng.integers(-3, 4, width)
    x[rng.random(x.shape) < 0.1] = 1.5
    x[rng.random(x.shape) < missing] = np.nan
    return x


def random_labels(seed: int, x: Floats, classes: int) -> npt.NDArray[np.int64]:
    """Labels 0 to `classes` - 1 that depend on the rows a little; every class occurs."""
    rng = np.random.default_rng(seed + 1)
    score = np.nan_to_num(x[:, 0] / (np.nanstd(x[:, 0]) + 1e-9)) + rng.normal(size=len(x))
    labels = np.clip(np.digitize(score, np.quantile(score, np.arange(1, classes) / classes)), 0, classes - 1)
    labels[:classes] = np.arange(classes)
    return labels.astype(np.int64)


def words(seed: int, rows: int, sizes: Sequence[int], missing: float = 0.1, unseen: float = 0.0) -> Table:
    """Columns of categories: words for scikit-learn, their numbers for the graph."""
    rng = np.random.default_rng(seed)
    frame, codes, columns = {}, [], []
    for i, size in enumerate(sizes):
        known = tuple(f"w{k}" for k in range(size))
        code = rng.integers(0, size, rows).astype(np.float64)
        code[rng.random(rows) < unseen] = -1.0
        code[rng.random(rows) < missing] = np.nan
        texts = [np.nan if np.isnan(c) else ("never seen" if c < 0 else known[int(c)]) for c in code]
        frame[f"c{i}"] = np.array(texts, dtype=object)
        codes.append(code)
        columns.append(Column(f"c{i}", "category", known))
    return Table(pd.DataFrame(frame), np.stack(codes, axis=1), tuple(columns))


def beside(numbers: Floats, table: Table) -> Table:
    """Numbers n0, n1, ... at the left of a table of categories."""
    names = [f"n{i}" for i in range(numbers.shape[1])]
    frame = pd.concat([pd.DataFrame(numbers, columns=names), table.frame.reset_index(drop=True)], axis=1)
    columns = (*(Column(name, "number") for name in names), *table.columns)
    return Table(frame, np.concatenate([numbers, table.x], axis=1), columns)


def fitted(model: Any, frame: Any, target: Any) -> Any:
    """The model, fitted. A small example need not converge: its answers count, not its quality."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)
        warnings.filterwarnings("ignore", message="Bins whose width are too small")
        warnings.filterwarnings("ignore", message="Skipping features without any observed values")
        warnings.filterwarnings("ignore", message="Liblinear failed to converge")
        return model.fit(frame, target)


def running(compiled: bytes) -> Callable[[Floats], Answer]:
    """The graph as a function of its input, answering with its outputs by name."""
    graph = session(compiled)
    names = [output.name for output in graph.get_outputs()]
    return lambda x: dict(zip(names, graph.run(None, {"x": np.ascontiguousarray(x)}), strict=True))


def evaluated(graph: Graph, tensor: str, x: Floats) -> Floats:
    """What one tensor `[n, 1]` of a graph under construction holds for these rows."""
    outputs = {"value": graph.op("Reshape", tensor, graph.constant([-1], np.int64))}
    model = model_of(graph, outputs, x.shape[1], {"value": None})
    value: Floats = running(model.SerializeToString())(x)["value"]
    return value


def compiled_answer(model: Any, table: Table) -> Answer:
    """What the graph says about the table's rows."""
    return running(compile_pipeline(model, table.columns))(table.x)


def assert_same(model: Any, table: Table, tolerance: float = TOLERANCE, terms: Floats | None = None) -> None:
    """The graph, and the fold if there is one, answer as scikit-learn does, each row whatever its batch.

    `terms`: for each row the sum of the absolute values of what is added up. Whatever the order, a sum in floating
    point is exact only up to `n * 2**-53` of that (Higham, Accuracy and Stability of Numerical Algorithms, section
    4.2). So where terms cancel neither library's value is the better one, and SUMMED of them is allowed."""
    compiled = compile_pipeline(model, table.columns)
    assert compiled == compile_pipeline(model, table.columns)
    graph = session(compiled)
    by_graph, fold = running(compiled), read_linear(graph.get_modelmeta().custom_metadata_map)
    for way in (by_graph, folding(fold, by_graph)) if fold else (by_graph,):
        assert_answers(model, table.frame, way(table.x), tolerance, terms)
        assert_rows_stand_alone(way, table.x)


def folding(fold: LinearFunction, by_graph: Callable[[Floats], Answer]) -> Callable[[Floats], Answer]:
    """The fold, and the graph for the rows that it leaves to that."""

    def answer(x: Floats) -> Answer:
        held, by_name = fold.can_answer(x), by_graph(x)
        for name, values in (fold(x[held]) or {}).items():
            by_name[name][held] = values
        return by_name

    return answer


def assert_answers(model: Any, frame: Any, answer: Answer, tolerance: float, terms: Floats | None = None) -> None:
    """Labels are equal, probabilities and values within the tolerance, sums within SUMMED of their terms."""
    # Extremes overflow inside scikit-learn's own checks and sums; what comes out is compared all the same.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.filterwarnings("ignore", message="Found unknown categories")
        warnings.filterwarnings("ignore", message="Skipping features without any observed values")
        if "value" in answer:
            expected = np.asarray(model.predict(frame)).ravel()
            if terms is not None:
                assert (np.abs(answer["value"] - expected) <= SUMMED * np.maximum(1.0, terms)).all()
                return
            np.testing.assert_allclose(answer["value"], expected, rtol=tolerance, atol=tolerance)
            return
        np.testing.assert_array_equal(model.classes_[answer["label"]], model.predict(frame))
        assert ("probabilities" in answer) == hasattr(model, "predict_proba")
        if "probabilities" in answer:
            expected = model.predict_proba(frame)
            # Before 1.8, scikit-learn divides 0 by 0 where no class of several is likely at all.
            expected = np.where(np.isnan(expected), answer["probabilities"], expected)
            np.testing.assert_allclose(answer["probabilities"], expected, rtol=0.0, atol=tolerance)


def assert_rows_stand_alone(way: Callable[[Floats], Answer], x: Floats, rows: int = 12) -> None:
    """A row's answer has the same bits alone, in an odd batch, and in the whole table."""
    whole = way(x)
    for start in range(0, len(x), max(1, len(x) // rows)):
        for stop in (start + 1, start + 3):
            part = way(x[start:stop])
            for name, values in part.items():
                assert values.tobytes() == whole[name][start:stop].tobytes()


def around(values: npt.ArrayLike) -> Floats:
    """Each value, and its neighbours one step of float64 and one step of float32 away."""
    exact = np.asarray(values, dtype=np.float64).ravel()
    single = exact.astype(np.float32)
    neighbours = [exact, np.nextafter(exact, -np.inf), np.nextafter(exact, np.inf), single.astype(np.float64)]
    for side in (-np.inf, np.inf):
        beside_it = np.nextafter(single, np.float32(side)).astype(np.float64)
        half_way = (beside_it + single.astype(np.float64)) / 2
        neighbours += [beside_it, half_way, np.nextafter(half_way, -np.inf), np.nextafter(half_way, np.inf)]
    return np.concatenate(neighbours)


def rows_around(x: Floats, columns: Sequence[int], thresholds: npt.ArrayLike) -> Floats:
    """Rows of `x` with one column set to a threshold, or to a number next to it."""
    rows = []
    for i, (column, threshold) in enumerate(zip(columns, np.ravel(np.asarray(thresholds)), strict=True)):
        moved = np.repeat(x[i % len(x)][None, :], 12, axis=0)
        moved[:, column] = around([threshold])
        rows.append(moved)
    return np.concatenate([x, *rows])

"""Regressors that weigh the similarities of a row to all training rows: kernel ridge and Gaussian processes.

Source: scikit-learn 1.9, `kernel_ridge.py`, `metrics/pairwise.py`, `gaussian_process/_gpr.py`,
`gaussian_process/kernels.py`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.arithmetic import kernels
from twinserve.compile.blocks import Block, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.outputs import several_values
from twinserve.compile.refusal import refusal
from twinserve.estimators.introspection import class_name

MOST_LOST: Final = 1e-11
"""The largest error of a similarity."""


def kernel_ridge(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """`similarities . dual_coef_`."""
    table, weights = _table(model, model.X_fit_, model.dual_coef_)
    return _predicted(graph.op("MatMul", _pairwise(graph, model, block, table), graph.constant(weights)), weights)


def _predicted(value: str, weights: FloatArray) -> Regressed | Outputs:
    """Of one target, or of several."""
    return Regressed(value) if weights.shape[1] == 1 else several_values(value, weights.shape[1])


def _pairwise(graph: Graph, model: Any, block: Block, table: FloatArray) -> str:
    """The similarities as `pairwise_kernels` computes them, in its order: a row that is too large for it has no answer
    here either."""
    tensor = graph.numbers(block, model)
    gamma = 1.0 / table.shape[1] if model.gamma is None else float(model.gamma)
    dots = kernels.products(graph, tensor, table)
    if model.kernel == "linear":
        return dots
    if model.kernel == "rbf":
        own = graph.row_sum(graph.op("Mul", tensor, tensor), table.shape[1])
        crossed = graph.op("Add", graph.op("Mul", dots, graph.constant(-2.0)), own)
        distances = graph.op("Add", crossed, graph.constant(np.square(table).sum(axis=1)))
        return graph.op("Exp", graph.op("Mul", distances, graph.constant(-gamma)))
    scaled = graph.op("Add", graph.op("Mul", dots, graph.constant(gamma)), graph.constant(float(model.coef0)))
    if model.kernel == "sigmoid":
        return graph.op("Tanh", scaled)
    if model.kernel in ("poly", "polynomial") and float(model.degree).is_integer():
        return kernels.power(graph, scaled, int(model.degree))
    named = f"kernel={model.kernel!r}" if isinstance(model.kernel, str) else "a kernel that is a function"
    raise refusal(model, f"{named} is not lowered")


def gaussian_process(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """`std * (similarities . alpha_) + mean`."""
    table, weights = _table(model, model.X_train_, model.alpha_)
    similar = _similarities(graph, model, model.kernel_, graph.numbers(block, model), table)
    if isinstance(similar, float):
        similar = graph.each_row(block.tensor, np.full(len(table), similar))
    mean = graph.op("MatMul", similar, graph.constant(weights))
    scaled = graph.op("Mul", mean, graph.constant(np.ravel(model._y_train_std)))
    return _predicted(graph.op("Add", scaled, graph.constant(np.ravel(model._y_train_mean))), weights)


def _similarities(graph: Graph, model: Any, kernel: Any, tensor: str, table: FloatArray) -> str | float:
    """A kernel between the rows of a tensor and those of the table; a number where it is the same for all."""
    name = class_name(kernel).rpartition(".")[2]
    if name in ("Sum", "Product"):
        parts = [_similarities(graph, model, part, tensor, table) for part in (kernel.k1, kernel.k2)]
        return _combined(graph, "Add" if name == "Sum" else "Mul", *parts)
    if name == "ConstantKernel":
        return float(kernel.constant_value)
    if name == "WhiteKernel":
        return 0.0  # It is noise of one and the same row only.
    if name == "DotProduct":
        dots = kernels.products(graph, tensor, table)
        return graph.op("Add", dots, graph.constant(float(kernel.sigma_0) ** 2))
    if name == "RBF":
        scaled, rows = _scaled(graph, kernel, tensor, table)
        if kernels.lost_digits(rows, 0.5, np.ones((1, 1))) > MOST_LOST:
            raise refusal(model, "its rows lie so far apart for its kernel that their distances lose digits")
        return kernels.radial(graph, scaled, rows, 0.5)
    if name == "Matern":
        return _matern(graph, model, kernel, *_scaled(graph, kernel, tensor, table))
    if name == "RationalQuadratic":
        distances = kernels.squared_distances(graph, tensor, table, np.inf)
        ratio = graph.op("Div", distances, graph.constant(2.0 * kernel.alpha * kernel.length_scale**2))
        base = graph.op("Log", graph.op("Add", ratio, graph.constant(1.0)))
        return graph.op("Exp", graph.op("Mul", base, graph.constant(-float(kernel.alpha))))
    raise refusal(model, f"its kernel {name} is not lowered")


def _combined(graph: Graph, kind: str, left: str | float, right: str | float) -> str | float:
    if isinstance(left, float) and isinstance(right, float):
        return left + right if kind == "Add" else left * right
    if isinstance(left, float):
        left, right = right, left
    if right == (0.0 if kind == "Add" else 1.0):
        return left
    return graph.op(kind, str(left), graph.constant(right) if isinstance(right, float) else right)


def _scaled(graph: Graph, kernel: Any, tensor: str, table: FloatArray) -> tuple[str, FloatArray]:
    """Tensor and table over the length scale."""
    scale = np.squeeze(kernel.length_scale).astype(np.float64)
    return graph.op("Div", tensor, graph.constant(scale)), table / scale


def _matern(graph: Graph, model: Any, kernel: Any, tensor: str, table: FloatArray) -> str:
    """`exp(-k) * (1 + k + ...)`, of the distance times a root; not of nu=0.5, whose slope at distance 0 is not 0."""
    if kernel.nu == np.inf:
        return kernels.radial(graph, tensor, table, 0.5)
    if kernel.nu not in (1.5, 2.5):
        raise refusal(model, f"its kernel Matern with nu={kernel.nu} is not lowered")
    # Nothing is cut: far away scikit-learn multiplies infinity by 0, and has no answer.
    squared = graph.op("Relu", kernels.squared_distances(graph, tensor, table, np.inf))
    k = graph.op("Mul", graph.op("Sqrt", squared), graph.constant(np.sqrt(2.0 * kernel.nu)))
    factor = graph.op("Add", k, graph.constant(1.0))
    if kernel.nu == 2.5:
        factor = graph.op("Add", factor, graph.op("Div", graph.op("Mul", k, k), graph.constant(3.0)))
    return graph.op("Mul", factor, graph.op("Exp", graph.op("Neg", k)))


def _table(model: Any, rows: Any, weights: Any) -> tuple[FloatArray, FloatArray]:
    """The training rows and their weights, `[rows, targets]`, even in number."""
    if not isinstance(rows, np.ndarray):
        raise refusal(model, "it was not fitted on an array of numbers")
    weights = np.asarray(weights, dtype=np.float64).reshape(len(rows), -1)
    kernels.require_small(model, rows)
    return kernels.evened(rows.astype(np.float64), weights)


LOWERINGS: dict[str, Lowering] = {
    "sklearn.kernel_ridge.KernelRidge": kernel_ridge,
    "sklearn.gaussian_process.GaussianProcessRegressor": gaussian_process,
}

"""Models that weigh the similarities of a row to all training rows: kernel ridge and Gaussian processes.

Source: scikit-learn 1.9, `kernel_ridge.py`, `metrics/pairwise.py`, `gaussian_process/_gpr.py`,
`gaussian_process/_gpc.py`, `gaussian_process/kernels.py`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile import outputs
from twinserve.compile.arithmetic import kernels
from twinserve.compile.arithmetic.error_function import error_function
from twinserve.compile.blocks import Block, Classified, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.outputs import several_values
from twinserve.compile.refusal import refusal
from twinserve.estimators.introspection import class_name

# How the library writes the logistic function as a sum of error functions.
LAMBDAS: Final = (0.41, 0.4, 0.37, 0.44, 0.39)
COEFS: Final = (-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654)
MOST_LOST: Final = 1e-11
"""The largest error of a similarity."""


def kernel_ridge(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """`similarities . dual_coef_`."""
    table, weights = _table(model, model.X_fit_, model.dual_coef_)
    return _predicted(graph.op("MatMul", pairwise(graph, model, block, table), graph.constant(weights)), weights)


def _predicted(value: str, weights: FloatArray) -> Regressed | Outputs:
    """Of one target, or of several."""
    return Regressed(value) if weights.shape[1] == 1 else several_values(value, weights.shape[1])


def pairwise(graph: Graph, model: Any, block: Block, table: FloatArray) -> str:
    """The similarities as `pairwise_kernels` computes them, in its order: a row that is too large for it has no answer
    here either."""
    tensor = graph.numbers(block, model)
    shift = 1.0 if model.coef0 is None else float(model.coef0)
    degree = 3.0 if model.degree is None else float(model.degree)
    gamma = 1.0 / table.shape[1] if model.gamma is None else float(model.gamma)
    dots = kernels.products(graph, tensor, table)
    if model.kernel == "linear":
        return dots
    if model.kernel == "rbf":
        return graph.op("Exp", graph.op("Mul", kernels.library_distances(graph, tensor, table), graph.constant(-gamma)))
    if model.kernel == "laplacian":
        distances = kernels.exact_city_distances(graph, model, tensor, table)
        return graph.op("Exp", graph.op("Mul", distances, graph.constant(-gamma)))
    scaled = graph.op("Add", graph.op("Mul", dots, graph.constant(gamma)), graph.constant(shift))
    if model.kernel == "sigmoid":
        return graph.op("Tanh", scaled)
    if model.kernel in ("poly", "polynomial") and degree.is_integer():
        return kernels.power(graph, scaled, int(degree))
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


def process_classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """The classifier of two classes, or one of them against the rest for each class."""
    if len(model.classes_) > 2 and model.multi_class != "one_vs_rest":
        raise refusal(model, f"multi_class={model.multi_class!r} has no probabilities")
    outcome = graph.lower(model.base_estimator_, block)
    if not isinstance(outcome, Classified):
        raise refusal(model, "a classifier is needed in it")
    return outcome


def laplace(graph: Graph, model: Any, block: Block) -> Classified:
    """The second class where the latent mean is over 0; its probability is a sum of five integrals of the mean and of
    the variance `k(x, x) - |L^-1 W^(1/2) k|^2`."""
    rows = np.asarray(model.X_train_, dtype=np.float64)
    kernels.require_small(model, np.empty((len(rows), max(rows.shape))))
    spread = np.asarray(model.W_sr_)[:, np.newaxis] * np.linalg.inv(model.L_).T
    weights = np.column_stack([np.asarray(model.y_train_ - model.pi_, dtype=np.float64), spread])
    table, weights = kernels.evened(rows, weights)
    tensor = graph.numbers(block, model)
    similar = _similarities(graph, model, model.kernel_, tensor, table)
    if isinstance(similar, float):
        similar = graph.each_row(block.tensor, np.full(len(table), similar))
    mean = graph.op("MatMul", similar, graph.constant(weights[:, :1]))
    turned = graph.op("MatMul", similar, graph.constant(weights[:, 1:]))
    explained = graph.row_sum(graph.op("Mul", turned, turned), len(rows))
    own = _own_similarity(graph, model, model.kernel_, tensor, rows.shape[1])
    own = graph.constant(own) if isinstance(own, float) else own
    second = _second_class(graph, mean, graph.op("Sub", own, explained))
    likely = graph.op("Concat", graph.op("Sub", graph.constant(1.0), second), second, axis=1)
    label = outputs.chosen(graph, graph.op("Greater", mean, graph.constant(0.0)), 1)
    return Classified(graph.op("Reshape", label, graph.constant([-1], np.int64)), 2, likely)


def _second_class(graph: Graph, mean: str, variance: str) -> str:
    """The logistic function as a sum of five error functions, over the normal distribution of the latent value."""
    lambdas, factors = np.ravel(LAMBDAS), np.ravel(COEFS)
    alpha = graph.op("Div", graph.constant(1.0), graph.op("Mul", graph.constant(2.0), variance))
    share = graph.op("Div", alpha, graph.op("Add", alpha, graph.constant(lambdas**2)))
    argument = graph.op("Mul", graph.op("Mul", mean, graph.constant(lambdas)), graph.op("Sqrt", share))
    root = graph.op("Sqrt", graph.op("Div", graph.constant(np.pi), alpha))
    width = graph.op("Sqrt", graph.op("Mul", graph.op("Mul", variance, graph.constant(2.0)), graph.constant(np.pi)))
    raised = graph.op("Mul", root, error_function(graph, argument, len(lambdas)))
    integrals = graph.op("Div", raised, graph.op("Mul", graph.constant(2.0), width))
    total = graph.op("MatMul", integrals, graph.constant(factors[:, np.newaxis]))
    return graph.op("Add", total, graph.constant(0.5 * factors.sum()))


def _own_similarity(graph: Graph, model: Any, kernel: Any, tensor: str, columns: int) -> str | float:
    """A kernel between a row and itself, `[n, 1]`; a number where it is the same for all."""
    name = class_name(kernel).rpartition(".")[2]
    if name in ("Sum", "Product"):
        parts = [_own_similarity(graph, model, part, tensor, columns) for part in (kernel.k1, kernel.k2)]
        return _combined(graph, "Add" if name == "Sum" else "Mul", *parts)
    if name == "ConstantKernel":
        return float(kernel.constant_value)
    if name == "WhiteKernel":
        return float(kernel.noise_level)
    if name == "DotProduct":
        squared = graph.row_sum(graph.op("Mul", tensor, tensor), columns)
        return graph.op("Add", squared, graph.constant(float(kernel.sigma_0) ** 2))
    return 1.0  # All others that are lowered are of the distance, which is 0.


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
            distances = kernels.exact_squared_distances(graph, model, scaled, rows)
            return graph.op("Exp", graph.op("Mul", distances, graph.constant(-0.5)))
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
    """`exp(-k) * (1 + k + ...)`, of the distance times a root; of nu=0.5, whose slope at distance 0 is not 0, by the
    differences."""
    if kernel.nu == np.inf:
        return kernels.radial(graph, tensor, table, 0.5)
    if kernel.nu == 0.5:
        distances = graph.op("Sqrt", kernels.exact_squared_distances(graph, model, tensor, table))
        return graph.op("Exp", graph.op("Neg", distances))
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
    "sklearn.gaussian_process.GaussianProcessClassifier": process_classifier,
    "sklearn.gaussian_process.GaussianProcessRegressor": gaussian_process,
    "sklearn.gaussian_process._BinaryGaussianProcessClassifierLaplace": laplace,
}

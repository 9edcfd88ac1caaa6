"""Support vector machines and other models that compare a row with a table."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import cross_decomposition, gaussian_process, kernel_ridge, svm
from sklearn.base import clone
from sklearn.gaussian_process import kernels

from bench.model_examples.pipelines import named, scaled
from bench.model_examples.tables import Example, Table


def vectors(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    """Support vector machines, of two and of three classes."""
    for model in (
        svm.SVC(),
        svm.SVC(C=100.0),
        svm.SVC(kernel="linear"),
        svm.SVC(kernel="poly"),
        svm.SVC(kernel="sigmoid"),
        svm.SVC(probability=True),
        svm.NuSVC(nu=0.1),
    ):
        yield named(model), scaled(model), two
        yield f"{named(model)}, three classes", scaled(clone(model)), three
    yield "SVC(break_ties=True), three classes", scaled(svm.SVC(break_ties=True)), three
    yield "SVC, not scaled", svm.SVC(), two
    for regressor in (svm.SVR(), svm.SVR(kernel="poly", C=10.0), svm.NuSVR()):
        yield named(regressor), scaled(regressor), amount


def similarities(two: Table, amount: Table) -> Iterator[Example]:
    """Kernel ridge, Gaussian processes and partial least squares."""
    noise = kernels.WhiteKernel()
    process = gaussian_process.GaussianProcessRegressor
    for model in (
        kernel_ridge.KernelRidge(),
        kernel_ridge.KernelRidge(kernel="rbf"),
        kernel_ridge.KernelRidge(kernel="poly", degree=2),
        kernel_ridge.KernelRidge(kernel="laplacian"),
        process(1.0 * kernels.RBF(10.0) + noise, normalize_y=True),
        process(kernels.Matern(10.0, nu=1.5) + noise, normalize_y=True),
        process(kernels.Matern(10.0, nu=0.5) + noise, normalize_y=True),
        process(kernels.RationalQuadratic(10.0) + noise, normalize_y=True),
        process(kernels.DotProduct() + noise, normalize_y=True),
        cross_decomposition.PLSRegression(),
        cross_decomposition.PLSCanonical(1),
        cross_decomposition.CCA(1),
    ):
        yield named(model), scaled(model), amount
    yield "GaussianProcessClassifier", scaled(gaussian_process.GaussianProcessClassifier()), two

"""Support vector machines and other models that compare a row with a table."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import svm
from sklearn.base import clone

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

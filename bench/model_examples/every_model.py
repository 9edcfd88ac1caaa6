"""Every model that is tried, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import datasets
from sklearn.base import is_classifier

from bench.model_examples import (
    categories,
    kernels,
    libraries,
    linear,
    meta_estimators,
    other_estimators,
    steps,
    targets,
    texts,
    trees,
    unanswered,
)
from bench.model_examples.tables import Example, Table, mixed, numbers


def examples() -> Iterator[Example]:
    """Every model, with its table."""
    two, three, amount = _tables()
    yield from linear.linear(two, three, amount)
    yield from trees.trees(two, three, amount)
    yield from trees.boosters(two, three, amount)
    yield from other_estimators.bayes_and_networks(two, three, amount)
    yield from kernels.vectors(two, three, amount)
    yield from kernels.similarities(two, amount)
    yield from meta_estimators.meta(two, three, amount)
    yield from meta_estimators.of_two_classes(two, three)
    yield from other_estimators.others(two, three, amount)
    yield from steps.steps(two, three)
    yield from steps.of_projections(two)
    yield from steps.of_mixed_tables(mixed())
    yield from categories.of_categories()
    yield from meta_estimators.of_pipelines(two, three, amount)
    yield from texts.of_texts()
    yield from unanswered.unanswered(two, amount)
    yield from targets.several_values(amount)
    yield from targets.several_labels(three)
    yield from targets.quantiles(amount)
    yield from targets.outliers(two)
    yield from libraries.of_libraries(two, three, amount, mixed())


def boundary_examples() -> Iterator[Example]:
    """Classifiers whose labels change where a sum does."""
    two, three, amount = _tables()
    yield from filter(_classifies, linear.linear(two, three, amount))
    yield from filter(_classifies, other_estimators.bayes_and_networks(two, three, amount))
    yield from filter(_classifies, kernels.vectors(two, three, amount))


def _classifies(example: Example) -> bool:
    return bool(is_classifier(example[1]))


def _tables() -> tuple[Table, Table, Table]:
    """Of two classes, of three, and of amounts."""
    loaded = datasets.load_breast_cancer, datasets.load_iris, datasets.load_diabetes
    two, three, amount = map(numbers, loaded)
    return two, three, amount

"""Every model that is tried, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import datasets

from bench.model_examples import (
    categories,
    kernels,
    linear,
    meta_estimators,
    other_estimators,
    steps,
    texts,
    trees,
    unanswered,
)
from bench.model_examples.tables import Example, mixed, numbers


def examples() -> Iterator[Example]:
    """Every model, with its table."""
    two, three, amount = (
        numbers(datasets.load_breast_cancer),
        numbers(datasets.load_iris),
        numbers(datasets.load_diabetes),
    )
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
    yield from steps.of_mixed_tables(mixed())
    yield from categories.of_categories()
    yield from meta_estimators.of_pipelines(two, three, amount)
    yield from texts.of_texts()
    yield from unanswered.unanswered(two, amount)

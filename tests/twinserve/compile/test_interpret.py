"""Explainable boosting machines, compiled, answer as InterpretML does: cuts, words, nulls, pairs, links."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV

from tests.twinserve.compile.comparing import (
    Floats,
    Table,
    assert_answers,
    assert_same,
    beside,
    compiled_answer,
    random_labels,
    random_numbers,
    rows_around,
    words,
)
from twinserve.compile import Column, compile_pipeline
from twinserve.compile.compiler import compile_with_explanation
from twinserve.compile.explanation import Explained
from twinserve.compile.lowerings.interpret import read_trees
from twinserve.errors import CannotCompile

glassbox: Any = pytest.importorskip("interpret.glassbox", reason="make test-libraries has it")
pytestmark = [pytest.mark.environments, pytest.mark.filterwarnings("ignore")]

FAST = {"max_rounds": 30, "outer_bags": 1, "n_jobs": 1, "random_state": 0}
ROWS, NUMBERS, SIZES = 200, 3, (4, 9)


def whole(missing: float = 0.1) -> Table:
    """Three numbers and two columns of words, a tenth missing."""
    return beside(random_numbers(0, ROWS, NUMBERS, missing), words(0, ROWS, SIZES, missing=missing))


def plain_frame(x: Floats) -> pd.DataFrame:
    """Numbers as a table."""
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])])


def at_cuts(model: Any, table: Table) -> Table:
    """Rows with numbers around the cuts of both kinds of terms, and with unseen words and nulls."""
    cuts = [(place, cut) for place in range(NUMBERS) for level in model.bins_[place] for cut in level[::9]]
    x = rows_around(table.x[:, :NUMBERS], [place for place, _ in cuts], [cut for _, cut in cuts])
    return beside(x, words(1, len(x), SIZES, missing=0.1, unseen=0.1))


@pytest.mark.parametrize("interactions", [0, 4])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_classifier_is_the_same_around_its_cuts(classes: int, interactions: int) -> None:
    table = whole()
    model = glassbox.ExplainableBoostingClassifier(interactions=interactions, **FAST)
    model.fit(table.frame, random_labels(0, table.x, classes))
    assert_same(model, at_cuts(model, table))


def test_a_sum_has_the_bits_of_the_library() -> None:
    table = whole()
    model = glassbox.ExplainableBoostingRegressor(interactions=5, **FAST)
    rows = at_cuts(model.fit(table.frame, np.nan_to_num(table.x[:, 0])), table)
    np.testing.assert_array_equal(compiled_answer(model, rows)["value"], model.predict(rows.frame))


def test_a_logarithm_as_link() -> None:
    table = whole()
    model = glassbox.ExplainableBoostingRegressor(objective="poisson_deviance", **FAST)
    model.fit(table.frame, np.abs(np.nan_to_num(table.x[:, 0])))
    assert_same(model, at_cuts(model, table))


def test_words_that_the_vocabulary_lacks_get_codes() -> None:
    table = whole()
    model = glassbox.ExplainableBoostingClassifier(**FAST).fit(table.frame, random_labels(0, table.x, 2))
    fewer = (*table.columns[:4], Column("c1", "category", table.columns[4].categories[:3]))
    compiled = compile_pipeline(model, fewer)
    assert all(word.encode() in compiled for word in table.columns[4].categories[3:])


def test_it_is_explained_by_its_terms() -> None:
    """The weights of the bins say how many rows went each way, so the explanation is exact."""
    table = whole()
    model = glassbox.ExplainableBoostingClassifier(interactions=2, **FAST)
    model.fit(table.frame, random_labels(0, table.x, 2))
    explained = compile_with_explanation(model, table.columns).explained
    assert isinstance(explained, Explained)
    assert explained.stored.of == "log-odds"


def test_the_weight_of_a_node_is_that_of_both_sides() -> None:
    x = random_numbers(0, ROWS, NUMBERS, 0.1)
    frame = beside(x, words(0, ROWS, (2,))).frame[[f"n{i}" for i in range(NUMBERS)]]
    model = glassbox.ExplainableBoostingRegressor(interactions=2, **FAST).fit(frame, np.nan_to_num(x[:, 0]))
    for tree in read_trees(model):
        assert tree.cover is not None
        inner = np.flatnonzero(~tree.leaf)
        np.testing.assert_allclose(tree.cover[inner], tree.cover[tree.yes[inner]] + tree.cover[tree.no[inner]])
        np.testing.assert_allclose(tree.cover[0], model.bin_weights_[0].sum())


def test_labels_are_the_texts_it_was_fitted_on() -> None:
    table = whole()
    labels = np.array(["no", "yes"])[random_labels(0, table.x, 2)]
    model = glassbox.ExplainableBoostingClassifier(**FAST).fit(table.frame, labels)
    assert_answers(model, table.frame, compiled_answer(model, table), 1e-12)


def test_calibration_asks_for_its_decisions() -> None:
    table = whole()
    model = CalibratedClassifierCV(glassbox.ExplainableBoostingClassifier(**FAST), cv=2)
    assert_same(model.fit(table.frame, random_labels(0, table.x, 2)), table)


def test_a_number_taken_as_a_name_is_refused() -> None:
    x = random_numbers(0, ROWS, 2)
    x[:, 0] = np.random.default_rng(0).integers(0, 3, ROWS)
    model = glassbox.ExplainableBoostingRegressor(feature_types=["nominal", "continuous"], **FAST)
    model.fit(plain_frame(x), x[:, 1])
    with pytest.raises(CannotCompile, match="as nominal"):
        compile_pipeline(model, [Column("x0", "number"), Column("x1", "number")])

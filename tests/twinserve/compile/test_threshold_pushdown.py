"""Trees behind other steps ask the graph's input itself, and the answers stay scikit-learn's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from tests.twinserve.compile.comparing import (
    Table,
    assert_same,
    beside,
    fitted,
    plain,
    random_labels,
    random_numbers,
    rows_around,
    some,
    words,
)
from twinserve.compile import compile_pipeline

NUMBERS: Mapping[str, Any] = {
    "imputed and standardized": lambda: make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()),
    "robust": lambda: make_pipeline(RobustScaler(), SimpleImputer(strategy="median")),
    "ranged": lambda: make_pipeline(MinMaxScaler(), SimpleImputer(strategy="constant", fill_value=0.3)),
    "largest": lambda: make_pipeline(MaxAbsScaler(), SimpleImputer(strategy="most_frequent")),
}
WORDS: Mapping[str, Any] = {
    "one-hot": lambda: OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    "infrequent": lambda: OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=8, sparse_output=False),
    "ordinal": lambda: OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-2, encoded_missing_value=-1),
    "target": lambda: TargetEncoder(target_type="binary", random_state=0),
}
TREES: Mapping[str, Any] = {
    "forest": lambda: RandomForestClassifier(n_estimators=5, max_depth=6, random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=5, random_state=0),
    "histogram boosting": lambda: HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=3, random_state=0),
}


def operations(model: Any, table: Table) -> set[str]:
    """The kinds of nodes in the compiled graph."""
    return {node.op_type for node in onnx.load_from_string(compile_pipeline(model, table.columns)).graph.node}


def mixed(seed: int, rows: int) -> Table:
    """Numbers with nulls beside categories with nulls and some that a small sample misses."""
    return beside(random_numbers(seed, rows, 3, missing=0.2), words(seed, rows, (3, 40), missing=0.1))


def by_kind(table: Table, numbers: Any, categories: Any) -> ColumnTransformer:
    """One step for the numbers and one for the categories."""
    named = {kind: [c.name for c in table.columns if c.kind == kind] for kind in ("number", "category")}
    return ColumnTransformer([("n", numbers, named["number"]), ("c", categories, named["category"])])


@some
@given(
    seed=st.integers(0, 2**16),
    numbers=st.sampled_from(sorted(NUMBERS)),
    categories=st.sampled_from(sorted(WORDS)),
    trees=st.sampled_from(sorted(TREES)),
)
def test_preprocessing_costs_no_node_and_changes_no_answer(
    seed: int, numbers: str, categories: str, trees: str
) -> None:
    table = mixed(seed, 150)
    columns = by_kind(table, NUMBERS[numbers](), WORDS[categories]())
    model = fitted(make_pipeline(columns, TREES[trees]()), table.frame, random_labels(seed, table.x, 2))
    assert "TreeEnsemble" in operations(model, table)
    assert not operations(model, table) & {"Where", "Equal", "IsNaN", "Gather", "Concat", "Gemm", "Sub"}
    new = words(seed + 1, 150, (3, 40), missing=0.2, unseen=0.2)
    assert_same(model, table.join(beside(random_numbers(seed + 1, 150, 3, missing=0.2), new)))


@pytest.mark.parametrize("trees", sorted(TREES))
def test_both_sides_of_every_threshold_are_told_apart(trees: str) -> None:
    """Also one float step away, where only the scaler's own rounding decides."""
    x = random_numbers(3, 200, 3)
    scaler = StandardScaler().fit(x)
    model = fitted(make_pipeline(StandardScaler(), TREES[trees]()), x, random_labels(3, x, 2))
    thresholds = np.linspace(-1, 1, 40)[:, None] * scaler.scale_ + scaler.mean_
    rows = rows_around(x, [0, 1, 2] * 40, thresholds.ravel())
    assert_same(model, plain(np.concatenate([rows, [[1e30] * 3, [-1e30] * 3, [0.0] * 3, [-0.0] * 3]])[:, :3]))


def test_null_and_a_stranger_may_part() -> None:
    """Null has a code of its own here, at the other end than what was never seen."""
    table = words(5, 200, (4,), missing=0.3)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-5, encoded_missing_value=50)
    labels = (np.isnan(table.x[:, 0]) | (table.x[:, 0] == 2)).astype(int)
    model = fitted(make_pipeline(encoder, RandomForestClassifier(5, random_state=0)), table.frame, labels)
    assert operations(model, table) <= {"TreeEnsemble", "Mul", "Add", "Div", "ArgMax"}
    assert_same(model, table.join(words(6, 200, (4,), missing=0.3, unseen=0.4)))


@pytest.mark.parametrize(
    "step",
    [PCA(2), MinMaxScaler(clip=True), SimpleImputer(missing_values=1.5, strategy="constant", fill_value=-7.0)],
    ids=["several columns at once", "a cut", "a number that stands for null"],
)
def test_what_turns_numbers_back_or_mixes_them_stays_in_the_graph(step: Any) -> None:
    x = random_numbers(7, 200, 3)
    model = fitted(make_pipeline(step, ExtraTreesRegressor(5, random_state=0)), x, x[:, 0] + x[:, 1])
    assert len(operations(model, plain(x))) > 2
    assert_same(model, plain(rows_around(x, [0, 1, 2], [1.5, 0.0, 1.5])))


def test_a_negative_weight_turns_an_order_around() -> None:
    """So it is not looked through."""
    table = mixed(9, 150)
    columns = by_kind(table, NUMBERS["robust"](), WORDS["one-hot"]())
    columns.set_params(transformer_weights={"n": -2.0})
    model = fitted(make_pipeline(columns, TREES["forest"]()), table.frame, random_labels(9, table.x, 2))
    assert "Mul" in operations(model, table)
    assert "Concat" in operations(model, table)
    assert_same(model, table)


def test_a_question_about_very_many_categories_stays_where_it_is() -> None:
    table = words(11, 3000, (200,), missing=0.0)
    labels = (np.random.default_rng(0).permutation(200)[table.x[:, 0].astype(int)] % 2).astype(int)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    trees = HistGradientBoostingClassifier(categorical_features=[0], max_iter=2, max_leaf_nodes=3, random_state=0)
    model = fitted(make_pipeline(encoder, trees), table.frame, labels)
    assert "Equal" in operations(model, table)
    assert_same(model, table.join(words(12, 100, (200,), missing=0.1, unseen=0.2)))

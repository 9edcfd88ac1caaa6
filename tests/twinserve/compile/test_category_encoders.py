"""The encoders of category_encoders give every word, unseen ones and null included, the library's own columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from tests.twinserve.compile.comparing import Table, assert_same, beside, compiled_answer, random_numbers, words
from twinserve.compile import Column, compile_pipeline
from twinserve.compile.lowerings import lookup
from twinserve.compile.lowerings.category_encoders import ENCODERS
from twinserve.compile.lowerings.encoder_answers import words_of
from twinserve.errors import CannotCompile
from twinserve.graph.reader import read_graph

ce: Any = pytest.importorskip("category_encoders", reason="make test-libraries has it")
pytestmark = [pytest.mark.environments, pytest.mark.filterwarnings("ignore")]

NAMES = sorted(name.rpartition(".")[2] for name in ENCODERS if not name.endswith("GLMMEncoder"))
ROWS = 150
SIZES = (5, 12)


def whole(seed: int, missing: float = 0.1, unseen: float = 0.0) -> Table:
    """Two numbers, the first of which has few values, and two columns of words."""
    x = random_numbers(seed, ROWS, 2, 0.1)
    x[:, 0] = np.random.default_rng(seed).integers(-2, 3, ROWS)
    return beside(x, words(seed, ROWS, SIZES, missing=missing, unseen=unseen))


def target() -> Any:
    """A class of each row."""
    return np.random.default_rng(0).integers(0, 2, ROWS)


def trees() -> HistGradientBoostingRegressor:
    """A head that tells apart what differs in the last bit."""
    return HistGradientBoostingRegressor(max_iter=6, min_samples_leaf=2)


@pytest.mark.parametrize("options", [{}, {"handle_unknown": "return_nan"}, {"handle_missing": "return_nan"}])
@pytest.mark.parametrize("name", NAMES)
def test_each_encoder_is_the_same_before_trees(name: str, options: dict[str, str]) -> None:
    encoder = getattr(ce, name)(**options)
    model = make_pipeline(encoder, trees()).fit(whole(0).frame, target())
    assert_same(model, whole(1, unseen=0.2), tolerance=0.0)


@pytest.mark.parametrize("name", NAMES)
def test_each_encoder_is_the_same_before_a_sum(name: str) -> None:
    model = make_pipeline(getattr(ce, name)(), SimpleImputer(), LinearRegression()).fit(whole(0).frame, target())
    model[-1].coef_ = np.random.default_rng(0).normal(size=model[-1].coef_.shape)
    assert_same(model, whole(1, unseen=0.2))


@pytest.mark.parametrize(
    "encoder",
    [
        lambda: ce.OneHotEncoder(handle_unknown="indicator", handle_missing="indicator", use_cat_names=True),
        lambda: ce.CountEncoder(min_group_size=12, normalize=True),
        lambda: ce.TargetEncoder(min_group_size=12),
        lambda: ce.OrdinalEncoder(handle_unknown=-7, handle_missing=-8),
        lambda: ce.LeaveOneOutEncoder(sigma=0.5, random_state=0),
        lambda: ce.WOEEncoder(randomized=True, random_state=0),
        lambda: ce.TargetEncoder(return_df=False, drop_invariant=True),
        lambda: ce.OrdinalEncoder(cols=["n0", "c1"]).set_output(transform="pandas"),
        lambda: make_column_transformer((ce.CatBoostEncoder(), ["c1"]), ("drop", ["c0"]), remainder="passthrough"),
    ],
)
def test_options_are_those_of_the_fitted_encoder(encoder: Any) -> None:
    fit, asked = whole(0), whole(1, unseen=0.2)
    model = make_pipeline(encoder(), trees())
    if getattr(model[0], "cols", None):  # A column of words that stays is none for trees.
        kept = [0, 1, 3]
        fit, asked = (
            Table(table.frame.drop(columns="c0"), table.x[:, kept], tuple(table.columns[i] for i in kept))
            for table in (fit, asked)
        )
    assert_same(model.fit(fit.frame, target()), asked, tolerance=0.0)


def test_a_number_is_encoded_by_its_value_and_its_neighbours_are_unseen() -> None:
    x = random_numbers(0, ROWS, 2, 0.1)
    x[:, 0] = np.random.default_rng(0).choice([-1.5, 0.0, 0.1, np.nextafter(0.1, 1), 1e300, np.nan], ROWS)
    columns = (Column("n0", "number"), Column("n1", "number"))
    model = make_pipeline(ce.TargetEncoder(cols=["n0"]), trees())
    model.fit(pd.DataFrame(x, columns=["n0", "n1"]), target())
    known = np.array([-1.5, 0.0, 0.1, np.nextafter(0.1, 1), 1e300])
    values = np.concatenate([known, np.nextafter(known, -np.inf), np.nextafter(known, np.inf), [-0.0, np.nan]])
    asked = np.stack([values, np.zeros(len(values))], axis=1)
    assert_same(model, Table(pd.DataFrame(asked, columns=["n0", "n1"]), asked, columns), tolerance=0.0)


@pytest.mark.parametrize("option", ["handle_unknown", "handle_missing"])
def test_what_it_refuses_has_no_answer(option: str) -> None:
    fit, asked = whole(0, missing=0.0), whole(1, missing=0.2, unseen=0.2)
    model = make_pipeline(ce.TargetEncoder(**{option: "error"}), trees()).fit(fit.frame, target())
    answers = compiled_answer(model, asked)["value"]
    for row, answer in enumerate(answers.tolist()):
        try:
            expected = float(model.predict(asked.frame[row : row + 1])[0])
        except ValueError:
            expected = np.nan
        np.testing.assert_equal(answer, expected)
    assert 0 < np.isnan(answers).sum() < ROWS


def test_words_that_the_vocabulary_lacks_get_codes() -> None:
    fit = whole(0)
    model = make_pipeline(ce.TargetEncoder(), trees()).fit(fit.frame, target())
    fewer = (*fit.columns[:3], Column("c1", "category", fit.columns[3].categories[:4]))
    lacking = [word for word in fit.columns[3].categories[4:] if word in words_of(model[0])]
    compiled = compile_pipeline(model, fewer)
    assert all(word.encode() in compiled for word in lacking)


@pytest.mark.parametrize("name", ["TargetEncoder", "OneHotEncoder"])
def test_thousands_of_words(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 5_000 if name == "TargetEncoder" else 600
    monkeypatch.setattr(lookup, "SMALL", 200_000 if name == "TargetEncoder" else 1_000)  # Codes are compared.
    table, asked = words(0, 3 * size, [size]), words(1, 200, [size], unseen=0.1)
    y = np.random.default_rng(0).integers(0, 2, 3 * size)
    model = make_pipeline(getattr(ce, name)(), LinearRegression()).fit(table.frame, y)
    model[-1].coef_ = np.random.default_rng(0).normal(size=model[-1].coef_.shape)
    assert_same(model, asked)


def test_trees_compare_the_words_themselves() -> None:
    """The lookup is pushed into the trees, so that the graph is one operation and a reshape."""
    model = make_pipeline(ce.TargetEncoder(), trees()).fit(whole(0).frame, target())
    graph = read_graph(compile_pipeline(model, whole(0).columns))
    assert [node.kind for node in graph.nodes] == ["ai.onnx.ml.TreeEnsemble", "Reshape"]


@pytest.mark.parametrize(
    ("encoder", "reason"),
    [
        (lambda: ce.HashingEncoder(n_components=4, max_process=1), "letters of any word"),
        (lambda: ce.MultiHotEncoder(), "letters of any word"),
        (lambda: ce.SummaryEncoder(), "several encoders"),
        (lambda: ce.TargetEncoder(composite_cols=[("c0", "c1")]), "one column of several"),
        (lambda: ce.OrdinalEncoder(handle_unknown=lambda word, _: float(len(str(word)))), "a function"),
    ],
)
def test_what_no_table_of_words_holds_is_refused(encoder: Any, reason: str) -> None:
    model = make_pipeline(encoder(), trees()).fit(whole(0).frame, target())
    with pytest.raises(CannotCompile, match=reason):
        compile_pipeline(model, whole(0).columns)

"""No tensor ever holds what its reach leaves out, whatever the input holds within its own bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

from tests.twinserve.compile.comparing import Floats, running
from twinserve.compile.analysis.value_range import Reach, _range, reaches
from twinserve.compile.blocks import Affine, Block, Column
from twinserve.compile.graph import Graph
from twinserve.compile.limits import FINITE
from twinserve.compile.lowerings.catalog import LOWERINGS
from twinserve.compile.onnx_model import model_of

COLUMNS = (
    Column("a", "number", nullable=True, low=-50.0, high=200.0),
    Column("b", "number", nullable=False, low=0.0),
    Column("c", "category", ("u", "v"), nullable=False),
)


def learned(rows: int = 80) -> pd.DataFrame:
    """What the pipelines are fitted on."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(50, 20, rows), "b": rng.gamma(2, 1e-3, rows), "c": ["u", "v"] * (rows // 2)})
    frame.loc[::7, "a"] = np.nan
    return frame


def asked() -> Floats:
    """The ends of each column and much in between."""
    rng = np.random.default_rng(1)
    a = np.concatenate([[-50.0, 200.0, np.nan], rng.uniform(-50, 200, 200)])
    b = np.concatenate([[0.0, 1.7e308, 1e-310], 10.0 ** rng.uniform(-300, 308, 200)])
    c = rng.choice([-1.0, 0.0, 1.0], len(a))
    return np.stack([a, b[rng.permutation(len(b))], c], axis=1)


def made(encoder: Any, *steps: Any) -> Any:
    numbers = make_pipeline(*steps)
    return make_column_transformer((numbers, ["a", "b"]), (encoder, ["c"]), sparse_threshold=0.0)


FREE, IMPUTED = StandardScaler(), SimpleImputer(add_indicator=True)
ONE_HOT = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
ORDINAL = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
PIPELINES = {
    "scaled": make_pipeline(made(ONE_HOT, FREE), RandomForestClassifier(3)),
    "imputed": make_pipeline(made(ORDINAL, IMPUTED, MinMaxScaler()), LogisticRegression()),
    "logarithms": make_pipeline(made(ONE_HOT, IMPUTED, FunctionTransformer(np.log1p), FREE), GaussianNB()),
    "projected": make_pipeline(made(ONE_HOT, IMPUTED), PCA(2), MLPClassifier((3,), max_iter=5)),
    "stacked": make_pipeline(
        made(ONE_HOT, IMPUTED),
        StackingClassifier([("a", RandomForestClassifier(3)), ("b", LogisticRegression(max_iter=1000))], cv=2),
    ),
}


@pytest.mark.filterwarnings("ignore")  # Small examples do not converge.
@pytest.mark.parametrize("name", PIPELINES)
def test_every_tensor_stays_within_its_reach(name: str) -> None:
    frame = learned()
    model = PIPELINES[name].fit(frame, np.arange(len(frame)) // 2 % 2)
    graph = Graph(LOWERINGS, COLUMNS)
    graph.lower(model, Block.of("x", COLUMNS, Affine.identity(len(COLUMNS))))
    x = asked()
    names = [tensor for tensor in graph.limits if tensor != "x"]
    known = reaches(graph, names, COLUMNS)
    assert names
    for tensor in set(names) & set(known):
        width = graph.widths[tensor]
        table = running(model_of(graph, {"table": tensor}, 3, {"table": width}).SerializeToString())(x)["table"]
        reach = known[tensor]
        assert ((table >= reach.low) | np.isnan(table)).all()
        assert ((table <= reach.high) | np.isnan(table)).all()
        assert not (np.isnan(table) & ~reach.null).any()


def test_a_reach_keeps_a_limit_that_it_never_leaves() -> None:
    reach = Reach(np.array([0.0, 0.0, -np.inf]), np.array([1.0, 1.0, 1.0]), np.array([False, True, False]))
    assert [reach.keeps(column, FINITE) for column in range(3)] == [True, False, False]


def test_where_an_end_is_no_number_nothing_is_known() -> None:
    """As of trees with such leaves: what limits are there behind them stay."""
    reach = _range(np.array([0.0, np.nan, 0.0]), np.array([1.0, 1.0, np.nan]))
    assert reach.low.tolist() == [0.0, -np.inf, -np.inf]
    assert reach.high.tolist() == [1.0, np.inf, np.inf]
    assert reach.null.tolist() == [False, True, True]

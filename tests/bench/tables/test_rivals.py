"""Each rival gets the columns as its library is usually given them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.tables.catalog import spelled
from bench.tables.rivals import BOOSTING, MOST_CATEGORIES, RIVALS, predictions, usual_frame
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.signature import Signature
from twinserve.tables.cells import Cells

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    recipe = table_recipe("spelled", spelled(200), TableOptions("income", cells=Cells(typed=False)), "spelled.csv")
    assert isinstance(recipe.input, Signature)
    return usual_frame(recipe.load().features, recipe.input)


def test_categories_are_pandas_own_and_everything_else_is_a_number(frame: pd.DataFrame) -> None:
    kinds = {str(kind) for kind in frame.dtypes}
    assert kinds == {"category", "float64"}


@pytest.mark.parametrize("name", list(RIVALS))
def test_each_answers_with_probabilities_and_with_values(name: str, frame: pd.DataFrame) -> None:
    held_out = np.arange(len(frame)) % 5 == 0
    classes = predictions(name, "classification", frame, np.arange(len(frame), dtype=np.float64) % 2, held_out)
    values = predictions(name, "regression", frame, np.arange(len(frame), dtype=np.float64), held_out)
    assert classes.probabilities is not None
    assert classes.probabilities.shape == (held_out.sum(), 2)
    assert values.values is not None
    assert values.values.shape == (held_out.sum(),)


def test_boosting_gets_codes_of_more_categories_than_it_takes() -> None:
    texts = [f"code {place % (MOST_CATEGORIES + 1)}" for place in range(600)]
    frame = pd.DataFrame({"c0": pd.Series(texts).astype("category")})
    held_out = np.arange(600) % 5 == 0
    assert predictions(BOOSTING, "regression", frame, np.arange(600, dtype=np.float64), held_out).values is not None

"""The answers along one field, drawn in a real browser: a field of any name, and numbers up to the largest double."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, Field
from selenium.webdriver import Chrome
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from harness.running import DOORS, Running, running
from tests.servers.browsing import DRIVER, Reader, browsing
from twinserve import package, promote

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extended,
    pytest.mark.skipif(DRIVER is None, reason="chromedriver is not installed"),
]

LARGEST: Final = float(np.finfo(np.float64).max)
WEIGHTS: Final = {"__proto__": 1.0, "constructor": -1.0, "wide": 1 / LARGEST}
"""The model's answer is the sum of the fields, each times its weight."""
EDGES: Final = (44.0, 332.0)
"""Where a drawing begins and ends, from the left."""
EXPLORE: Final = """
const choice = document.querySelector("#what-if-field");
choice.value = arguments[0];
choice.dispatchEvent(new Event("change"));
"""
DRAWN: Final = """
const picture = document.querySelector("#what-if svg");
if (picture?.ariaLabel.includes(arguments[0])) return picture.querySelector(".line").getAttribute("d");
return document.querySelector("#what-if .error")?.textContent;
"""


class Row(BaseModel):
    """What may be left out."""

    proto: float | None = Field(None, alias="__proto__")
    constructor: float | None = None
    wide: float | None = None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One door, as both give the same bytes."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({name: rng.uniform(-1, 1, 400) for name in WEIGHTS})
    linear = LinearRegression()
    model = make_pipeline(SimpleImputer(), linear).fit(table, np.zeros(400))
    linear.coef_ = np.array(list(WEIGHTS.values()))
    table["wide"] *= LARGEST / 1e4
    table.loc[:1, "wide"] = [0.9 * LARGEST, -0.9 * LARGEST]  # Any sum of all these is a double, as scikit-learn wants.
    folder = tmp_path_factory.mktemp("store")
    version = package(model, table, model.predict(table), name="wide", artifacts=folder, input=Row)
    promote("wide", version, artifacts=folder)
    with running(DOORS[0], tmp_path_factory.mktemp("server"), folder, model="wide", workers=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """One browser for all tests."""
    with browsing() as opened:
        yield opened


@pytest.mark.parametrize("field", WEIGHTS)
@pytest.mark.parametrize("row", [{"__proto__": 0.1, "constructor": 0.1, "wide": LARGEST}, {}])
def test_the_answers_follow_the_field(browser: Chrome, server: Running, field: str, row: Mapping[str, float]) -> None:
    """From edge to edge, and up or down as the model does, which is a straight line; also where the row lacks it."""
    reader = Reader(browser, f"http://127.0.0.1:{server.port}")
    browser.get("about:blank")
    browser.get(f"{reader.origin}/#{quote(json.dumps(row))}")
    reader.until("return document.querySelector('#what-if-field')")
    browser.execute_script(EXPLORE, f"/{field}")
    path = reader.until(DRAWN, field.replace("_", " ").strip())
    assert path.startswith("M"), path  # Otherwise it is what went wrong.
    points = np.array([point.split() for point in re.split("[ML]", path)[1:]], dtype=np.float64)
    assert (points[0, 0], points[-1, 0]) == EDGES
    assert (np.diff(points[:, 0]) >= 0).all()
    line = np.interp(points[:, 0], points[[0, -1], 0], points[[0, -1], 1])
    assert np.abs(points[:, 1] - line).max() < 1
    assert np.sign(points[0, 1] - points[-1, 1]) == np.sign(WEIGHTS[field])

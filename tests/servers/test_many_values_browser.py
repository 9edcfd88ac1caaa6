"""The form of a model with many categories, nulls and times in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from harness.running import running
from tests.servers.browsing import DRIVER, Reader, browsing
from twinserve import package, promote

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extended,
    pytest.mark.skipif(DRIVER is None, reason="chromedriver is not installed"),
]

CITIES: Final = 60
SHOWN: Final = """
const texts = document.querySelectorAll("#what-if svg text:not(.faint)");
const names = [...texts].map((text) => text.firstChild.textContent);
return names.length === arguments[0] ? names : null;
"""


def orders(folder: Path) -> Path:
    """A store with a model of cities, kinds of payment that may be unknown, and times."""
    rng = np.random.default_rng(0)
    rows = 40 * CITIES
    place = rng.integers(0, CITIES, rows)
    payment = rng.choice(np.array(["card", "cash", np.nan], dtype=object), rows)
    table = pd.DataFrame(
        {
            "city": [f"city {number:03}" for number in place],
            "payment": pd.Series(payment, dtype=object),
            "placed": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, rows), unit="s"),
        }
    )
    y = np.where(place / CITIES + rng.normal(size=rows) / 4 > 0.5, "late", "early")
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    steps = make_column_transformer((encoder, ["city", "payment"]))
    estimator = make_pipeline(steps, LogisticRegression()).fit(table, y)
    promote("orders", package(estimator, table, y, name="orders", artifacts=folder), artifacts=folder)
    return folder


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A person with the form, and an example in it."""
    folder = tmp_path_factory.mktemp("orders")
    serving = running("serve_flask", folder, orders(folder / "artifacts"), workers=1, model="orders")
    with serving as server, browsing() as browser:
        made = Reader(browser, f"http://127.0.0.1:{server.port}")
        made.look_at(1200, "light")
        made.open("")
        made.find("button[name=example]").click()
        made.find("#what-if-field")
        yield made


def test_what_if_of_many_categories_takes_the_most_frequent(reader: Reader) -> None:
    """And that of the row; it says that it leaves some out."""
    own = reader.browser.find_element(By.NAME, "/city").get_attribute("value")
    Select(reader.find("#what-if-field")).select_by_value("/city")
    names = reader.until(SHOWN, 30) or reader.until(SHOWN, 31)
    assert own in names
    assert "30 most frequent" in reader.find("#what-if-hint").text


def test_what_if_a_value_was_not_known(reader: Reader) -> None:
    Select(reader.find("#what-if-field")).select_by_value("/payment")
    assert reader.until(SHOWN, 3) == ["card", "cash", "not known"]


def test_a_time_has_an_input_of_its_kind(reader: Reader) -> None:
    """Also after an example, whose time bears the offset of UTC."""
    field = reader.browser.find_element(By.NAME, "/placed")
    assert field.get_attribute("type") == "datetime-local"
    assert (field.get_attribute("value") or "").startswith("2024-")


def test_nobody_is_kept_out(reader: Reader) -> None:
    assert reader.barriers() == []
    assert reader.overflow() <= 0

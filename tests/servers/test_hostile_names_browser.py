"""Names of fields, categories and classes that a browser could take for markup or code, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from harness.running import DOORS, Running, golden, running
from tests.servers.browsing import DRIVER, Reader, browsing
from twinserve import held_out, package, promote

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(DRIVER is None, reason="chromedriver is not installed"),
]

FIELDS: Final = (
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "'quoted' \"twice\"",
    "a/b~c",
    "name",
    "NAME",
    "__proto__",
    "constructor",
    "toString",
    "{low} {{7*7}} ${alert(1)} %s",
    "| a | `code` [link](javascript:alert(1)) ![image](https://elsewhere.example/x.png)",
    "Größe\u2028",
    "long" * 500,
)
CATEGORIES: Final = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "__proto__")
CLASSES: Final = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "__proto__", "{class}")
INTENDED: Final = "<script>alert(1)</script> ![image](https://elsewhere.example/x.png) [link](javascript:alert(1))"
PLACED: Final = """
const parts = "main script, [onerror], main a[href^='javascript:'], main img:not([src^='data:'])";
return document.querySelectorAll(parts).length;
"""
EXPLORE: Final = """
const choice = document.querySelector("#what-if-field");
choice.value = arguments[0];
choice.dispatchEvent(new Event("change"));
"""
EXPLORED: Final = """
const picture = document.querySelector("#what-if svg");
if (picture?.ariaLabel.includes(arguments[0])) return picture.outerHTML;
return document.querySelector("#what-if .error")?.outerHTML;
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of these names."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({name: rng.normal(size=400) for name in FIELDS})
    target = np.digitize(table["__proto__"], [-0.7, 0.0, 0.7])
    table["<b>kind</b>"] = rng.choice(CATEGORIES, 400)
    labels = np.array(CLASSES)[target]
    fitted_on = ~held_out(table, labels)
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["<b>kind</b>"]), remainder="passthrough"
    )
    model = make_pipeline(encoder, LogisticRegression()).fit(table[fitted_on], labels[fitted_on])
    folder = tmp_path_factory.mktemp("hostile-names")
    version = package(model, table, labels, name="names", artifacts=folder, intended_use=INTENDED)
    promote("names", version, artifacts=folder)
    return folder


@pytest.fixture(scope="module")
def server(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One door, as both give the same bytes."""
    with running(DOORS[0], tmp_path_factory.mktemp("server"), store, model="names", workers=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """One browser for all tests."""
    with browsing() as opened:
        yield opened


@pytest.fixture
def reader(browser: Chrome, server: Running) -> Reader:
    """A person who opens the form with a row in its address."""
    return Reader(browser, f"http://127.0.0.1:{server.port}")


@pytest.fixture
def instance(store: Path) -> Any:
    """A row that the model was asked."""
    return json.loads(golden(store, "names"))


def answered(reader: Reader, instance: Any) -> None:
    """Open the form with a row in its address, and wait for the answer."""
    reader.browser.get("about:blank")
    reader.browser.get(f"{reader.origin}/#{quote(json.dumps(instance))}")
    reader.until("return document.querySelector('#what-if-field')")


def test_no_name_is_taken_for_markup(reader: Reader, instance: Any) -> None:
    """On no page anything of a name is run, loaded or complained of; what was entered stays what it is."""
    answered(reader, instance)
    assert reader.browser.execute_script(PLACED) == 0
    named = [field.get_attribute("name") for field in reader.browser.find_elements(By.CSS_SELECTOR, "#form input")]
    assert "/__proto__" in named
    assert "/a~1b~0c" in named
    for path in ("", "card", "live"):
        reader.open(path)
        assert reader.browser.execute_script(PLACED) == 0
    assert reader.complaints() == []
    assert reader.asked_elsewhere() == []


@pytest.mark.parametrize("field", ["__proto__", "constructor", "a/b~c", FIELDS[1]])
def test_what_if_follows_a_field_of_any_name(reader: Reader, instance: Any, field: str) -> None:
    """Also one that is a member of every object in JavaScript."""
    answered(reader, instance)
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    reader.browser.execute_script(EXPLORE, pointer)
    picture = reader.until(EXPLORED, field.replace("_", " "))
    assert picture.startswith("<svg")
    assert "NaN" not in picture


def test_the_request_as_javascript_has_every_member(reader: Reader, instance: Any) -> None:
    """In a literal `"__proto__": 1` is no member."""
    answered(reader, instance)
    code: str = reader.browser.execute_script("""
        document.querySelector("#request .tools button:nth-of-type(4)").click();
        return document.querySelector("#request-json").textContent;
    """)
    literal = code.removeprefix("const instance = ").partition(";\nconst answer")[0]
    assert json.loads(reader.browser.execute_script(f"return JSON.stringify({literal})")) == instance

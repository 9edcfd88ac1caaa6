"""The Authorize button of the documentation page in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from harness.credentials import write_keys, write_signing_key
from harness.running import DEADLINE, golden, running

DRIVER: Final = shutil.which("chromedriver")
PREDICT: Final = "#operations-default-predict"
# Typing thousands of characters takes seconds; React hears of a value only where the element's own setter is used.
PASTE: Final = """
const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
set.call(arguments[0], arguments[1]);
arguments[0].dispatchEvent(new Event("input", {bubbles: true}));
"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(DRIVER is None, reason="chromedriver is not installed")]


class Page:
    """The page, with the actions of a user."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser

    def find(self, selector: str) -> WebElement:
        """Wait until an element can be clicked."""
        ready = expected_conditions.element_to_be_clickable((By.CSS_SELECTOR, selector))
        return WebDriverWait(self.browser, DEADLINE).until(ready)

    def predict(self, body: str) -> str:
        """Try a prediction on the page; the status that it shows."""
        for part in (".opblock-summary", ".try-out__btn"):
            self.find(f"{PREDICT} {part}").click()
        self.browser.execute_script(PASTE, self.find(f"{PREDICT} textarea"), body)
        self.find(f"{PREDICT} .execute").click()
        return self.find(f"{PREDICT} .live-responses-table tbody .response-col_status").text


@pytest.fixture
def page() -> Iterator[Page]:
    """A headless browser on the page."""
    options = ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"):
        options.add_argument(argument)
    # A browser by itself asks its maker for updates and lists, and tells him how it is used.
    for argument in ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pings"):
        options.add_argument(argument)
    options.add_argument("--window-size=1200,1600")
    browser = Chrome(options=options, service=Service(DRIVER))
    yield Page(browser)
    browser.quit()


def test_with_a_key(page: Page, tmp_path: Path, artifacts: Path) -> None:
    """A key in the first authentication scheme allows a prediction."""
    key = write_keys(tmp_path / "keys.json", alice="predict")["alice"]
    settings = {"auth": "keys", "keys": str(tmp_path / "keys.json"), "public": "docs"}
    with running("serve_flask", tmp_path, artifacts, blocking_file=None, **settings) as server:
        page.browser.get(f"http://127.0.0.1:{server.port}/docs")
        page.find(".btn.authorize").click()
        page.find(".auth-container input[type=text]").send_keys(key)
        page.find(".auth-btn-wrapper .authorize").click()
        page.find(".btn-done").click()
        assert page.predict(golden(artifacts).decode()) == "200"


def test_as_a_client_of_oauth(page: Page, tmp_path: Path, artifacts: Path) -> None:
    """With client id and secret, the page fetches a token itself."""
    key = write_keys(tmp_path / "keys.json", alice="predict")["alice"]
    files = {"keys": str(tmp_path / "keys.json"), "signing_key": str(write_signing_key(tmp_path))}
    with running(
        "serve_fastapi", tmp_path, artifacts, blocking_file=None, auth="oauth", public="docs", **files
    ) as server:
        page.browser.get(f"http://127.0.0.1:{server.port}/docs")
        page.find(".btn.authorize").click()
        page.find("input#client_id_clientCredentials, input#client_id").send_keys("alice")
        page.find("input#client_secret_clientCredentials, input#client_secret").send_keys(key)
        page.find(".auth-btn-wrapper .authorize").click()
        page.find(".auth-btn-wrapper .btn-done").click()
        assert page.predict(golden(artifacts).decode()) == "200"

"""The Authorize button of the documentation page, and pages of other origins, in a real browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from harness.credentials import write_keys, write_signing_key
from harness.running import DEADLINE, DOORS, golden, running
from tests.hosts.nginx import NGINX, PREFIX, behind_a_prefix
from tests.servers.browsing import DRIVER, browsing

PREDICT: Final = "#operations-predictions-predict"
# Typing thousands of characters takes seconds; React hears of a value only where the element's own setter is used.
PASTE: Final = """
const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
set.call(arguments[0], arguments[1]);
arguments[0].dispatchEvent(new Event("input", {bubbles: true}));
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(DRIVER is None, reason="chromedriver is not installed"),
]


class Page:
    """The page, with the actions of a user."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser

    def find(self, selector: str) -> WebElement:
        """Wait until an element can be clicked."""
        ready = expected_conditions.element_to_be_clickable((By.CSS_SELECTOR, selector))
        return WebDriverWait(self.browser, DEADLINE).until(ready)

    def sign_in(self, client: str, secret: str) -> None:
        """Have the page fetch a token of OAuth."""
        self.find(".btn.authorize").click()
        self.find("input#client_id_clientCredentials, input#client_id").send_keys(client)
        self.find("input#client_secret_clientCredentials, input#client_secret").send_keys(secret)
        self.find(".auth-btn-wrapper .authorize").click()
        self.find(".auth-btn-wrapper .btn-done").click()

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
    with browsing() as browser:
        yield Page(browser)


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
        page.sign_in("alice", key)
        assert page.predict(golden(artifacts).decode()) == "200"


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
@pytest.mark.parametrize("door", DOORS)
def test_below_a_prefix_that_a_proxy_strips(page: Page, door: str, tmp_path: Path, artifacts: Path) -> None:
    """The page finds the document, the token and the predictions below the prefix."""
    key = write_keys(tmp_path / "keys.json", alice="predict")["alice"]
    files = {"keys": str(tmp_path / "keys.json"), "signing_key": str(write_signing_key(tmp_path))}
    with (
        running(door, tmp_path, artifacts, auth="oauth", public="docs", **files) as server,
        behind_a_prefix(server.port, tmp_path / "nginx") as nginx,
    ):
        page.browser.get(f"http://127.0.0.1:{nginx.server.port}{PREFIX}/docs")
        page.sign_in("alice", key)
        assert page.predict(golden(artifacts).decode()) == "200"


ASK: Final = """
const [url, key, body, done] = arguments;
const headers = {"Content-Type": "application/json", "X-API-Key": key, "X-Request-Id": "mine"};
fetch(url, {method: "POST", headers, body})
    .then(async answer => done([answer.status, answer.headers.get("X-Request-Id"), await answer.text()]))
    .catch(error => done([0, null, error.name]));
"""


@pytest.mark.parametrize("door", DOORS)
def test_a_page_of_another_origin(page: Page, door: str, tmp_path: Path, artifacts: Path) -> None:
    """A page of a named origin may ask with a key and read answers and refusals; a page of another may not."""
    key = write_keys(tmp_path / "keys.json", alice="predict")["alice"]
    body = golden(artifacts).decode()
    with serving_a_page() as named, serving_a_page() as other:
        settings = {"auth": "keys", "keys": str(tmp_path / "keys.json"), "cors_origins": f"https://a.example,{named}"}
        with running(door, tmp_path, artifacts, **settings) as server:
            url = f"http://127.0.0.1:{server.port}/predict"
            page.browser.get(named)
            status, request_id, text = page.browser.execute_async_script(ASK, url, key, body)
            assert (status, request_id, "label" in json.loads(text)) == (200, "mine", True)
            for wrong_key, wrong_body, expected in (("x", body, 401), (key, "{}", 422)):
                status, _, text = page.browser.execute_async_script(ASK, url, wrong_key, wrong_body)
                assert (status, json.loads(text)["status"]) == (expected, expected)
            page.browser.get(other)
            assert page.browser.execute_async_script(ASK, url, key, body) == [0, None, "TypeError"]


@contextmanager
def serving_a_page() -> Iterator[str]:
    """The origin of a server that has one empty page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>A page</title>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()

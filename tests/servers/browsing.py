"""A real browser for the tests of pages, with what it complained of and asked for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from harness.running import DEADLINE

DRIVER: Final = shutil.which("chromedriver")
AXE: Final = (Path(__file__).with_name("vendor") / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE: Final = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
    found => done(found.violations.map(one => one.id + ": " + one.nodes.map(node => node.html).join(" | "))),
    error => done([String(error)]));
"""


@contextmanager
def browsing() -> Iterator[Chrome]:
    """A headless browser, which by itself asks nobody for anything."""
    options = ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"):
        options.add_argument(argument)
    # A browser by itself asks its maker for updates and lists, and tells him how it is used.
    for argument in ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pings"):
        options.add_argument(argument)
    options.add_argument("--window-size=1200,1600")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = Chrome(options=options, service=Service(DRIVER))
    try:
        yield browser
    finally:
        browser.quit()


class Reader:
    """A person who reads the pages of one origin."""

    def __init__(self, browser: Chrome, origin: str) -> None:
        self.browser, self.origin = browser, origin
        self.forget()

    def open(self, path: str) -> None:
        """Open a page."""
        self.browser.get(f"{self.origin}/{path}")

    def find(self, selector: str) -> WebElement:
        """Wait until an element can be seen."""
        seen = expected_conditions.visibility_of_element_located((By.CSS_SELECTOR, selector))
        return WebDriverWait(self.browser, DEADLINE).until(seen)

    def until(self, script: str, *arguments: Any) -> Any:
        """Wait until a script returns something that is true."""
        return WebDriverWait(self.browser, DEADLINE).until(lambda it: it.execute_script(script, *arguments))

    def look_at(self, width: int, scheme: str, height: int = 1000) -> None:
        """Have a window of this width, and a light or dark scheme."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def may_run_scripts(self, *, allowed: bool) -> None:
        """Let the pages that are opened next run scripts or not."""
        self.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not allowed})

    def forget(self) -> None:
        """Forget what was complained of and asked for so far."""
        self.complaints()
        self.asked_elsewhere()

    def complaints(self) -> list[str]:
        """What the browser's console has had since the last call."""
        return [entry["message"] for entry in self._log("browser")]

    def _log(self, name: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.browser.get_log(name)  # type: ignore[no-untyped-call]  # selenium's own.
        return entries

    def asked_elsewhere(self) -> list[str]:
        """The addresses of other origins that were asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        urls = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith((self.origin, "data:", "about:", "chrome:"))]

    def barriers(self) -> list[str]:
        """What axe-core finds that keeps people out."""
        self.browser.execute_script(AXE)
        found: list[str] = self.browser.execute_async_script(RUN_AXE)
        return found

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        wide: int = self.browser.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide

    def screenshot(self) -> bytes:
        """The page as it looks, without a blinking cursor."""
        shot: bytes = self.browser.get_screenshot_as_png()
        return shot

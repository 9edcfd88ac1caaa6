"""Takes the picture of the README from a running service: `.venv/bin/python -m harness.screenshot`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from harness import ROOT
from harness.running import DEADLINE, running
from harness.tumor import store

PICTURE: Final = ROOT / "docs" / "images" / "form.png"
SIZE: Final = (1240, 1280)
EXAMPLE: Final = "button[name=example][value='2']"


def take(picture: Path) -> None:
    """Serve the default model, choose an example, and write what the browser shows then."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        artifacts = folder / "artifacts"
        store(artifacts)
        with running("serve_fastapi", folder, artifacts, workers=1) as server:
            picture.write_bytes(_shown(f"http://127.0.0.1:{server.port}/"))


def _shown(address: str) -> bytes:
    options = ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--no-proxy-server", "--hide-scrollbars"):
        options.add_argument(argument)
    browser = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        screen = {"width": SIZE[0], "height": SIZE[1], "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.get(address)
        browser.find_element(By.CSS_SELECTOR, EXAMPLE).click()
        drawn = expected_conditions.visibility_of_element_located((By.CSS_SELECTOR, "#what-if svg"))
        WebDriverWait(browser, DEADLINE).until(drawn)
        picture: bytes = browser.get_screenshot_as_png()
        return picture
    finally:
        browser.quit()


if __name__ == "__main__":
    take(PICTURE)

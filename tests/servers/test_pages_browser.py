"""The pages in a real browser, at both doors: what they look like, who can use them, and what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains

from harness.credentials import write_keys, write_signing_key
from harness.running import DOORS, Running, golden, running
from tests.hosts.nginx import NGINX, PREFIX, behind_a_prefix
from tests.servers.browsing import DRIVER, Reader, browsing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extended,
    pytest.mark.skipif(DRIVER is None, reason="chromedriver is not installed"),
]

PAGES: Final = ("", "card", "live")
LOOKS: Final = ((1200, "light"), (1200, "dark"), (360, "light"), (360, "dark"))
FOCUSED: Final = """
const it = document.activeElement, style = getComputedStyle(it);
return [it.textContent.trim() || it.id || it.getAttribute("aria-label"), style.outlineStyle + style.outlineWidth];
"""
STORED: Final = "return [localStorage.length, sessionStorage.length, document.cookie, location.href]"
SHOWS_RATES: Final = """
const shown = document.querySelector("#requests .number");
return shown !== null && shown.textContent !== "–";
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """One browser for all tests."""
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Iterator[dict[str, Running]]:
    """Both doors with two workers each, over a real model."""
    folders = {door: tmp_path_factory.mktemp(door) for door in DOORS}
    with (
        running(DOORS[0], folders[DOORS[0]], artifacts, workers=2) as first,
        running(DOORS[1], folders[DOORS[1]], artifacts, workers=2) as second,
    ):
        yield dict(zip(DOORS, (first, second), strict=True))


# A page of the other door looks alike; it is opened where there is time.
EITHER = [DOORS[0], *(pytest.param(door, marks=pytest.mark.extended) for door in DOORS[1:])]


@pytest.fixture(params=EITHER)
def server(request: pytest.FixtureRequest, servers: dict[str, Running]) -> Running:
    """Each door."""
    return servers[request.param]


@pytest.fixture
def reader(browser: Chrome, server: Running) -> Iterator[Reader]:
    """A person at each door."""
    made = reader_of(browser, server)
    made.look_at(1200, "light")
    yield made
    made.may_run_scripts(allowed=True)


def reader_of(browser: Chrome, server: Running) -> Reader:
    """A person at this server."""
    return Reader(browser, f"http://127.0.0.1:{server.port}")


@pytest.mark.parametrize("server", DOORS[:1], indirect=True)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_for_everybody(reader: Reader, page: str) -> None:
    """Light and dark, wide and narrow: no complaint, no request elsewhere, no barrier, no scrolling sideways."""
    for width, scheme in LOOKS:
        reader.look_at(width, scheme)
        reader.open(page)
        if page == "live":
            reader.until(SHOWS_RATES)
        assert reader.barriers() == []
        assert reader.overflow() <= 0, (width, scheme)
        assert reader.complaints() == []
        assert reader.asked_elsewhere() == []


@pytest.mark.parametrize("server", DOORS[:1], indirect=True)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_used_by_keyboard(reader: Reader, page: str) -> None:
    """The first key leads past the navigation; each stop is seen, and none holds the keyboard fast."""
    reader.open(page)
    press(reader, Keys.TAB)
    assert reader.browser.execute_script(FOCUSED)[0] == "Skip to the content"
    press(reader, Keys.ENTER)
    assert reader.browser.execute_script("return document.activeElement.id") == "content"
    reader.open(page)
    names = []
    for _ in range(5):
        press(reader, Keys.TAB)
        name, outline = reader.browser.execute_script(FOCUSED)
        names.append(name)
        assert outline == "solid3px"
    assert names == ["Skip to the content", "Try it", "Model", "Live", "API"]


def press(reader: Reader, key: str) -> None:
    """Press one key."""
    ActionChains(reader.browser).send_keys(key).perform()


def test_pages_work_without_scripts(reader: Reader) -> None:
    """The card is whole, with its figures; the page of what happens now says what it needs."""
    reader.may_run_scripts(allowed=False)
    reader.open("card")
    assert reader.find("h1").text == "Model card: tumor"
    assert reader.find("figure img").size["height"] > 100
    assert reader.find("#versions").text == "Versions"
    reader.open("live")
    assert "JavaScript" in reader.find("noscript p, main .note").text
    assert not reader.browser.find_element("css selector", "#live").is_displayed()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("page", ["", "card"])
def test_both_doors_look_alike(
    browser: Chrome, servers: dict[str, Running], page: str, width: int, scheme: str
) -> None:
    """To the pixel."""
    shots = []
    for server in servers.values():
        reader = reader_of(browser, server)
        reader.look_at(width, scheme, height=3000)
        reader.open(page)
        shots.append(reader.screenshot())
    assert shots[0] == shots[1]


def test_what_happens_is_seen_without_reloading(reader: Reader, server: Running, artifacts: Path) -> None:
    """Predictions, errors and latencies of all workers, from differences of counters; other numbers than they were."""
    reader.open("live")
    assert server.request("POST", "/predict", golden(artifacts)).status == 200
    before = int(reader.until(TOTAL, "200", 0))
    for _ in range(20):
        assert server.request("POST", "/predict", golden(artifacts)).status == 200
    assert server.request("POST", "/predict", b"{}").status == 422
    assert int(reader.until(TOTAL, "200", before + 20)) == before + 20
    assert int(reader.until(TOTAL, "422", 0)) > 0
    assert reader.find("#latency [data-of=median]").text.endswith("ms")
    assert reader.find("#versions tbody").text.startswith("tumor 1 serving")
    assert "invalid-input" in reader.find("#kinds tbody").text
    assert "now" in reader.browser.execute_script("return document.querySelector('#requests .trend').textContent")
    assert reader.complaints() == []


TOTAL: Final = """
const row = [...document.querySelectorAll("#by-status tbody tr")].find(row =>
    row.children[0].textContent === "predict" && row.children[2].textContent === arguments[0]);
const total = row ? Number(row.children[4].textContent) : 0;
return total > 0 && total >= arguments[1] ? total : null;
"""
HIDE: Final = """
Object.defineProperty(document, "hidden", {configurable: true, get: () => arguments[0] !== ""});
document.dispatchEvent(new Event("visibilitychange"));
"""
ASKED: Final = "return performance.getEntriesByName(new URL('metrics', location).href).length"


def test_a_hidden_page_asks_for_nothing(reader: Reader) -> None:
    """Nor does a paused one; it goes on as soon as it is seen."""
    reader.open("live")
    reader.until(f"{ASKED} > 0")
    for stop, go_on in (
        (lambda: reader.browser.execute_script(HIDE, "yes"), lambda: reader.browser.execute_script(HIDE, "")),
        (lambda: reader.find("#pause").click(), lambda: reader.find("#pause").click()),
    ):
        stop()
        reader.until("return new Promise(done => setTimeout(() => done(true), 500))")  # What was on its way arrives.
        asked = reader.browser.execute_script(ASKED)
        reader.until("return new Promise(done => setTimeout(() => done(true), 3000))")
        assert reader.browser.execute_script(ASKED) == asked
        go_on()
        reader.until(f"{ASKED} > arguments[0]", asked)


@pytest.mark.parametrize("door", EITHER)
def test_with_a_key(browser: Chrome, door: str, tmp_path: Path, artifacts: Path) -> None:
    """The page asks for it, keeps it in memory only, says what it lacks, and links go on with it."""
    made = write_keys(tmp_path / "keys.json", reader="read", all="read predict manage")
    with running(door, tmp_path, artifacts, auth="keys", keys=str(tmp_path / "keys.json")) as server:
        reader = reader_of(browser, server)
        reader.look_at(1200, "light")
        reader.open("card")
        assert "radius" not in browser.page_source
        assert reader.barriers() == []
        sign_in(reader, secret="wrong")
        reader.until(SAYS, "These credentials are not valid.")
        sign_in(reader, secret=made["reader"])
        assert reader.find("article h1").text == "Model card: tumor"
        reader.browser.find_element("link text", "Live").click()
        reader.until(SAYS, "These credentials lack the scope “manage”, which this page requires.")
        sign_in(reader, secret=made["all"])
        reader.until(SHOWS_RATES)
        reader.browser.find_element("link text", "Model").click()
        assert reader.find("article h1").text == "Model card: tumor"
        assert browser.execute_script(STORED) == [0, 0, "", f"{reader.origin}/card"]
        assert reader.asked_elsewhere() == []
        browser.back()
        reader.find("#requests .number")
        browser.refresh()
        reader.find("#secret")


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
@pytest.mark.parametrize("door", EITHER)
def test_as_a_client_below_a_prefix(browser: Chrome, door: str, tmp_path: Path, artifacts: Path) -> None:
    """With id and secret the page fetches its tokens itself, also below a prefix that a proxy strips."""
    made = write_keys(tmp_path / "keys.json", alice="read manage")
    files = {"keys": str(tmp_path / "keys.json"), "signing_key": str(write_signing_key(tmp_path))}
    with (
        running(door, tmp_path, artifacts, auth="oauth", **files) as server,
        behind_a_prefix(server.port, tmp_path / "nginx") as nginx,
    ):
        reader = Reader(browser, f"http://127.0.0.1:{nginx.server.port}{PREFIX}")
        reader.open("live")
        reader.find("#client").send_keys("alice")
        sign_in(reader, secret="wrong")
        reader.until(SAYS, "These credentials are not valid.")
        sign_in(reader, secret=made["alice"])
        reader.until(SHOWS_RATES)
        assert browser.execute_script(STORED) == [0, 0, "", f"{reader.origin}/live"]
        assert reader.asked_elsewhere() == []


SAYS: Final = "return document.querySelector('#sign-in-status')?.textContent === arguments[0]"


def sign_in(reader: Reader, secret: str) -> None:
    """Give a key or secret to the page that asks for it."""
    field = reader.find("#secret")
    field.clear()
    field.send_keys(secret, Keys.ENTER)

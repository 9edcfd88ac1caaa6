"""The form in a real browser, at both doors: fill, predict, mend errors, paste, send on, and ask what if."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from harness.running import DOORS, Running, golden, running
from tests.servers.browsing import DRIVER, Reader, browsing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extended,
    pytest.mark.skipif(DRIVER is None, reason="chromedriver is not installed"),
]

ANSWERED: Final = "return document.querySelector('#answer output')?.textContent"
EXPLORED: Final = "return document.querySelectorAll('#what-if svg path.line').length"
ERRORS: Final = "return document.querySelectorAll('#answer .findings li').length"
PASTE: Final = """
const data = new DataTransfer();
data.setData("text", arguments[0]);
const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
return !document.querySelector(".field input").dispatchEvent(event); // Handled, once the script is there.
"""
SET: Final = """
for (const [name, value] of Object.entries(arguments[0])) document.getElementsByName(name)[0].value = value;
"""
COUNT: Final = """
window.asked = [];
const before = window.fetch;
window.fetch = (path, options) => {
    window.asked.push(path);
    return before(path, options);
};
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """One browser for all tests."""
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module", params=DOORS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, artifacts: Path
) -> Iterator[Running]:
    """Each door, over a real model."""
    with running(request.param, tmp_path_factory.mktemp(request.param), artifacts, workers=1) as opened:
        yield opened


@pytest.fixture
def reader(browser: Chrome, server: Running) -> Iterator[Reader]:
    """A person with a new form."""
    made = Reader(browser, f"http://127.0.0.1:{server.port}")
    browser.get("about:blank")  # Else the next address may differ only behind its #.
    made.look_at(1200, "light")
    made.open("")
    yield made
    made.may_run_scripts(allowed=True)


@pytest.fixture
def instance(artifacts: Path) -> Any:
    """A row that the model was asked."""
    return json.loads(golden(artifacts))


def said(server: Running, instance: Any) -> str:
    """The label that the API gives."""
    answer = server.request("POST", "/predict", json.dumps(instance).encode())
    label: str = json.loads(answer.body)["label"]
    return label


def click(reader: Reader, selector: str) -> None:
    """Click an element that is in sight: the page scrolls smoothly, so a click could come before it is."""
    element = reader.find(selector)
    reader.browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
    element.click()


def enter(reader: Reader, pointer: str, value: str) -> None:
    """Type a value in place of what a field has."""
    field = reader.browser.find_element(By.NAME, pointer)
    field.clear()
    field.send_keys(value)


def fill(reader: Reader, instance: Any) -> None:
    """Type a whole instance."""
    values = {f"/{group}/{name}": str(value) for group, fields in instance.items() for name, value in fields.items()}
    reader.browser.execute_script(SET, values)
    enter(reader, "/mean/radius", values["/mean/radius"])


@pytest.mark.parametrize("scripts", [True, False])
def test_an_instance_that_is_typed_is_predicted(reader: Reader, server: Running, instance: Any, scripts: bool) -> None:
    """With and without JavaScript; what was typed stays."""
    reader.may_run_scripts(allowed=scripts)
    reader.open("")
    fill(reader, instance)
    click(reader, "#form button")
    assert reader.find("#answer output").text == said(server, instance)
    radius = reader.browser.find_element(By.NAME, "/mean/radius").get_attribute("value")
    assert radius == str(instance["mean"]["radius"])
    assert len(reader.browser.find_elements(By.CSS_SELECTOR, ".bars.signed tr")) == 11


@pytest.mark.parametrize("scripts", [True, False])
def test_an_error_is_mended_at_its_field(reader: Reader, instance: Any, scripts: bool) -> None:
    """The list leads to the field, which says what is wrong; once mended, the answer comes."""
    reader.may_run_scripts(allowed=scripts)
    reader.open("")
    fill(reader, instance)
    enter(reader, "/mean/area", "large")
    click(reader, "#form button")
    link = reader.find("#answer .findings a")
    field = reader.browser.find_element(By.NAME, "/mean/area")
    assert str(link.get_attribute("href")).endswith(f"#{field.get_attribute('id')}")
    assert field.get_attribute("aria-invalid") == "true"
    about = (field.get_attribute("aria-describedby") or "").split()[0]
    assert reader.browser.find_element(By.ID, about).text == "Must be a number."
    enter(reader, "/mean/area", str(instance["mean"]["area"]))
    click(reader, "#form button")
    assert reader.find("#answer output").text


@pytest.mark.parametrize("scripts", [True, False])
def test_an_example_is_one_click(reader: Reader, scripts: bool) -> None:
    """It fills in the form, and the answer is that of its class."""
    reader.may_run_scripts(allowed=scripts)
    reader.open("")
    click(reader, "button[name=example][value='1']")
    assert reader.find("#answer output").text == "malignant"


def test_json_that_is_pasted_fills_the_form(reader: Reader, server: Running, instance: Any) -> None:
    """Into any field."""
    reader.until(PASTE, json.dumps(instance))
    assert reader.until(ANSWERED) == said(server, instance)
    assert reader.browser.find_element(By.NAME, "/mean/area").get_attribute("value") == str(instance["mean"]["area"])


def test_the_address_holds_the_row(reader: Reader, server: Running, instance: Any) -> None:
    """Whoever opens it sees the same row and its answer."""
    reader.until(PASTE, json.dumps(instance))
    reader.until(EXPLORED)
    address = reader.browser.current_url
    reader.browser.get("about:blank")
    reader.browser.get(address)
    assert reader.until(ANSWERED) == said(server, instance)


def test_what_if_asks_once(reader: Reader, instance: Any) -> None:
    """One batch for the field that is chosen; the choice stays after the next prediction."""
    reader.until(PASTE, json.dumps(instance))
    reader.until(EXPLORED)
    reader.browser.execute_script(COUNT)
    choice = reader.find("#what-if-field")
    choice.send_keys("worst › texture")
    reader.until("return document.querySelector('#what-if svg')?.ariaLabel.includes('worst › texture')")
    asked = reader.browser.execute_script("return window.asked")
    assert asked == ["predict"] * len(asked)
    assert asked
    click(reader, "#form button")
    reader.until("return document.querySelector('#what-if-field')?.value === '/worst/texture'")


def test_the_answer_says_how_long_it_took(reader: Reader, instance: Any) -> None:
    """As the service measured it."""
    reader.until(PASTE, json.dumps(instance))
    assert reader.until("return /answered in [0-9.]+ ms/.test(document.querySelector('#took')?.textContent)")


def test_a_copy_needs_no_secure_context(reader: Reader, instance: Any) -> None:
    """Without TLS a page has no clipboard; what is copied can be pasted."""
    reader.until(PASTE, json.dumps(instance))
    reader.until(EXPLORED)
    reader.browser.execute_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    click(reader, "#request summary")
    click(reader, "#request > .tools:last-child button:nth-of-type(2)")
    reader.until("return document.querySelector('#request > .tools:last-child').textContent.includes('Copied')")
    field = reader.find("#json")  # Open since the row was pasted.
    field.clear()
    field.send_keys(Keys.CONTROL, "v")
    assert field.get_attribute("value") == reader.browser.current_url


def test_the_request_as_code(reader: Reader, instance: Any) -> None:
    """In each language, with the address of this service."""
    reader.until(PASTE, json.dumps(instance))
    click(reader, "#request summary")
    for place, mark in enumerate(("curl -s", "urlopen", "await fetch"), start=2):
        click(reader, f"#request .tools button:nth-of-type({place})")
        code = reader.find("#request-json").text
        assert mark in code
        assert f"{reader.origin}/predict" in code


def test_by_keyboard_alone(reader: Reader) -> None:
    """To an example, and from the answer on."""
    actions = ActionChains(reader.browser)
    for _ in range(20):
        actions.send_keys(Keys.TAB).perform()
        if reader.browser.switch_to.active_element.get_attribute("name") == "example":
            break
    ActionChains(reader.browser).send_keys(Keys.ENTER).perform()
    assert reader.until(ANSWERED)
    assert reader.browser.execute_script("return document.activeElement.id") == "answer-heading"


@pytest.mark.parametrize("server", DOORS[:1], indirect=True)  # The other one sends the same bytes.
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (360, "light"), (360, "dark")])
def test_answers_and_errors_are_for_everybody(reader: Reader, instance: Any, width: int, scheme: str) -> None:
    """No barrier, no scrolling sideways, no request to another origin."""
    reader.look_at(width, scheme)
    reader.until(PASTE, json.dumps(instance))
    reader.until(EXPLORED)
    assert reader.barriers() == []
    assert reader.overflow() <= 0
    assert reader.complaints() == []
    enter(reader, "/mean/area", "large")
    click(reader, "#form button")
    assert reader.until(ERRORS) == 1
    assert reader.barriers() == []
    assert reader.overflow() <= 0
    assert reader.asked_elsewhere() == []

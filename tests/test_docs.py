"""The documentation agrees with the program: examples are run, and every setting, path and code is documented."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors import Both, open_both
from twinserve.service.http.problem import KINDS
from twinserve.service.http.routes import ROUTES
from twinserve.service.service import Service
from twinserve.service.settings import Settings
from twinserve.signature.findings import EXPLANATIONS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text()
CONTRACT = (ROOT / "docs" / "contract.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
REQUEST = re.compile(
    r"curl -d (?:@(\S+)|'([^']+)') -H 'Content-Type: application/json' http://127\.0\.0\.1:800[01](/\S*)"
)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
DIFFERENCE = 1e-9
"""What another processor may make of a probability."""


@pytest.fixture
def tumor(artifacts: Path) -> Iterator[Both]:
    """Both doors over the default model."""
    with open_both(Service.open(Settings(artifacts=artifacts))) as doors:
        yield doors


def blocks(language: str) -> list[str]:
    """The README's code blocks of this language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def requests() -> list[tuple[str, bytes]]:
    """The README's requests: path and body."""
    matches = [match for block in blocks("sh") for match in REQUEST.findall(block)]
    return [(path, (ROOT / file).read_bytes() if file else text.encode()) for file, text, path in matches]


def test_the_readme_s_prediction_is_what_both_doors_answer(tumor: Both) -> None:
    shown = json.loads(blocks("json")[0])
    good = [body for path, body in requests() if path == "/predict"][:2]
    assert len(good) == 2
    for body in good:
        answer = tumor.predict(body).json()
        assert answer.pop("probabilities") == pytest.approx(shown["probabilities"], abs=DIFFERENCE)
        assert answer == {name: value for name, value in shown.items() if name != "probabilities"}


def test_the_readme_s_error_is_what_both_doors_answer(tumor: Both) -> None:
    """The error of the README equals the reply, except the request id and the errors that it leaves out."""
    shown = json.loads(blocks("json")[1])
    answer = tumor.predict(requests()[-1][1]).json()
    listed = [error for error in shown["errors"] if error != "..."]
    assert [error for error in answer["errors"] if error in listed] == listed
    assert {**answer, "errors": 0, "instance": 0} == {**shown, "errors": 0, "instance": 0}


def test_the_readme_s_commands_are_there() -> None:
    """The README's make targets, programs and modules exist."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert (
        set(re.findall(r"\bmake ([a-z-]+)\b", "".join(blocks("sh")) + "".join(re.findall("`[^`]+`", README))))
        <= targets
    )
    programs = re.findall(r"\.venv/bin/python (?:-m )?([\w./]+)", README)
    assert programs
    for program in programs:
        path = ROOT / (program if program.endswith(".py") else program.replace(".", "/"))
        assert path.exists() or path.with_suffix(".py").exists(), program


def test_every_setting_stands_on_its_page_with_its_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert re.search(rf"^\| `{name.upper()}` \|.*\| {re.escape(field.description or '?')}", OPERATIONS, re.M), name


def test_every_path_stands_in_the_contract() -> None:
    for route in ROUTES:
        assert f"`{route.path}`" in CONTRACT or f" {route.path}`" in CONTRACT, route.path


def test_every_kind_of_problem_and_every_code_stands_in_the_contract() -> None:
    named = set(re.findall(r"`([a-z-]+)`", CONTRACT))
    assert named >= set(KINDS)
    assert named >= {code for code, _ in EXPLANATIONS.values()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for place in LINK.findall(page.read_text()):
        assert (page.parent / place).exists(), place


def test_the_readme_is_short() -> None:
    """The README has fewer than 110 lines."""
    assert len(README.splitlines()) < 110

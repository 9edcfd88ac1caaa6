"""The table names every scenario, and what it says of the suite is there."""

from __future__ import annotations

import importlib
import pkgutil

from faults import report, scenes
from faults.catalog import ELSEWHERE, SCENARIOS, soak
from faults.results import Results, name_of
from faults.scenario import Scenario
from harness import ROOT


def test_every_scenario_is_in_the_catalog_under_a_name_of_its_own() -> None:
    """One that is written and forgotten would never be played."""
    modules = [
        importlib.import_module(f"faults.scenes.{found.name}") for found in pkgutil.iter_modules(scenes.__path__)
    ]
    written = {name_of(item) for module in modules for item in vars(module).values() if isinstance(item, Scenario)}
    named = [name_of(item) for item in SCENARIOS]
    assert sorted(named) == sorted(written)


def test_the_page_is_what_the_program_writes() -> None:
    """From the results beside it; nobody wrote into it by hand, and every scenario has its row."""
    found = Results.read(ROOT / "faults" / "results.json")
    page = (ROOT / "docs" / "reliability.md").read_text()
    assert page == report.render([*SCENARIOS, *soak(found.requests)], ELSEWHERE, found)
    assert all(item.promise in page for item in SCENARIOS)


def test_the_tests_that_it_names_are_there() -> None:
    """A renamed file must not leave an empty promise."""
    assert [path for item in ELSEWHERE for path in item.tests if not (ROOT / path).exists()] == []

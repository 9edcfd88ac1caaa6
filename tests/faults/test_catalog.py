"""The catalog has every scenario, and the tests that it names exist."""

from __future__ import annotations

import importlib
import pkgutil

from faults import report, scenes
from faults.catalog import ELSEWHERE, SCENARIOS, soak
from faults.results import Results, name_of
from faults.scenario import Scenario
from harness import ROOT


def test_every_scenario_is_in_the_catalog_under_a_name_of_its_own() -> None:
    """A scenario that is missing in the catalog would never run."""
    modules = [
        importlib.import_module(f"faults.scenes.{found.name}") for found in pkgutil.iter_modules(scenes.__path__)
    ]
    written = {name_of(item) for module in modules for item in vars(module).values() if isinstance(item, Scenario)}
    named = [name_of(item) for item in SCENARIOS]
    assert sorted(named) == sorted(written)


def test_the_page_is_what_the_program_writes() -> None:
    """docs/reliability.md is generated from results.json, and has a row for every scenario."""
    measured = Results.read(ROOT / "faults" / "results.json")
    page = (ROOT / "docs" / "reliability.md").read_text()
    assert page == report.render([*SCENARIOS, *soak(measured.requests)], ELSEWHERE, measured)
    assert all(item.promise in page for item in SCENARIOS)


def test_the_tests_that_it_names_are_there() -> None:
    """All tests that a row of the page refers to exist."""
    assert [path for item in ELSEWHERE for path in item.tests if not (ROOT / path).exists()] == []

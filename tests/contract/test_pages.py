"""Pages where credentials are required: who is asked for some, who gets the page, and what a stranger sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.credentials import bearer, write_keys
from tests.contract.conftest import OpenDoors
from tests.doors import Both
from twinserve.service.pages import assets
from twinserve.service.service import Service
from twinserve.service.telemetry.metrics import Metrics
from twinserve.testing.contract.pages import BROWSER, text_of
from twinserve.testing.contract.pages import PAGES as ROUTES
from twinserve.testing.contract.suite import example_path
from twinserve.testing.fakes import service_of, settings_of, signature

NEEDS = {"/": "read", "/card": "read", "/live": "manage", "/models/tumor/card": "read"}


PAGES = [example_path(route) for route in ROUTES]


@pytest.fixture
def keyed(tmp_path: Path) -> tuple[Service, dict[str, str]]:
    """A service with keys."""
    made = write_keys(tmp_path / "keys.json", reader="read", manager="manage", predictor="predict")
    return service_of(auth="keys", keys=tmp_path / "keys.json"), made


def test_a_browser_without_credentials_is_asked_for_some(open_doors: OpenDoors, keyed: tuple[Service, object]) -> None:
    """With 200 and a page that shows nothing of the model: neither its fields nor its name, version or card."""
    both = open_doors(keyed[0])
    assert {*NEEDS} == {*PAGES}
    for path in PAGES:
        answer = both.send("GET", path, headers=BROWSER)
        text = text_of(answer)
        assert answer.status == 200
        assert 'id="sign-in"' in text
        hidden = ["cars", "version 7", "keep", *(part for field in signature().features for part in field.path)]
        assert [word for word in hidden if f">{word}" in text or f'"{word}"' in text] == []


def test_a_program_without_credentials_is_refused(open_doors: OpenDoors, keyed: tuple[Service, object]) -> None:
    """Whoever does not prefer a page gets 401, but for the index."""
    both = open_doors(keyed[0])
    for path in PAGES:
        for accept in ("*/*", "application/json", "text/markdown"):
            assert both.send("GET", path, headers={"Accept": accept}).status == (200 if path == "/" else 401)


def test_with_credentials_a_browser_gets_the_page(open_doors: OpenDoors, keyed: tuple[Service, dict[str, str]]) -> None:
    """With the scope of each page; another scope is 403 and names it, a wrong key 401."""
    service, made = keyed
    both = open_doors(service)
    for path, scope in NEEDS.items():
        for name, held in (("reader", "read"), ("manager", "manage"), ("predictor", "predict")):
            for headers in ({"X-API-Key": made[name]}, bearer(made[name])):
                answer = both.send("GET", path, headers={**BROWSER, **headers})
                assert answer.status == (200 if held == scope else 403)
                if held == scope:
                    assert 'id="sign-in"' not in text_of(answer)
                else:
                    assert f'scope="{scope}"' in answer.headers["WWW-Authenticate"]
        assert both.send("GET", path, headers={**BROWSER, **bearer("wrong")}).status == 401


def test_a_page_that_asks_counts_against_the_rate(open_doors: OpenDoors, tmp_path: Path) -> None:
    """Else it would be a way around it."""
    write_keys(tmp_path / "keys.json", alice="read")
    both = open_doors(service_of(auth="keys", keys=tmp_path / "keys.json", rate=0.001, burst=2))
    assert [both.doors[0].send("GET", "/card", headers=BROWSER).status for _ in range(3)] == [200, 200, 429]


def test_without_a_model_a_person_gets_a_page_and_a_program_a_problem(open_doors: OpenDoors) -> None:
    """Both 503 with when to try again; the index needs no model, and errors are counted by kind in either case."""
    service = Service(settings_of(), Metrics(), None)
    both = open_doors(service)
    for path in PAGES:
        answer = both.send("GET", path, headers=BROWSER)
        assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
        assert answer.headers["Retry-After"] == "1"
        assert "No model is loaded." in text_of(answer)
        program = both.send("GET", path)
        assert (program.status, program.headers["Content-Type"]) == (
            (200, "application/json") if path == "/" else (503, "application/problem+json")
        )
    counted = f'twinserve_problems_total{{kind="unavailable"}} {7 * len(both.doors)}.0'
    assert counted.encode() in service.metrics.render()


@pytest.mark.parametrize(("public", "linked"), [("", False), ("metrics", False), ("docs", True)])
def test_where_credentials_are_required_the_documentation_is_linked_only_if_it_is_public(
    open_doors: OpenDoors, tmp_path: Path, public: str, linked: bool
) -> None:
    """A browser that follows a link there sends no credentials."""
    key = write_keys(tmp_path / "keys.json", alice="read")["alice"]
    both = open_doors(service_of(auth="keys", keys=tmp_path / "keys.json", public=public))
    for headers in (BROWSER, {**BROWSER, "X-API-Key": key}):
        assert ('href="docs"' in text_of(both.send("GET", "/card", headers=headers))) == linked


def test_the_documentation_links_the_pages_that_there_are(open_doors: OpenDoors) -> None:
    """By relative addresses, as every page links every other."""
    for pages in (True, False):
        text = text_of(open_doors(service_of(pages=pages)).send("GET", "/docs"))
        assert [f'<a href="{target}">' in text for target in ("./", "card", "live")] == [pages] * 3


def test_all_pages_and_their_files_are_small(both: Both) -> None:
    """Under 300 kB as they are sent, all of them together, without the figures of a model."""
    paths = [*PAGES, *(f"/assets/{name}" for name in assets())]
    headers = {**BROWSER, "Accept-Encoding": "gzip"}
    sizes = [int(both.send("HEAD", path, headers=headers).headers["Content-Length"]) for path in paths]
    assert min(sizes) > 0
    assert sum(sizes) < 300_000

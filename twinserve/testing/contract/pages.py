"""The pages for people: who gets them, their headers, and what they load."""

from __future__ import annotations

import gzip
from typing import Final
from urllib.parse import urljoin

import pytest

from twinserve.service.http.routes import ROUTES, Route
from twinserve.service.pages.frame import root_of
from twinserve.testing.answer import Answer
from twinserve.testing.client import Client, Serve
from twinserve.testing.contract.documents import Assets
from twinserve.testing.contract.suite import OpenedSuite, Suite, example_path
from twinserve.testing.fakes import service_of

BROWSER: Final = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PAGES: Final = tuple(route for route in ROUTES if route.page is not None)
HTML: Final = "text/html; charset=utf-8"
each_page = pytest.mark.parametrize("route", PAGES, ids=lambda route: route.path)


class PagesContract(Suite):
    """The pages of any model."""

    @each_page
    def test_a_page_allows_nothing_but_its_own_files(self, served: Client, model: str, route: Route) -> None:
        """The policy forbids other origins, and scripts and styles within the page, of which there are none."""
        answer = served.send("GET", example_path(route, model), headers=BROWSER)
        assert (answer.status, answer.headers["Content-Type"]) == (200, HTML)
        assert answer.headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        text = text_of(answer)
        assert "<style" not in text
        assert ' style="' not in text  # The figures of a card, which are images, have styles of their own.
        assert text.count("<script") == text.count(f'<script type="module" src="{root_of(route)}assets/')

    @each_page
    def test_a_page_loads_its_own_assets_by_relative_addresses(self, served: Client, model: str, route: Route) -> None:
        """So a page works under any prefix; each of its assets is there."""
        page = Assets()
        page.feed(text_of(served.send("GET", example_path(route, model), headers=BROWSER)))
        addresses = [address for address in page.addresses if not address.startswith(("data:", "#"))]
        assert {f"{root_of(route)}{target}" for target in ("./", "card", "live", "docs")} <= {*addresses}
        for address in addresses:
            assert served.send("GET", urljoin(example_path(route, model), address)).status == 200, address

    @each_page
    def test_a_page_is_sent_compressed_and_only_once(self, served: Client, model: str, route: Route) -> None:
        """With gzip where the caller takes it, and 304 for one that has it already."""
        small = served.send("GET", example_path(route, model), headers={**BROWSER, "Accept-Encoding": "gzip"})
        assert small.headers["Content-Encoding"] == "gzip"
        assert small.headers["Vary"] == "Accept, Accept-Encoding"
        known = {**BROWSER, "Accept-Encoding": "gzip", "If-None-Match": small.headers["ETag"]}
        assert served.send("GET", example_path(route, model), headers=known).status == 304

    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            (BROWSER["Accept"], HTML),
            ("text/html", HTML),
            ("text/html;q=0.5, application/json;q=0.4", HTML),
            ("text/html;q=0.4, application/json;q=0.5", "application/json"),
            ("text/html, application/json", "application/json"),
            ("*/*", "application/json"),
            ("application/json", "application/json"),
            ("image/png", "application/json"),
            ("", "application/json"),
            (None, "application/json"),
        ],
    )
    def test_the_root_is_a_page_for_people_and_the_index_for_programs(
        self, served: Client, accept: str | None, expected: str
    ) -> None:
        """By the q-values of Accept; a caller that takes anything is a program."""
        answer = served.send("GET", "/", headers={} if accept is None else {"Accept": accept})
        assert (answer.status, answer.headers["Content-Type"]) == (200, expected)
        assert "Accept" in answer.headers["Vary"].split(", ")

    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            (BROWSER["Accept"], HTML),
            ("*/*", HTML),
            ("text/markdown", "text/markdown; charset=utf-8"),
            ("text/markdown, text/html;q=0.9", "text/markdown; charset=utf-8"),
            ("text/markdown;q=0.1, text/html;q=0.9", HTML),
        ],
    )
    def test_the_card_is_a_page_or_markdown(self, served: Client, accept: str, expected: str) -> None:
        """Markdown only for callers that prefer it."""
        answer = served.send("GET", "/card", headers={"Accept": accept})
        assert (answer.status, answer.headers["Content-Type"]) == (200, expected)

    @pytest.mark.parametrize("name", ["nothing.css", "base.html", "texts.json", "..css", "page.css.gz", "PAGE.CSS"])
    def test_only_packaged_files_are_assets(self, served: Client, name: str) -> None:
        """Anything else below `/assets/` is 404."""
        assert served.send("GET", f"/assets/{name}").status == 404


class PagesSettingContract(OpenedSuite):
    """Services that have no pages."""

    def test_without_pages_the_root_is_the_index_for_all(self, serve: Serve) -> None:
        """With `pages=False` a browser gets the index, too; the other paths of pages are not there."""
        served = serve(service_of(pages=False))
        for headers in ({}, BROWSER):
            answer = served.send("GET", "/", headers=headers)
            assert answer.headers["Content-Type"] == "application/json"
            assert "Vary" not in answer.headers
        listed = {entry["path"] for entry in served.send("GET", "/").json()["paths"]}
        assert "schema" in listed
        assert listed & {"card", "live", "assets/{name}"} == set()
        assert served.send("POST", "/").status == 405
        for path in ("/card", "/live", "/assets/page.css"):
            assert served.send("GET", path, headers=BROWSER).status == 404


def text_of(answer: Answer) -> str:
    """The text of a page, which a client library may have unpacked."""
    is_zipped = answer.body.startswith(b"\x1f\x8b")
    return (gzip.decompress(answer.body) if is_zipped else answer.body).decode()

"""The reply of each page."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from twinserve.service.http.accept import HTML, MARKDOWN, preferred
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import Route
from twinserve.service.pages.frame import Frame, Shown, kept
from twinserve.service.pages.outcome import NOT_ASKED, Outcome
from twinserve.service.pages.posted import NOTHING, Posted
from twinserve.service.pages.rendering import HEADERS, render
from twinserve.service.pages.rendering import HTML as HTML_TYPE
from twinserve.service.settings import Settings
from twinserve.store.artifact import CARD

MARKDOWN_TYPE: Final = "text/markdown; charset=utf-8"

Make = Callable[[Settings, tuple[Route, ...], Shown, HeaderLookup], Reply]


def index(settings: Settings, _routes: tuple[Route, ...], version: Shown, header: HeaderLookup) -> Reply:
    """`GET /` for people."""
    return kept(
        "index.html",
        Frame.of("index", settings, version),
        version.form,
        form=version.form,
        posted=NOTHING,
        outcome=NOT_ASKED,
    ).reply(header)


def answered(settings: Settings, version: Shown, posted: Posted, outcome: Outcome) -> Reply:
    """`POST /`: the form with what was entered, and with the answer or the errors."""
    frame = Frame.of("index", settings, version)
    body = render("index.html", frame=frame, form=version.form, posted=posted, outcome=outcome)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if outcome.answer is None else HTTPStatus.OK
    return Reply(status, body, HTML_TYPE, HEADERS)


def card(settings: Settings, _routes: tuple[Route, ...], version: Shown, header: HeaderLookup) -> Reply:
    """`GET /card`."""
    if preferred(header("accept"), (HTML, MARKDOWN)) == MARKDOWN:
        return Reply(HTTPStatus.OK, version.card.get(CARD, b""), MARKDOWN_TYPE, (("Vary", "Accept"),))
    return kept("card.html", Frame.of("card", settings, version), body="").reply(header)


def live(settings: Settings, _routes: tuple[Route, ...], version: Shown, header: HeaderLookup) -> Reply:
    """`GET /live`."""
    return kept("live.html", Frame.of("live", settings, version)).reply(header)

"""The reply of each page."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from twinserve.service.http.accept import HTML, MARKDOWN, preferred
from twinserve.service.http.cacheable import CacheableDocument
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import Route
from twinserve.service.pages.frame import Frame, Shown, kept, root_of
from twinserve.service.pages.history import History, history
from twinserve.service.pages.model_card import LONGEST, card_html
from twinserve.service.pages.outcome import NOT_ASKED, Outcome
from twinserve.service.pages.posted import NOTHING, Posted
from twinserve.service.pages.rendering import HEADERS, VARY, document, render
from twinserve.service.pages.rendering import HTML as HTML_TYPE
from twinserve.service.pages.texts import texts
from twinserve.service.settings import Settings
from twinserve.store.artifact import CARD

MARKDOWN_TYPE: Final = "text/markdown; charset=utf-8"

Make = Callable[[Settings, Route, Shown, HeaderLookup], Reply]


def index(settings: Settings, _route: Route, version: Shown, header: HeaderLookup) -> Reply:
    """`GET /` for people."""
    return kept(
        "index.html",
        Frame.of("index", settings, version),
        version,
        form=version.form,
        posted=NOTHING,
        outcome=NOT_ASKED,
    ).reply(header)


def answer_page(settings: Settings, version: Shown, posted: Posted, outcome: Outcome) -> Reply:
    """`POST /`: the form with what was entered, and with the answer or the errors."""
    frame = Frame.of("index", settings, version)
    body = render("index.html", frame=frame, form=version.form, posted=posted, outcome=outcome)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if outcome.answer is None else HTTPStatus.OK
    return Reply(status, body, HTML_TYPE, HEADERS)


def card(settings: Settings, route: Route, version: Shown, header: HeaderLookup) -> Reply:
    """`GET /card`."""
    if preferred(header("accept"), (HTML, MARKDOWN)) == MARKDOWN:
        missing = f"# {texts()['card']['heading'].format(model=version.model)}\n\n{texts()['card']['none']}\n"
        return Reply(HTTPStatus.OK, version.card.get(CARD, missing.encode()), MARKDOWN_TYPE, (("Vary", "Accept"),))
    frame, past = Frame.of("card", settings, version, root_of(route)), history(settings, version.model)
    known = (past.champion, *((step.version, step.facts.own_digest) for step in past.versions))
    return version.pages.get((frame, known), lambda: _card(frame, version, past)).reply(header)


def _card(frame: Frame, version: Shown, past: History) -> CacheableDocument:
    markdown = version.card.get(CARD)
    shown = None if markdown is None or len(markdown) > LONGEST else card_html(markdown, version.card)
    return document("card.html", frame=frame, body=shown, is_missing=markdown is None, history=past)


def live(settings: Settings, _route: Route, version: Shown, header: HeaderLookup) -> Reply:
    """`GET /live`."""
    return kept("live.html", Frame.of("live", settings, version), version).reply(header)


def unavailable(page: str, settings: Settings, problem: Problem, root: str = "") -> Reply:
    """A page in the place of one of this name, as long as no model is loaded."""
    body = render("unavailable.html", frame=Frame.of(page, settings, None, root), detail=problem.detail)
    return Reply(problem.status, body, HTML_TYPE, (*HEADERS, ("Vary", VARY), *problem.headers))

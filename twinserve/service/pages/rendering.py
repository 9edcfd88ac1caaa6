"""Templates rendered as documents: one environment for all pages, loaded with the first of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twinserve.service.http.cacheable import CacheableDocument
from twinserve.service.pages.drawing import number
from twinserve.service.pages.texts import texts

if TYPE_CHECKING:
    from jinja2 import Environment

HTML: Final = "text/html; charset=utf-8"
TEMPLATES: Final = Path(__file__).with_name("templates")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (("Content-Security-Policy", POLICY), ("Referrer-Policy", "no-referrer"))
"""Of every page, beside those of every reply."""
VARY: Final = "Accept, Accept-Encoding"
MOST: Final = 8
"""Pages that are kept of a version; each is some ten kilobytes."""


@cache
def environment() -> Environment:
    """The templates. Imported here, as a service that is asked for JSON alone needs none."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["texts"] = texts()
    made.filters["number"] = number
    return made


def render(template: str, **context: Any) -> bytes:
    """The HTML of a template."""
    return environment().get_template(template).render(**context).encode()


def document(template: str, **context: Any) -> CacheableDocument:
    """A page, with the headers of every page."""
    return CacheableDocument(render(template, **context), HTML, HEADERS, VARY)


class KeptPages:
    """The pages that were asked for last, each by all that it depends on. Safe to share between threads."""

    def __init__(self, most: int = MOST) -> None:
        self._pages: OrderedDict[Hashable, CacheableDocument] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def get(self, key: Hashable, make: Callable[[], CacheableDocument]) -> CacheableDocument:
        """The page of this key, made unless it is kept."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
                return page
        page = make()
        with self._lock:
            self._pages[key] = page
            while len(self._pages) > self._most:
                self._pages.popitem(last=False)
        return page


SHELLS: Final = KeptPages()
"""The pages that ask for credentials; they depend on no model."""

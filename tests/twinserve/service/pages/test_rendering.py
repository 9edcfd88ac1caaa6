"""Templates and texts: what is loaded when, and that every text is used and is there."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial

from harness import ROOT
from twinserve.service.http.cacheable import CacheableDocument
from twinserve.service.pages.rendering import TEMPLATES, KeptPages
from twinserve.service.pages.static_files import STATIC
from twinserve.service.pages.texts import texts

JSON_ONLY = """
import sys
from twinserve.testing.fakes import service_of
from twinserve.service.protocols.dialect import NOTHING
from twinserve.service.protocols.reads import READS
service = service_of()
for name in ("index", "schema", "model", "openapi"):
    READS[name](service, NOTHING)
print({"jinja2", "markdown_it"} & {*sys.modules})
"""


def test_answers_in_json_load_no_templates() -> None:
    """A service that is asked by programs alone pays nothing for pages."""
    command = [sys.executable, "-c", JSON_ONLY]
    assert subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout == "set()\n"


def test_every_text_is_used() -> None:
    """A text that nothing shows would be translated in vain."""
    files = [*TEMPLATES.iterdir(), *STATIC.glob("*.js"), *STATIC.parent.glob("*.py")]
    used = " ".join(path.read_text() for path in files)
    unused = {
        f"{page}.{name}"
        for page, of_page in texts().items()
        for name in of_page
        if not re.search(rf"\b{name.removesuffix('_unit')}\b", used)
    }
    assert unused == set()


def test_the_pages_asked_for_last_are_kept() -> None:
    """Each is made once; beyond the limit the one that was not asked for longest goes."""
    made: list[str] = []
    kept = KeptPages(2)

    def page(name: str) -> CacheableDocument:
        made.append(name)
        return CacheableDocument(name.encode(), "text/html")

    for name in ("a", "b", "a", "c", "a", "b"):
        kept.get(name, partial(page, name))
    assert made == ["a", "b", "c", "b"]

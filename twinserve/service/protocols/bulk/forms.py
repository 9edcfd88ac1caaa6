"""In which form a prediction request comes and is answered, by its Content-Type and Accept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from twinserve.bulk.forms import MEDIA_TYPES, READ, Answer, Form, has_pyarrow
from twinserve.service.http.accept import LONGEST, named, preferred
from twinserve.service.http.body import is_json, is_utf8, not_among, require_plain
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import Problem
from twinserve.service.http.query import invalid_parameters
from twinserve.service.http.reply import JSON
from twinserve.service.http.unpacking import unpacker
from twinserve.service.settings import Settings

TYPES: Final = ", ".join([JSON, *READ][:-1]) + f" or {[*READ][-1]}"
ANSWERS: Final[Mapping[str, Answer]] = {MEDIA_TYPES[form].partition(";")[0]: form for form in MEDIA_TYPES}
WITHOUT_HEADER: Final = re.compile(r';[ \t]*header="?absent', re.IGNORECASE)
PYARROW: Final = frozenset({"arrow", "parquet"})


class Forms(NamedTuple):
    """The forms of a request that is not an ordinary one in JSON."""

    reads: Form | Literal["json"] | None
    """None: in no form that is read; `admit` refuses it."""
    writes: Answer


def forms_of(header: HeaderLookup) -> Forms | None:
    """The forms of a request with these headers; None for an ordinary one, in JSON and answered in JSON."""
    return _forms(header("content-type"), header("accept"))


@lru_cache(maxsize=256)
def _forms(content_type: str | None, accept: str | None) -> Forms | None:
    """Cached: ordinary requests are asked this, too, and then it takes 0.2 us."""
    accept = accept and accept[:LONGEST]
    if content_type is not None and is_json(content_type):
        writes = ANSWERS[named(accept, [*filter(_can_write, READ)], JSON)]
        return None if writes == "json" else Forms("json", writes)
    media_type = (content_type or "").partition(";")[0].strip(" \t").lower()
    form = READ.get(media_type)
    if form is None:
        return Forms(None, "json")
    offered = (media_type, *(other for other in ANSWERS if other != media_type and _can_write(other)))
    return Forms(form, ANSWERS[preferred(accept, offered)])


def limit_of(header: HeaderLookup, settings: Settings) -> int:
    """Bytes that the body of such a request may have, unpacked."""
    forms = forms_of(header)
    return settings.max_body if forms is None or forms.reads == "json" else settings.max_bulk


def require_fit(query: Mapping[str, Any], header: HeaderLookup) -> None:
    """Raise `Problem` (400) if columns should come back of JSON."""
    if "pass" not in query:
        return
    forms = forms_of(header)
    if forms is None or forms.reads == "json":
        detail = "Only for NDJSON, CSV, Arrow and Parquet: in JSON answers stand in the order of the instances."
        raise invalid_parameters([{"parameter": "pass", "code": "bound", "detail": detail}])


def _can_write(media_type: str) -> bool:
    return ANSWERS[media_type] not in PYARROW or has_pyarrow()


def admit(header: HeaderLookup) -> None:
    """Raise `Problem` (415) unless the body is in a form that is read here, in UTF-8 and in a known encoding."""
    forms, content_type = forms_of(header), header("content-type")
    if forms is None or forms.reads is None or content_type is None:
        raise not_among(TYPES, content_type)
    if forms.reads == "json":
        require_plain(header("content-encoding"))
        return
    if not is_utf8(content_type):
        raise Problem("unsupported-media-type", "The body must be in UTF-8; another charset was sent.")
    if forms.reads == "csv" and WITHOUT_HEADER.search(content_type):
        raise Problem("unsupported-media-type", "CSV must begin with a header, the names of the columns.")
    if forms.reads in PYARROW and not has_pyarrow():
        detail = f"{content_type.partition(';')[0].strip()} needs pyarrow on this server: pip install pyarrow."
        raise Problem("unsupported-media-type", detail)
    unpacker(header("content-encoding"))

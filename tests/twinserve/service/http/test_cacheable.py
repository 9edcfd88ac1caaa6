"""Which conditions a cacheable document answers with 304."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from twinserve.service.http.cacheable import CacheableDocument, matches

PAGE = CacheableDocument(b"<p>1</p>", "text/html", (("X-Own", "1"),))


def asked(headers: Mapping[str, str]) -> tuple[int, str]:
    """Status and coding of the answer to a request with these headers, of which `{tag}` is the page's own tag."""
    tag = dict(PAGE.reply(lambda _: None).fixed)["ETag"].strip('"')
    reply = PAGE.reply({name: value.replace("{tag}", tag) for name, value in headers.items()}.get)
    return int(reply.status), dict(reply.fixed).get("Content-Encoding", "")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('"{tag}"', 304),
        ('W/"{tag}"', 304),
        ('"other", "{tag}"', 304),
        ("*", 304),
        ('"{tag}-gzip"', 200),
        ("{tag}", 200),
        ('"other"', 200),
        ("", 200),
    ],
)
def test_a_condition_names_what_the_caller_has(condition: str, expected: int) -> None:
    assert asked({"if-none-match": condition}) == (expected, "")


def test_each_coding_has_a_tag_of_its_own() -> None:
    """A cache must not answer with the bytes of another coding."""
    zipped = {"accept-encoding": "gzip"}
    assert asked(zipped) == (200, "gzip")
    assert asked(zipped | {"if-none-match": '"{tag}"'}) == (200, "gzip")
    assert asked(zipped | {"if-none-match": '"{tag}-gzip"'}) == (304, "")


def test_no_condition_names_nothing() -> None:
    assert not matches(None, '"a"')


def test_every_answer_has_the_documents_own_headers() -> None:
    for condition in (None, "*"):
        assert dict(PAGE.reply({"if-none-match": condition}.get).fixed)["X-Own"] == "1"

"""Valid and invalid heads of requests; valid ones are also given to the parsers of the servers."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import Any

import httptools
import pytest
from gunicorn.config import Config
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from twinserve.service.http.head import HUGE, METHODS, Head, read_head
from twinserve.service.http.problem import Problem

LINE = "POST /predict HTTP/1.1"
HOST = "Host: h"


def head(*lines: str) -> bytes:
    """The bytes of a head."""
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


def read(data: bytes) -> Head:
    """The head of these bytes, which must be read to the last one."""
    parsed = read_head(data)
    assert parsed is not None
    assert parsed[1] == len(data)
    return parsed[0]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), (0, False, False)),
        (("Content-Length: 12",), (12, False, False)),
        (("content-LENGTH:\t0012 ",), (12, False, False)),
        (("Content-Length: 0",), (0, False, False)),
        ((f"Content-Length: {'9' * 5000}",), (HUGE, False, False)),
        (("Transfer-Encoding: Chunked",), (0, True, False)),
        (("Expect: 100-Continue", "Content-Length: 2"), (2, False, True)),
        (("Expect: 100-Continue", "Transfer-Encoding: chunked"), (0, True, True)),
        (("Expect: 100-Continue", "Content-Length: 0"), (0, False, False)),
        (("Expect: 100-Continue",), (0, False, False)),
        (("Upgrade: h2c", "Upgrade: websocket", "Content-Length: 2"), (2, False, False)),
    ],
)
def test_of_a_head_the_framing_is_read(lines: tuple[str, ...], expected: tuple[int, bool, bool]) -> None:
    """A head has the length of the body, whether it is chunked, and whether the client expects 100."""
    parsed = read(head(LINE, HOST, *lines))
    assert (parsed.length, parsed.is_chunked, parsed.awaits) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /a?b=c HTTP/1.1", "GET /a?b=c HTTP/1.1"),
        ("GET http://h:1/a?b HTTP/1.0", "GET /a?b HTTP/1.0"),
        ("GET HTTPS://[::1] HTTP/1.1", "GET / HTTP/1.1"),
        ("GET http://h?b HTTP/1.1", "GET /?b HTTP/1.1"),
        ("OPTIONS * HTTP/1.1", "OPTIONS / HTTP/1.1"),
        ("FOO-BAR /a HTTP/1.1", "FOO-BAR /a HTTP/1.1"),
    ],
)
def test_every_target_becomes_a_path(line: str, expected: str) -> None:
    """All forms of the target become a path, because the servers' parsers read them differently."""
    assert read(head(line, HOST)).content == head(expected, HOST)


def test_what_is_answered_or_ignored_before_is_taken_out() -> None:
    """Headers that were handled already are removed, so that the servers' parsers do not handle them again."""
    parsed = read(head(LINE, "Expect: 100-continue", HOST, "Upgrade: h2c", "X: y"))
    assert parsed.content == head(LINE, HOST, "X: y")


def test_an_older_client_expects_nothing() -> None:
    """HTTP/1.0 has no expectations and needs no Host (RFC 9110 section 10.1.1)."""
    parsed = read(head("POST / HTTP/1.0", "Expect: 100-continue"))
    assert not parsed.awaits


@pytest.mark.parametrize("data", [b"", b"GET", head(LINE, HOST)[:-1], head(LINE)[:-2]])
def test_a_head_without_an_end_is_none_yet(data: bytes) -> None:
    """An incomplete head is neither read nor refused."""
    assert read_head(data) is None


BAD = {
    "a small method": ("get / HTTP/1.1", HOST),
    "a short method": ("GO / HTTP/1.1", HOST),
    "a tunnel": ("CONNECT h:443 HTTP/1.1", HOST),
    "a coding": (LINE, HOST, "Transfer-Encoding: gzip, chunked"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_http_and_not_ours_is_501(name: str) -> None:
    """An unsupported method or transfer coding is 501."""
    with pytest.raises(Problem) as refused:
        read_head(head(*BAD[name]))
    assert (refused.value.kind, refused.value.status) == ("not-implemented", 501)


@pytest.mark.parametrize(
    ("host", "is_taken"),
    [
        ("h", True),
        ("", True),
        ("a.example.", True),
        ("a_b.example:8000", True),
        ("[::1]:80", True),
        ("a" * 63, True),
        (".", False),
        ("a..b", False),
        (".a", False),
        ("a" * 64, False),
        (f"{'a' * 64}.example:80", False),
    ],
)
def test_a_host_is_a_name_that_every_framework_takes(host: str, is_taken: bool) -> None:
    """Flask answers any other name with a page of its own."""
    taken = nullcontext() if is_taken else pytest.raises(Problem, match="a name or an address")
    with taken:
        read_head(head(LINE, f"Host: {host}"))
    environ = {"HTTP_HOST": host, "wsgi.url_scheme": "http", "REQUEST_METHOD": "GET", "PATH_INFO": "/"}
    with nullcontext() if is_taken else pytest.raises(HTTPException):
        Map().bind_to_environ(environ)


FIELD_NAMES = [
    "Host",
    "X",
    "Content-Length",
    "Transfer-Encoding",
    "Expect",
    "Content-Type",
    "Upgrade",
    "Connection",
    "X_Y",
]
VALUES = [
    "h",
    "",
    "2",
    "02",
    "+2",
    "chunked",
    "CHUNKED",
    "gzip, chunked",
    "100-continue",
    "a b",
    "\xe9",
    "close",
    "h2c",
    "9" * 20,
]


@given(
    method=st.sampled_from(["GET", "POST", "FOO", "get", "M-SEARCH", "CONNECT", "G(T", "A#B", "QUERY", "$ABC"]),
    target=st.one_of(
        st.sampled_from(
            ["/", "*", "http://h", "http://h:99999/x", "https://[::1]?a", "//x", "/%", "/a;b", "http://", "x:y"]
        ),
        st.text(st.characters(max_codepoint=255), max_size=6).map(lambda text: "/" + text),
    ),
    version=st.sampled_from(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2"]),
    fields=st.lists(st.tuples(st.sampled_from(FIELD_NAMES), st.sampled_from(VALUES)), max_size=5),
)
def test_what_passes_here_passes_the_parsers_behind(
    method: str, target: str, version: str, fields: list[tuple[str, str]]
) -> None:
    """The servers' parsers accept every head that is accepted here, so they refuse nothing in their own format."""
    lines = [f"{name}: {value}" for name, value in [("Host", "h"), *fields]]
    with suppress(Problem):
        parsed = read_head(head(f"{method} {target} {version}", *lines))
        if parsed is not None:
            Request(Config(), IterUnreader((parsed[0].content,)), ("127.0.0.1", 1))
            assert url_of(parsed[0]).startswith(b"/")


def url_of(parsed: Head) -> bytes:
    """The target that the other parser reads."""
    seen: Any = type("Seen", (), {"url": b"", "on_url": lambda self, url: setattr(self, "url", self.url + url)})()
    content = parsed.content if parsed.method in METHODS else b"POST" + parsed.content[parsed.content.index(b" ") :]
    httptools.HttpRequestParser(seen).feed_data(content)
    path: bytes = httptools.parse_url(seen.url).path
    return path


@pytest.mark.parametrize(
    "lines", ["keep-alive, close", "close, foo", "foo,\tClose", "foo\r\nConnection: close", "close\r\nConnection: foo"]
)
def test_close_among_other_options_is_close(lines: str) -> None:
    """`close` in a list or in a second Connection header is passed on as `close`."""
    parsed = read_head(f"GET / HTTP/1.1\r\nHost: h\r\nConnection: {lines}\r\nA: b\r\n\r\n".encode())
    assert parsed is not None
    assert parsed[0].content == b"GET / HTTP/1.1\r\nConnection: close\r\nHost: h\r\nA: b\r\n\r\n"


@pytest.mark.parametrize("options", ["close", "keep-alive", "closed, foo"])
def test_other_options_stay_as_they_are(options: str) -> None:
    head = f"GET / HTTP/1.1\r\nHost: h\r\nConnection: {options}\r\n\r\n".encode()
    parsed = read_head(head)
    assert parsed is not None
    assert parsed[0].content == head

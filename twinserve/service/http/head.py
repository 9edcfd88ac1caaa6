"""Reads the head of an HTTP/1.1 request (RFC 9110, RFC 9112), more strictly than the parsers of both doors.

Those parsers differ in what they refuse and how, and some repeat what was sent. So each door passes every head through
this reader first: whatever it accepts, both parsers accept, and both doors refuse the same requests in the same words.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, NoReturn

from twinserve.service.http.problem import Problem, bad_request, not_implemented

MAX_FIELDS: Final = 100
"""Maximum number of header fields."""
END: Final = b"\r\n\r\n"
HUGE: Final = 10**18
"""Bytes; a greater Content-Length is replaced by this one, which every parser can represent."""

TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
FIELD: Final = TOKEN + rb":[\t\x20-\x7e\x80-\xff]*+\r\n"
LINE: Final = rb"(" + TOKEN + rb") ([\x21\x22\x24-\x7e]++) HTTP/1\.([01])\r\n"
HEAD: Final = re.compile(LINE + rb"((?:" + FIELD + rb")*+)\r\n")  # One pass over all of it: 0.6 us.
REQUEST_LINE: Final = re.compile(LINE)
ANY_VERSION: Final = re.compile(TOKEN + rb" [\x21\x22\x24-\x7e]++ HTTP/[0-9]++\.[0-9]++\r\n")
NEVER: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r(?!\n|\Z)")
"""What no part of a head may contain: a control character, or a CR or LF alone."""

METHODS: Final = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE"})
"""The methods that both parsers know."""
METHOD: Final = re.compile(rb"[^a-z#]{3,20}\Z")
ABSOLUTE: Final = re.compile(
    rb"https?://(?:[a-z0-9!$&'()*+,;=._~%-]++|\[[0-9a-f:.]++\])(?::[0-9]*+)?(?=[/?]|\Z)", re.IGNORECASE
)

# The fields that the server itself must read; names and values are in lower case by then.
WEIGHTY: Final = re.compile(rb"\n(host|content-type|content-length|transfer-encoding|expect|upgrade):")
USUAL: Final = frozenset({b"host", b"content-type", b"content-length"})
LABEL: Final = rb"[a-z0-9!$&'()*+,;=_~%-]{1,63}+"
HOST: Final = re.compile(
    rb"\nhost:[\t ]*(?:(?:" + LABEL + rb"(?:\." + LABEL + rb")*+\.?+)?+|\[[0-9a-f:.]++\])(?::[0-9]*+)?[\t ]*\r"
)
LENGTH: Final = re.compile(rb"\ncontent-length:[\t ]*0*+([0-9]*+)(?<=[0-9])[\t ]*\r")
VALUES: Final = re.compile(rb"\n(transfer-encoding|expect):[\t ]*([^\r]*?)[\t ]*(?=\r)")
IGNORED: Final = re.compile(rb"\n(?:expect|upgrade):[^\n]*(?=\n)", re.IGNORECASE)
CONNECTION: Final = re.compile(rb"(?<=\n)connection:([^\r\n]*)\r\n", re.IGNORECASE)
ANY_LENGTH: Final = re.compile(rb"(?<=\n)content-length:[^\n]*(?=\r\n)", re.IGNORECASE)


class Head(NamedTuple):
    """A request's head, as far as the server itself must know it."""

    method: bytes
    content: bytes
    """The head for the door's parser: its target in origin-form, without the fields that are handled here."""
    length: int = 0
    """The length of the body in bytes by Content-Length; 0 if there is none."""
    is_chunked: bool = False
    """Is the body chunked?"""
    awaits: bool = False
    """Does the client wait for `100 Continue` before it sends the body? Not where there is none."""

    @property
    def path(self) -> str:
        """The target without its query."""
        start = self.content.index(b" ") + 1
        return self.content[start : self.content.index(b" ", start)].partition(b"?")[0].decode("latin-1")


def read_head(data: bytes, position: int = 0) -> tuple[Head, int] | None:
    """Read the head that begins at index `position`; returns it and the index of its end, None if it is incomplete.

    Raises `Problem` (400, 431, 501) for an invalid head."""
    match = HEAD.match(data, position)
    if match is None:
        end = data.find(END, position)
        return None if end < 0 else _explain(data[position : end + len(END)])
    method, target, minor, _ = match.groups()
    content, fields = data[position : match.end()], data[match.start(4) - 1 : match.end(4)].lower()
    if fields.count(b"\n") > MAX_FIELDS + 1:
        raise too_many_fields()
    if method not in METHODS:
        _require_method(method)
    if not target.startswith(b"/"):
        content = _in_origin_form(method, target, content)
    names = WEIGHTY.findall(fields)
    weighty = set(names)
    if len(names) > len(weighty):
        _require_single(names)
    if (minor == b"1" or b"host" in weighty) and not HOST.search(fields):
        raise bad_request("A request must have one Host: a name or an address.")
    if b"\nconnection:" in fields:  # HTTP/1.0 is answered once: proxies that repeat its keep-alive would wait for ever.
        content = _with_plain_close(content) if minor == b"1" else CONNECTION.sub(b"", content)
    length = _length(fields) if b"content-length" in weighty else 0
    if weighty <= USUAL and length < HUGE:
        return Head(method, content, length), match.end()
    return _unusual(Head(method, content, length), fields, is_1_1=minor == b"1"), match.end()


class Familiar:
    """Remembers the last head of a connection: most clients repeat theirs, and then it need not be read again."""

    __slots__ = ("_head", "_max_head", "_size")

    def __init__(self, max_head: int) -> None:
        self._max_head = max_head
        self._head: Head | None = None
        self._size = 0

    def whole(self, data: bytes) -> Head | None:
        """The head, if `data` is exactly one complete, ordinary request; None if it is incomplete, invalid, more than
        one request, chunked, or one that waits for `100 Continue`."""
        head = self._head
        if head is not None and len(data) == self._size and data.startswith(head.content):
            return head
        try:
            parsed = read_head(data)
        except Problem:
            return None
        if parsed is None:
            return None
        head, end = parsed
        is_usual = head.method in METHODS and not head.is_chunked and not head.awaits and data.startswith(head.content)
        if not is_usual or end > self._max_head or len(data) != end + head.length:
            return None
        self._head, self._size = head, len(data)
        return head


def _length(fields: bytes) -> int:
    match = LENGTH.search(fields)
    if match is None:
        raise bad_request("Content-Length must be one number.")
    digits = match[1]
    return int(digits or b"0") if len(digits) < len(str(HUGE)) else HUGE


def _unusual(head: Head, fields: bytes, *, is_1_1: bool) -> Head:
    """The head of a request with Transfer-Encoding, Expect or Upgrade, or with an enormous Content-Length."""
    values = dict(VALUES.findall(fields))
    coding, expected = values.get(b"transfer-encoding"), values.get(b"expect")
    if coding is not None:
        _require_chunked(coding, has_length=b"\ncontent-length:" in fields, is_1_1=is_1_1)
    if expected is not None and is_1_1 and expected != b"100-continue":
        # RFC 9110 section 10.1.1 allows 417 and does not require it; 400 is what any other malformed head gets.
        raise bad_request("The only supported expectation is 100-continue.")
    content = IGNORED.sub(b"", head.content)
    if head.length == HUGE:
        content = ANY_LENGTH.sub(b"Content-Length: %d" % HUGE, content)
    awaits = expected is not None and is_1_1 and (coding is not None or head.length > 0)
    return Head(head.method, content, head.length, coding is not None, awaits)


def _require_chunked(coding: bytes, *, has_length: bool, is_1_1: bool) -> None:
    if has_length:
        raise bad_request("A request must not have both Content-Length and Transfer-Encoding.")
    if not is_1_1:
        raise bad_request("Transfer-Encoding is not allowed in HTTP/1.0.")
    *others, last = (word.strip(b"\t ") for word in coding.split(b","))
    if last != b"chunked" or b"chunked" in others:  # The end of the body is unknown (RFC 9112 section 6.3).
        raise bad_request("Transfer-Encoding must end in one chunked.")
    if others:
        raise not_implemented("Only the transfer coding chunked is supported.")


def _require_method(method: bytes) -> None:
    if method == b"CONNECT":
        raise not_implemented("This server is not a proxy.")
    if not METHOD.match(method):
        raise not_implemented("A method must have 3 to 20 characters and no lower-case letters.")


def _in_origin_form(method: bytes, target: bytes, content: bytes) -> bytes:
    """The head with its target in origin-form. The target `*` becomes `/`, like an absolute target without a path
    (RFC 9112 section 3.2.4)."""
    if target == b"*" and method == b"OPTIONS":
        path = b""
    else:
        match = ABSOLUTE.match(target)
        if match is None:
            raise bad_request("The target of a request must begin with a slash or be an http URL.")
        path = target[match.end() :]
    slash = b"" if path.startswith(b"/") else b"/"
    return b"%s %s%s%s" % (method, slash, path, content[len(method) + 1 + len(target) :])


def _with_plain_close(content: bytes) -> bytes:
    """The head with `Connection: close` alone if `close` is one of several options: not every parser looks for it in a
    list, or in a second Connection field."""
    options = [option.strip(b"\t ").lower() for value in CONNECTION.findall(content) for option in value.split(b",")]
    if b"close" not in options or len(options) == 1:
        return content
    line = content.index(b"\n") + 1
    return content[:line] + b"Connection: close\r\n" + CONNECTION.sub(b"", content[line:])


def _require_single(names: list[bytes]) -> None:
    """Raise `Problem` (400) for a repeated field that two parsers could read differently."""
    repeated = {name.decode() for name in names if names.count(name) > 1} - {"upgrade"}
    if repeated:
        raise bad_request(f"Sent more than once: {', '.join(sorted(repeated))}.")


def _explain(head: bytes) -> NoReturn:
    """Raise a `Problem` (400, 431) that says why this head is invalid, without quoting it."""
    if head.count(b"\r\n") > MAX_FIELDS + 2:
        raise too_many_fields()
    if REQUEST_LINE.match(head):
        raise bad_request("A header field must be a name, a colon and a value, in one line.")
    if ANY_VERSION.match(head):
        raise bad_request("Only HTTP/1.1 and HTTP/1.0 are supported.")
    raise bad_request("A request must begin with a method, a target and HTTP/1.1, separated by one space each.")


def require_beginning(data: bytes, position: int) -> None:
    """Raise `Problem` (400) if these bytes cannot begin a valid head; those before `position` have been checked."""
    if NEVER.search(data, position):
        raise bad_request("A request head consists of lines of printable characters that end in CR LF.")
    line_end = data.find(b"\r\n", max(0, position - 1))
    if line_end >= 0 and not REQUEST_LINE.match(data):
        _explain(data[: line_end + 2])


def too_many_fields() -> Problem:
    """431: too many header fields."""
    detail = f"A request must not have more than {MAX_FIELDS} header fields."
    return Problem("head-too-large", detail, headers=(("Connection", "close"),))


def known(content: bytes) -> bytes:
    """The same head with POST as its method, for a parser that does not know the real one; the app gets that."""
    return b"POST" + content[content.index(b" ") :]

"""The head of an HTTP/1.1 request, read more strictly than any parser behind does: what passes here passes there.

The parsers of the two doors refuse different things in different words, and some of them say what was sent. So each
door shows every head to this one first, and both refuse alike (RFC 9110, RFC 9112).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, NoReturn

from twinserve.service.http.problem import Problem, bad_request, not_implemented

MAX_FIELDS: Final = 100
"""Most header fields."""
END: Final = b"\r\n\r\n"
HUGE: Final = 10**18
"""A length that any parser can count, and that nobody sends."""

TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
FIELD: Final = TOKEN + rb":[\t\x20-\x7e\x80-\xff]*+\r\n"
LINE: Final = rb"(" + TOKEN + rb") ([\x21\x22\x24-\x7e]++) HTTP/1\.([01])\r\n"
HEAD: Final = re.compile(LINE + rb"((?:" + FIELD + rb")*+)\r\n")  # One pass over all of it: 0.6 us.
REQUEST_LINE: Final = re.compile(LINE)
ANY_VERSION: Final = re.compile(TOKEN + rb" [\x21\x22\x24-\x7e]++ HTTP/[0-9]++\.[0-9]++\r\n")
NEVER: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r(?!\n|\Z)")
"""What no head holds, wherever it ends: a control character, or half of a line's end."""

METHODS: Final = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE"})
"""Those that every parser knows."""
METHOD: Final = re.compile(rb"[^a-z#]{3,20}\Z")
ABSOLUTE: Final = re.compile(
    rb"https?://(?:[a-z0-9!$&'()*+,;=._~%-]++|\[[0-9a-f:.]++\])(?::[0-9]*+)?(?=[/?]|\Z)", re.IGNORECASE
)

# Of the fields, whose names are in small letters by then, what the server itself must know.
WEIGHTY: Final = re.compile(rb"\n(host|content-type|content-length|transfer-encoding|expect|upgrade):")
USUAL: Final = frozenset({b"host", b"content-type", b"content-length"})
HOST: Final = re.compile(rb"\nhost:[\t ]*(?:[a-z0-9!$&'()*+,;=._~%-]*+|\[[0-9a-f:.]++\])(?::[0-9]*+)?[\t ]*\r")
LENGTH: Final = re.compile(rb"\ncontent-length:[\t ]*0*+([0-9]*+)(?<=[0-9])[\t ]*\r")
VALUES: Final = re.compile(rb"\n(transfer-encoding|expect):[\t ]*([^\r]*?)[\t ]*(?=\r)")
IGNORED: Final = re.compile(rb"\n(?:expect|upgrade):[^\n]*(?=\n)", re.IGNORECASE)
CONNECTION: Final = re.compile(rb"(?<=\n)connection:([^\r\n]*)\r\n", re.IGNORECASE)
ANY_LENGTH: Final = re.compile(rb"(?<=\n)content-length:[^\n]*(?=\r\n)", re.IGNORECASE)


class Head(NamedTuple):
    """What the server itself must know of a request."""

    method: bytes
    content: bytes
    """The head for the parser behind: in origin-form, and without what is answered or ignored before it."""
    length: int = 0
    """How long the body is, where that is known before; 0 if there is none."""
    is_chunked: bool = False
    """Does the body say itself where it ends?"""
    awaits: bool = False
    """Does the client wait for `100 Continue` before it sends the body?"""


def read_head(data: bytes, place: int = 0) -> tuple[Head, int] | None:
    """The head that begins at this place, and where it ends; None if its end is not there yet. Raises `Problem`
    (400, 431, 501) for what is none."""
    found = HEAD.match(data, place)
    if found is None:
        end = data.find(END, place)
        return None if end < 0 else _explain(data[place : end + len(END)])
    method, target, minor, _ = found.groups()
    content, fields = data[place : found.end()], data[found.start(4) - 1 : found.end(4)].lower()
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
        raise bad_request("A request has one Host: a name or an address.")
    if b"\nconnection:" in fields:
        content = _with_plain_close(content)
    length = _length(fields) if b"content-length" in weighty else 0
    if weighty <= USUAL and length < HUGE:
        return Head(method, content, length), found.end()
    return _unusual(Head(method, content, length), fields, is_1_1=minor == b"1"), found.end()


class Familiar:
    """The last head of a connection: most clients send the same one again and again, and need not have it read."""

    __slots__ = ("_head", "_max_head", "_size")

    def __init__(self, max_head: int) -> None:
        self._max_head = max_head
        self._head: Head | None = None
        self._size = 0

    def whole(self, data: bytes) -> Head | None:
        """The head of a request that is these bytes, all of them, and needs no more said about it. None for whatever
        else: parts, more than one, and what is none."""
        head = self._head
        if head is not None and len(data) == self._size and data.startswith(head.content):
            return head
        try:
            found = read_head(data)
        except Problem:
            return None
        if found is None:
            return None
        head, end = found
        is_usual = head.method in METHODS and not head.is_chunked and not head.awaits and data.startswith(head.content)
        if not is_usual or end > self._max_head or len(data) != end + head.length:
            return None
        self._head, self._size = head, len(data)
        return head


def _length(fields: bytes) -> int:
    found = LENGTH.search(fields)
    if found is None:
        raise bad_request("Content-Length is one number.")
    digits = found[1]
    return int(digits or b"0") if len(digits) < len(str(HUGE)) else HUGE


def _unusual(head: Head, fields: bytes, *, is_1_1: bool) -> Head:
    """The head of a request that says how its body comes, or asks for something before."""
    values = dict(VALUES.findall(fields))
    coding, expected = values.get(b"transfer-encoding"), values.get(b"expect")
    if coding is not None:
        _require_chunked(coding, has_length=b"\ncontent-length:" in fields, is_1_1=is_1_1)
    if expected is not None and is_1_1 and expected != b"100-continue":
        # 417 is allowed, and required nowhere (RFC 9110 section 10.1.1): it would be a second kind for one mistake.
        raise bad_request("Nothing but 100-continue can be expected.")
    content = IGNORED.sub(b"", head.content)
    if head.length == HUGE:
        content = ANY_LENGTH.sub(b"Content-Length: %d" % HUGE, content)
    return Head(head.method, content, head.length, coding is not None, expected is not None and is_1_1)


def _require_chunked(coding: bytes, *, has_length: bool, is_1_1: bool) -> None:
    if has_length:
        raise bad_request("A request has Content-Length or Transfer-Encoding, not both.")
    if not is_1_1:
        raise bad_request("HTTP/1.0 has no Transfer-Encoding.")
    *others, last = (word.strip(b"\t ") for word in coding.split(b","))
    if last != b"chunked" or b"chunked" in others:  # Nobody knows where the body ends (RFC 9112 section 6.3).
        raise bad_request("Transfer-Encoding ends in chunked, once.")
    if others:
        raise not_implemented("No transfer coding but chunked is understood.")


def _require_method(method: bytes) -> None:
    if method == b"CONNECT":
        raise not_implemented("This server is no proxy.")
    if not METHOD.match(method):
        raise not_implemented("A method has 3 to 20 characters and no small letters.")


def _in_origin_form(method: bytes, target: bytes, content: bytes) -> bytes:
    """The head with a target that begins with a slash. The server in general (`*`) is what an absolute target without
    a path is (RFC 9112 section 3.2.4): the index."""
    if target == b"*" and method == b"OPTIONS":
        path = b""
    else:
        found = ABSOLUTE.match(target)
        if found is None:
            raise bad_request("The target of a request begins with a slash, or is an http URL.")
        path = target[found.end() :]
    slash = b"" if path.startswith(b"/") else b"/"
    return b"%s %s%s%s" % (method, slash, path, content[len(method) + 1 + len(target) :])


def _with_plain_close(content: bytes) -> bytes:
    """The head where `close` among other options of the connection is the only one: not every parser behind looks for
    it in a list, or in a second line."""
    options = [option.strip(b"\t ").lower() for value in CONNECTION.findall(content) for option in value.split(b",")]
    if b"close" not in options or len(options) == 1:
        return content
    line = content.index(b"\n") + 1
    return content[:line] + b"Connection: close\r\n" + CONNECTION.sub(b"", content[line:])


def _require_single(names: list[bytes]) -> None:
    """Raise where two readers could believe two things of one request."""
    repeated = {name.decode() for name in names if names.count(name) > 1} - {"upgrade"}
    if repeated:
        raise bad_request(f"Given more than once: {', '.join(sorted(repeated))}.")


def _explain(head: bytes) -> NoReturn:
    """Raise what is wrong with a head that is none, in none of its words."""
    if head.count(b"\r\n") > MAX_FIELDS + 2:
        raise too_many_fields()
    if REQUEST_LINE.match(head):
        raise bad_request("A header field is a name, a colon and a value, in one line.")
    if ANY_VERSION.match(head):
        raise bad_request("HTTP/1.1 and HTTP/1.0 are spoken here.")
    raise bad_request("A request begins with a method, a target and HTTP/1.1, with one space between them.")


def require_beginning(data: bytes, place: int) -> None:
    """Raise `Problem` (400) where bytes can never become a head; those before `place` were looked at before."""
    if NEVER.search(data, place):
        raise bad_request("A head is lines of printable characters, each with CR LF behind it.")
    line_end = data.find(b"\r\n", max(0, place - 1))
    if line_end >= 0 and not REQUEST_LINE.match(data):
        _explain(data[: line_end + 2])


def too_many_fields() -> Problem:
    """431: too many header fields."""
    detail = f"A request may have {MAX_FIELDS} header fields at most."
    return Problem("head-too-large", detail, headers=(("Connection", "close"),))


def known(content: bytes) -> bytes:
    """The same head with a method that the parser knows; the app is told the right one."""
    return b"POST" + content[content.index(b" ") :]

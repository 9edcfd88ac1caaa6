"""Scenarios of requests: too large, compressed, of another type, or ambiguous."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from faults.scenario import Outcome, all_of, scenario
from faults.stage import Stage
from harness.accounts import account, seconds
from harness.running import Running, read

JSON: Final = "Content-Type: application/json\r\n"
HEAD: Final = f"POST /predict HTTP/1.1\r\nHost: h\r\n{JSON}"
MEBIBYTE: Final = 1 << 20


@scenario(
    "F16",
    "1 GiB declared; the same with `Expect: 100-continue`; 64 MiB streamed in chunks; 1,000,000 chunks of a byte",
    "413 before the body is asked for, or as soon as it is too large; less than 40 MB more; chunks in 8 s of processor",
)
def huge_bodies(stage: Stage) -> Outcome:
    """Bodies beyond the limit of 8 MiB are not held in memory."""
    with stage.server() as server:
        before = account(server.process.pid).megabytes
        declared = _status(server, f"{HEAD}Content-Length: {1 << 30}\r\n\r\n".encode())
        expected = _status(server, f"{HEAD}Content-Length: {1 << 30}\r\nExpect: 100-continue\r\n\r\n".encode())
        streamed = _status(server, _chunked(b"10000\r\n" + b" " * 65536 + b"\r\n", 1024))
        used = seconds(server.process.pid)
        small = _status(server, _chunked(b"1\r\n \r\n" * 1000, 1000, b"0\r\n\r\n"))
        used = seconds(server.process.pid) - used
        more = account(server.process.pid).megabytes - before
    return all_of(
        ((declared, expected, streamed) == (413, 413, 413), f"{declared}, {expected}, {streamed}"),
        (small in (400, 413) and used < 8, f"a million chunks: {small} after {used:.1f} s of processor"),
        (more < 40, f"{more:.0f} MB more"),
    )


def _chunked(piece: bytes, times: int, end: bytes = b"") -> Iterator[bytes]:
    yield f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()
    for _ in range(times):
        yield piece
    yield end


def _status(server: Running, data: bytes | Iterable[bytes]) -> int | None:
    """Send until the server closes the connection; the status of its answer."""
    with server.connect() as connection:
        connection.settimeout(30)
        with contextlib.suppress(OSError):
            for piece in [data] if isinstance(data, bytes) else data:
                connection.sendall(piece)
        with contextlib.suppress(OSError):
            responses = read(connection, 1)
            return responses[0].status if responses else None
    return None


@scenario(
    "F17",
    "gzip: 10 MiB of zeros in 10 kB, twice packed, two encodings, garbage",
    "415 without unpacking anything",
)
def packed_bodies(stage: Stage) -> Outcome:
    """Decompression bombs, which are never decompressed."""
    bomb = gzip.compress(bytes(10 * MEBIBYTE))
    bodies = [("gzip", bomb), ("gzip, gzip", gzip.compress(bomb)), ("deflate, gzip", bomb), ("gzip", b"garbage")]
    with stage.server() as server:
        before = account(server.process.pid).megabytes
        answers = [
            server.request("POST", "/predict", body, f"Content-Encoding: {name}\r\n").status for name, body in bodies
        ]
        more = account(server.process.pid).megabytes - before
    return all_of((set(answers) == {415}, f"{answers}"), (more < 10, f"{more:.1f} MB more"))


@scenario(
    "F19",
    "no type, text, a form, UTF-16, multipart; GET, PUT and TRACE; HEAD and OPTIONS",
    "415; 405 with Allow; 200 and 204",
)
def wrong_types(stage: Stage) -> Outcome:
    """Content-Type and its variants, over the wire."""
    types = ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "multipart/mixed")
    bare = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
    with stage.server() as server:
        refused = [_status(server, bare)]
        refused += [_status(server, bare.replace(b"Con", f"Content-Type: {name}\r\nCon".encode(), 1)) for name in types]
        methods = [server.request(method, "/predict") for method in ("GET", "PUT", "TRACE")]
        others = [server.request("HEAD", "/schema").status, server.request("OPTIONS", "/predict").status]
    allowed = {(answer.status, answer.headers.get("allow")) for answer in methods}
    return all_of(
        (set(refused) == {415}, f"types: {refused}"),
        (allowed == {(405, "OPTIONS, POST")}, f"methods: {sorted(allowed)}"),
        (others == [200, 204], f"HEAD and OPTIONS: {others}"),
    )


POST: Final = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
HIDDEN: Final = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
SHAPES: Final = {
    "both lengths": POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + HIDDEN,
    "a list of lengths": POST + b"Content-Length: 2, 40\r\n\r\n{}" + HIDDEN,
    "a signed length": POST + b"Content-Length: +2\r\n\r\n{}" + HIDDEN,
    "a length in hex": POST + b"Content-Length: 0x2\r\n\r\n{}" + HIDDEN,
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunked, not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "blank before the colon": POST + b"Content-Length : 2\r\n\r\n{}" + HIDDEN,
    "a folded header": POST + b"X-A: 1\r\n Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a bare line feed in a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n" + HIDDEN,
    "a negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a chunk of 2^64": POST + b"Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a chunk with more than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx\r\n0\r\n\r\n" + HIDDEN,
    "a NUL in a header": POST + b"X-A: \x00\r\nContent-Length: 2\r\n\r\n{}",
    "a carriage return in a header": POST + b"X-A: a\rContent-Length: 2\r\n\r\n" + HIDDEN,
    "HTTP/0.9": b"GET /old\r\n\r\n",
    "no target": b"GET  HTTP/1.1\r\nHost: h\r\n\r\n",
}


@scenario(
    "F20",
    f"{len(SHAPES)} shapes that hide a second request: two lengths, bad chunks, blanks, bare line feeds",
    "each refused with 4xx or closed; none answered with 200, none that hides a request lets it through",
)
def smuggling(stage: Stage) -> Outcome:
    """Requests that a proxy in front might frame in another way."""
    with stage.server() as server:
        answers = {name: _answers(server, data) for name, data in SHAPES.items()}
        smuggled = server.log.read_text().count("/smuggled")
        alive = server.request("GET", "/health/live").status == 200
    bad = [
        f"{name}: {statuses}"
        for name, statuses in answers.items()
        if len(statuses) > 1 or any(status < 400 or (status >= 500 and status not in (501, 505)) for status in statuses)
    ]
    counted = Counter(status for statuses in answers.values() for status in statuses or [0])
    said = ", ".join(f"{n} times {status or 'closed'}" for status, n in sorted(counted.items()))
    return all_of((not bad, "; ".join(bad) or said), (smuggled == 0, f"{smuggled} let through"), (alive, "alive"))


def _answers(server: Running, data: bytes) -> list[int]:
    with server.connect() as connection:
        connection.settimeout(15)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            return [response.status for response in read(connection, 3)]
    return []


@scenario(
    "F20",
    "heads: 1,000 fields of 1 kB, 20,000 fields, one of 8 MiB, a target of 1 MiB",
    "431 or closed, within 2 s; less than 20 MB more",
)
def large_heads(stage: Stage) -> Outcome:
    """The limits are 64 KiB and 100 fields."""
    get_live = b"GET /health/live HTTP/1.1\r\nHost: h\r\n"
    heads = (
        get_live + b"".join(b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(1000)),
        get_live + b"".join(b"X-%d: v\r\n" % n for n in range(20_000)),
        get_live + b"X: " + b"v" * (8 * MEBIBYTE) + b"\r\n",
        b"GET /health/live?" + b"q" * MEBIBYTE + b" HTTP/1.1\r\nHost: h\r\n",
    )
    with stage.server() as server:
        before, began = account(server.process.pid).megabytes, time.monotonic()
        answers = [_status(server, head + b"\r\n") for head in heads]
        took, more = time.monotonic() - began, account(server.process.pid).megabytes - before
    return all_of(
        (set(answers) <= {431, 414, 400, None}, json.dumps(answers).replace("null", "closed")),
        (took < 8, f"{took:.1f} s in all"),
        (more < 20, f"{more:.0f} MB more"),
    )


SCENES: Final = (huge_bodies, packed_bodies, wrong_types, smuggling, large_heads)

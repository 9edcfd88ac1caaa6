"""Requests that are answered while they arrive, on real servers: with the limits and deadlines of all others."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.running import DEADLINE, DJANGO, DOORS, Running, golden, running
from tests.lines import TYPE

pytestmark = [pytest.mark.slow, pytest.mark.long]
Start = Callable[..., Any]


@pytest.fixture(params=[*DOORS, DJANGO])
def start(request: pytest.FixtureRequest, artifacts: Path, tmp_path: Path) -> Start:
    """Starts the door, which speaks the dialect of lines, too, with settings of the test's own."""
    return partial(running, request.param, tmp_path, artifacts, module="tests.lines")


@pytest.fixture
def line(artifacts: Path) -> bytes:
    """A valid instance on one line."""
    return json.dumps(json.loads(golden(artifacts))).encode() + b"\n"


def begin(server: Running) -> socket.socket:
    """A connection on which a request with chunks has begun."""
    connection = server.connect()
    head = f"POST /lines HTTP/1.1\r\nHost: h\r\nContent-Type: {TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.sendall(head.encode())
    return connection


def chunk(data: bytes) -> bytes:
    """As HTTP frames it; none is the last."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def until(connection: socket.socket, wanted: bytes, data: bytes = b"") -> bytes:
    """What comes, until this has."""
    while wanted not in data:
        piece = connection.recv(65_536)
        assert piece, data
        data += piece
    return data


def post(server: Running, body: Any) -> tuple[int, bytes]:
    """One request by an ordinary client, which sends an iterator in chunks."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
    client.request("POST", "/lines", body, {"Content-Type": TYPE})
    answer = client.getresponse()
    content = answer.status, answer.read()
    client.close()
    return content


def test_lines_are_answered_before_the_request_has_ended(start: Start, line: bytes) -> None:
    """And the connection takes another request behind it."""
    with start() as server, begin(server) as connection:
        connection.sendall(chunk(line))
        seen = until(connection, b"\n\r\n")  # The first label, framed.
        assert seen.startswith(b"HTTP/1.1 200 ")
        connection.sendall(chunk(line) + chunk(b""))
        until(connection, b"2 lines\r\n0\r\n\r\n", seen)
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n")
        assert b'{"status":"alive"}' in until(connection, b"}")


def test_http_1_0_gets_no_chunks(start: Start, line: bytes) -> None:
    """It does not know them: the end of the connection is that of the answer."""
    with start() as server, server.connect() as connection:
        head = f"POST /lines HTTP/1.0\r\nContent-Type: {TYPE}\r\nContent-Length: {3 * len(line)}\r\n\r\n"
        connection.sendall(head.encode() + line * 3)
        fields, _, body = b"".join(iter(lambda: connection.recv(65_536), b"")).partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in fields.lower()
        *labels, number = body.split(b"\n")
        assert (len(labels), number) == (3, b"3 lines")


@pytest.mark.parametrize("number", [1, 2_000])
def test_whole_bodies_and_chunked_ones_are_answered_alike(start: Start, line: bytes, number: int) -> None:
    """Small ones, which are there with their head, and large ones."""
    with start() as server:
        whole = post(server, line * number)
        pieces = post(server, iter([line] * number))
        assert whole == pieces
        assert (whole[0], whole[1].endswith(b"\n%d lines" % number)) == (200, True)
        assert server.stop() == 0


def test_a_fault_behind_the_first_answer_cuts_the_stream(start: Start, line: bytes) -> None:
    """Nobody can take it for a whole one; the log says why, with the request's id."""
    with start() as server:
        with begin(server) as connection:
            connection.sendall(chunk(line))
            seen = until(connection, b"\n\r\n")
            connection.sendall(chunk(b"{\n") + chunk(b""))
            while piece := connection.recv(65_536):
                seen += piece
            assert not seen.endswith(b"0\r\n\r\n")
        (cut,) = [entry for entry in map(json.loads, server.log.read_text().splitlines()) if entry["event"] == "cut"]
        assert (cut["reason"], cut["path"]) == ("malformed-json", "/lines")
        assert cut["request_id"].encode() in seen
        assert "Traceback" not in server.log.read_text()


def test_a_client_that_stops_sending_is_cut_off_in_time(start: Start, line: bytes) -> None:
    with start(receive_timeout=0.5) as server:
        with begin(server) as connection:
            began = time.monotonic()
            assert b" 408 " in until(connection, b"\r\n\r\n")
        with begin(server) as connection:
            connection.sendall(chunk(line))
            until(connection, b"\n\r\n")
            while connection.recv(65_536):
                pass
        assert time.monotonic() - began < DEADLINE / 2


def test_slow_streams_do_not_hold_up_ordinary_requests(start: Start, line: bytes, artifacts: Path) -> None:
    """As many as there may be; each waits for its client."""
    with start(max_bulk_requests=20) as server:
        streams = [begin(server) for _ in range(20)]
        for stream in streams:
            stream.sendall(chunk(line))
        for stream in streams:
            until(stream, b"\n\r\n")
        began = time.monotonic()
        for _ in range(20):
            assert server.request("POST", "/predict", golden(artifacts)).status == 200
            assert server.request("GET", "/health/ready").status == 200
        assert time.monotonic() - began < 5.0
        for stream in streams:
            stream.sendall(chunk(b""))
            until(stream, b"1 lines\r\n0\r\n\r\n")
            stream.close()


def test_a_refusal_by_the_head_comes_before_the_body(start: Start) -> None:
    with start() as server, server.connect() as connection:
        connection.sendall(b"POST /lines?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
        assert b" 415 " in until(connection, b"\r\n\r\n")


def test_a_full_server_says_so_before_it_asks_for_the_body(start: Start, line: bytes) -> None:
    """503 by the head, and no `100 Continue`."""
    with start(max_queue=2) as server, begin(server) as stream:
        stream.sendall(chunk(line))
        until(stream, b"\n\r\n")
        with server.connect() as connection:
            head = f"POST /lines HTTP/1.1\r\nHost: h\r\nContent-Type: {TYPE}\r\nContent-Length: 9\r\n"
            connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
            assert until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 503 ")
        stream.sendall(chunk(b""))
        until(stream, b"1 lines")


def test_a_client_that_leaves_gives_back_what_it_held_and_is_no_fault_of_ours(start: Start, line: bytes) -> None:
    with start(max_queue=2, send_timeout=2) as server:
        for _ in range(3):
            with begin(server) as connection:
                connection.sendall(chunk(line))
                until(connection, b"\n\r\n")
            deadline = time.monotonic() + DEADLINE
            while post(server, line)[0] != 200:
                assert time.monotonic() < deadline
        metrics = server.request("GET", "/metrics").body
        assert b"twinserve_faults_total 0.0" in metrics
        assert "Traceback" not in server.log.read_text()


def test_a_large_body_that_is_there_at_once_is_answered_in_pieces(start: Start, line: bytes) -> None:
    """The rest is not held in memory while its client does not read."""
    with start(send_timeout=1) as server, server.connect() as connection:
        body = line * 200
        head = (
            f"POST /lines?more=5000 HTTP/1.1\r\nHost: h\r\nContent-Type: {TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        before = megabytes(server)
        connection.sendall(head.encode() + body)
        until(connection, b"more")
        time.sleep(0.5)  # For as long a server that reads ahead would write into memory.
        assert megabytes(server) - before < 60


def megabytes(server: Running) -> float:
    """What the server holds in memory."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

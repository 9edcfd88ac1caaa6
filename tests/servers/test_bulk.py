"""`POST /predict` in bulk on real servers: clients that send without reading, stop, or leave; memory, places, files."""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from harness.processes import family
from harness.running import DEADLINE, DJANGO, DOORS, Running, golden, running
from tests.servers.test_streams import chunk, until
from twinserve.service.http.chunks import Chunks

pytestmark = [pytest.mark.slow, pytest.mark.long]
Start = Callable[..., Any]
NDJSON: Final = "application/x-ndjson"


@pytest.fixture(params=[*DOORS, pytest.param(DJANGO, marks=pytest.mark.extended)])
def start(request: pytest.FixtureRequest, artifacts: Path, tmp_path: Path) -> Start:
    """Starts the door with settings of the test's own."""
    return partial(running, request.param, tmp_path, artifacts)


@pytest.fixture
def line(artifacts: Path) -> bytes:
    """A valid instance on one line."""
    return json.dumps(json.loads(golden(artifacts))).encode() + b"\n"


def begin(server: Running, query: str = "", more: str = "", *, buffer: int | None = None) -> socket.socket:
    """A connection on which a request with chunks has begun."""
    connection = socket.socket()
    if buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(DEADLINE)
    connection.connect(("127.0.0.1", server.port))
    fields = f"Host: h\r\nContent-Type: {NDJSON}\r\n{more}Transfer-Encoding: chunked\r\n"
    head = f"POST /predict{query} HTTP/1.1\r\n{fields}\r\n"
    connection.sendall(head.encode())
    return connection


def post(server: Running, body: Any, content_type: str = NDJSON) -> tuple[int, bytes]:
    """One request by an ordinary client, which sends everything before it reads."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
    client.request("POST", "/predict", body, {"Content-Type": content_type})
    answer = client.getresponse()
    content = answer.status, answer.read()
    client.close()
    return content


def files(server: Running) -> list[str]:
    """The temporary files that the server's processes hold open."""
    links: list[str] = []
    for process in family(server.process.pid):
        for descriptor in Path(f"/proc/{process.number}/fd").iterdir():
            try:
                links.append(str(descriptor.readlink()))
            except FileNotFoundError:  # Closed meanwhile.
                continue
    return [link for link in links if "deleted" in link and "wgunicorn" not in link]


def megabytes(server: Running) -> float:
    """What all of its processes hold in memory."""
    pages = sum(int(Path(f"/proc/{one.number}/statm").read_text().split()[1]) for one in family(server.process.pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until this holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_answers_a_stream_lets_others_go_first(start: Start, line: bytes) -> None:
    """At the WSGI doors its two threads, at FastAPI's the one that computes, have a lower priority."""
    with start() as server, begin(server) as connection:
        connection.sendall(chunk(line))
        until(connection, b"label")
        tasks = [task for one in family(server.process.pid) for task in Path(f"/proc/{one.number}/task").iterdir()]
        usual = os.getpriority(os.PRIO_PROCESS, server.process.pid)
        lowered = [os.getpriority(os.PRIO_PROCESS, int(task.name)) > usual for task in tasks]
        assert lowered.count(True) == (1 if "fastapi" in " ".join(map(str, server.process.args)) else 2)


def test_a_row_is_answered_before_the_next_one_is_sent(start: Start, line: bytes) -> None:
    """And the connection takes another request behind it."""
    with start() as server, begin(server) as connection:
        seen = b""
        for number in range(1, 4):
            connection.sendall(chunk(line))
            while seen.count(b'"label"') < number:
                seen = until(connection, b"}", seen + connection.recv(65_536))
        connection.sendall(chunk(b""))
        until(connection, b"0\r\n\r\n", seen)
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n")
        assert b'{"status":"alive"}' in until(connection, b"}")


def test_a_client_may_send_everything_before_it_reads(start: Start, line: bytes) -> None:
    """Though the answer is larger than all buffers between, and without the server holding it in memory."""
    note = "x" * 20_000
    row = json.dumps({**json.loads(line), "note": note}).encode() + b"\n"
    with start() as server, begin(server, "?pass=note", buffer=4_096) as connection:
        connection.sendall(chunk(row))
        seen = until(connection, b'"label"')
        before = megabytes(server)
        for _ in range(100):
            connection.sendall(chunk(row * 20))
        connection.sendall(chunk(b""))
        assert len(files(server)) > 0
        assert megabytes(server) - before < 30
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        whole = bytearray(seen)
        while not whole.endswith(b"\r\n0\r\n\r\n"):
            piece = connection.recv(1 << 20)
            assert piece
            whole += piece
        content = Chunks(len(whole)).add(bytes(whole).split(b"\r\n\r\n", 1)[1])
        assert (content.count(b'"label"'), content.count(note.encode())) == (2_001, 2_001)
        eventually(lambda: not files(server))


def test_a_client_that_does_not_read_is_cut_off_and_holds_nothing(start: Start, line: bytes) -> None:
    row = json.dumps({**json.loads(line), "note": "x" * 20_000}).encode() + b"\n"
    with start(send_timeout=1, max_bulk_requests=1) as server:
        with begin(server, "?pass=note", buffer=4_096) as connection:
            for _ in range(30):
                connection.sendall(chunk(row * 20))
            connection.sendall(chunk(b""))
            eventually(lambda: post(server, line)[0] == 200)
            eventually(lambda: not files(server))
        assert b"twinserve_faults_total 0.0" in server.request("GET", "/metrics").body


@pytest.mark.parametrize("content_type", [NDJSON, "application/vnd.apache.parquet"])
def test_a_client_that_stops_sending_is_cut_off_and_holds_nothing(start: Start, line: bytes, content_type: str) -> None:
    """408 where nothing was answered yet."""
    with start(receive_timeout=1, max_bulk_requests=1) as server:
        with server.connect() as connection:
            head = (
                f"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: {content_type}\r\nContent-Length: 100000\r\n\r\n"
            )
            connection.sendall(head.encode() + (line if content_type == NDJSON else b"PAR1" * 1_000))
            first = until(connection, b"\r\n\r\n")
            assert first.startswith(b"HTTP/1.1 200 " if content_type == NDJSON else b"HTTP/1.1 408 ")
            while connection.recv(65_536):
                pass
        eventually(lambda: post(server, line)[0] == 200)
        assert not files(server)


def test_a_client_that_leaves_holds_nothing_and_is_no_fault_of_ours(start: Start, line: bytes) -> None:
    """Before its first row, in the middle of it, or while it is answered."""
    with start(max_bulk_requests=1, send_timeout=5) as server:
        for sent in (b"", line[:50], line, line * 3_000):
            with begin(server) as connection:
                if sent:
                    connection.sendall(chunk(sent))
            eventually(lambda: post(server, line)[0] == 200)
        assert b"twinserve_faults_total 0.0" in server.request("GET", "/metrics").body
        assert "Traceback" not in server.log.read_text()
        eventually(lambda: not files(server))


def test_memory_does_not_grow_with_the_rows(start: Start, line: bytes) -> None:
    """Thirty thousand rows take no more than three thousand; both are far below what they weigh."""

    def most(number: int) -> float:
        peak, done = [0.0], threading.Event()

        def watch() -> None:
            while not done.wait(0.01):
                peak[0] = max(peak[0], megabytes(server))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            status, body = post(server, rows(number))
        finally:
            done.set()
            watcher.join()
        assert (status, body.count(b'"label"')) == (200, number)
        return peak[0]

    def rows(number: int) -> Iterator[bytes]:
        for _ in range(number // 100):
            yield line * 100

    with start() as server:
        post(server, line)
        before = megabytes(server)
        few, many = most(3_000), most(30_000)
        assert many - few < 15
        assert many - before < 40


def test_a_fault_behind_the_first_rows_cuts_the_answer(start: Start, line: bytes) -> None:
    """Nobody can take it for a whole one."""
    with start() as server, begin(server, more="Content-Encoding: gzip\r\n") as connection:
        packer = zlib.compressobj(wbits=31)
        connection.sendall(chunk(packer.compress(line) + packer.flush(zlib.Z_SYNC_FLUSH)))
        seen = until(connection, b'"label"')
        connection.sendall(chunk(b"garbage" * 100) + chunk(b""))
        while piece := connection.recv(65_536):
            seen += piece
        assert not seen.endswith(b"0\r\n\r\n")
        eventually(lambda: '"cut"' in server.log.read_text())
        assert '"level": "error"' not in server.log.read_text()  # It is the client's fault.


def test_a_large_body_is_kept_off_the_disk_and_the_memory_where_it_is_refused(start: Start) -> None:
    """By its head: nothing of it is asked for."""
    with start(max_bulk=1_000_000) as server, server.connect() as connection:
        head = f"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: {NDJSON}\r\nContent-Length: 1000001\r\n"
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 413 ")

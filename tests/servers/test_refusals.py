"""Refusals by the server itself, or before the body has arrived: alike at both doors, and received by the client."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import aiohttp
import httpx2
import pytest
import requests

from harness.credentials import write_keys
from harness.processes import family
from harness.running import DEADLINE, DOORS, Response, Running, golden, read, request, running, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.long]

CANARY = "canary7c1"
POST = f"POST /predict HTTP/1.1\r\nHost: h\r\nX-Request-Id: {CANARY}\r\nContent-Type: application/json\r\n"
GET = "GET / HTTP/1.1\r\nHost: h\r\n"
BAD, OTHER, LARGE = (400, "bad-request"), (501, "not-implemented"), (431, "head-too-large")
NOT_FOUND, NOT_ALLOWED = (404, "not-found"), (405, "method-not-allowed")
SHAPES = {
    "no http": (f"\x16\x03\x01{CANARY}", BAD),
    "another protocol": (f"SSH-2.0-{CANARY}\r\n", BAD),
    "no version": (f"GET /{CANARY}?{CANARY}=1\r\n\r\n", BAD),
    "a newer version": (f"GET /{CANARY} HTTP/1.2\r\nHost: h\r\n\r\n", BAD),
    "the preface of HTTP/2": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BAD),
    "a version in small letters": ("GET / http/1.1\r\nHost: h\r\n\r\n", BAD),
    "two spaces": ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    "a space in the target": (f"GET /a {CANARY} HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    "a byte in the target": (f"GET /\xe9{CANARY} HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    "a fragment": (f"GET /#{CANARY} HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    "a target without a slash": (f"GET {CANARY} HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    "another scheme": (f"GET ftp://{CANARY}/ HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    "an asterisk": ("GET * HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    "a method that is no token": (f"G({CANARY} / HTTP/1.1\r\nHost: h\r\n\r\n", BAD),
    "a method in small letters": (f"{CANARY} / HTTP/1.1\r\nHost: h\r\n\r\n", OTHER),
    "a long method": (f"{CANARY.upper() * 3} / HTTP/1.1\r\nHost: h\r\n\r\n", OTHER),
    "a tunnel": (f"CONNECT {CANARY}:443 HTTP/1.1\r\nHost: {CANARY}\r\n\r\n", OTHER),
    "an unknown method": ("FOO /predict HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", NOT_ALLOWED),
    "an unknown method elsewhere": ("FOO /nowhere HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", NOT_FOUND),
    "a line feed alone": (f"GET /{CANARY} HTTP/1.1\nHost: h\n\n", BAD),
    "a carriage return alone": (f"GET / HTTP/1.1\rHost: {CANARY}\r\n\r\n", BAD),
    "a field without a colon": (f"{GET}{CANARY}\r\n\r\n", BAD),
    "a space before the colon": (f"{GET}{CANARY} : x\r\n\r\n", BAD),
    "a field without a name": (f"{GET}: {CANARY}\r\n\r\n", BAD),
    "a name that is no token": (f"{GET}X({CANARY}): x\r\n\r\n", BAD),
    "a folded field": (f"{GET}X: a\r\n {CANARY}\r\n\r\n", BAD),
    "a control character": (f"{GET}X: \0{CANARY}\r\n\r\n", BAD),
    "no host": (f"GET / HTTP/1.1\r\nX: {CANARY}\r\n\r\n", BAD),
    "two hosts": (f"{GET}Host: {CANARY}\r\n\r\n", BAD),
    "a host that is none": (f"GET / HTTP/1.1\r\nHost: {CANARY}/x\r\n\r\n", BAD),
    "two types": (f"{POST}Content-Type: text/{CANARY}\r\nContent-Length: 2\r\n\r\n{{}}", BAD),
    "two lengths": (f"{POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}", BAD),
    "a list of lengths": (f"{POST}Content-Length: 2, 2\r\n\r\n{{}}", BAD),
    "a signed length": (f"{POST}Content-Length: +2\r\n\r\n{{}}", BAD),
    "a length that is no number": (f"{POST}Content-Length: {CANARY}\r\n\r\n{{}}", BAD),
    "an empty length": (f"{POST}Content-Length: \r\n\r\n{{}}", BAD),
    "a length and a coding": (f"{POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD),
    "an unknown coding": (f"{POST}Transfer-Encoding: {CANARY}\r\n\r\n", BAD),
    "an unknown coding first": (f"{POST}Transfer-Encoding: {CANARY}, chunked\r\n\r\n0\r\n\r\n", OTHER),
    "an empty coding first": (f"{POST}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", OTHER),
    "a line feed in a chunk's line": (f"{POST}Transfer-Encoding: chunked\r\n\r\n2;{CANARY}\n{{}}\r\n0\r\n\r\n", BAD),
    "chunked twice": (f"{POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", BAD),
    "two codings": (f"{POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: {CANARY}\r\n\r\n0\r\n\r\n", BAD),
    "a coding in small disguise": (f"{POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", BAD),
    "a coding in HTTP/1.0": (f"{POST.replace('1.1', '1.0')}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD),
    "an unknown expectation": (f"{POST}Expect: {CANARY}\r\nContent-Length: 2\r\n\r\n{{}}", BAD),
    "a chunk without a size": (f"{POST}Transfer-Encoding: chunked\r\n\r\n{CANARY}\r\n", BAD),
    "a chunk that is longer": (f"{POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}{CANARY}\r\n0\r\n\r\n", BAD),
    "a trailer that is none": (f"{POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n{CANARY}\r\n\r\n", BAD),
    "many fields": (GET + f"X: {CANARY}\r\n" * 150 + "\r\n", LARGE),
    "a large head": (f"{GET}X: {CANARY * 8000}\r\n\r\n", LARGE),
}
BODY = b" " * (7 * 1024 * 1024)
JSON = {"Content-Type": "application/json"}
LIMIT = 6 * 1024 * 1024


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A key file, and the key of a caller who may predict."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    return path, write_keys(path, me="predict")["me"]


@pytest.fixture(scope="module")
def servers(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    """One worker of each door."""
    with contextlib.ExitStack() as stack:
        yield {door: stack.enter_context(running(door, tmp_path_factory.mktemp(door), artifacts)) for door in DOORS}


@pytest.fixture(scope="module")
def guarded(
    artifacts: Path, key: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Running]]:
    """One worker of each door with `AUTH=keys`, and with small limits for one body and for all bodies."""
    settings: dict[str, Any] = {"auth": "keys", "keys": key[0], "max_body": LIMIT, "max_buffered": 8 * 1024 * 1024}
    with contextlib.ExitStack() as stack:
        yield {
            door: stack.enter_context(running(door, tmp_path_factory.mktemp(door), artifacts, **settings))
            for door in DOORS
        }


@pytest.fixture(params=DOORS)
def server(request: pytest.FixtureRequest, servers: dict[str, Running]) -> Running:
    """Each of `servers`."""
    return servers[request.param]


@pytest.fixture(params=DOORS)
def guard(request: pytest.FixtureRequest, guarded: dict[str, Running]) -> Running:
    """Each of `guarded`."""
    return guarded[request.param]


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_no_request_is_refused_alike_and_in_our_words(servers: dict[str, Running], name: str) -> None:
    """Both doors send the same problem with an id, show and log nothing of the request, and close the connection."""
    data, expected = SHAPES[name]
    responses: list[Response] = []
    for server in servers.values():
        (response,) = server.send(data.encode("latin-1"), responses=2)
        problem = json.loads(response.body)
        assert (response.status, problem["type"].rpartition(":")[2]) == expected
        assert problem["instance"] == response.headers["x-request-id"]
        assert response.headers["server-timing"].startswith("total;dur=")
        assert response.headers["connection"].lower() == "close"
        assert CANARY not in response.body.decode().lower().replace(problem["instance"], "")
        (line,) = [line for line in server.log.read_text().splitlines() if problem["instance"] in line][-1:]
        logged = json.loads(line)
        assert (logged["event"], logged["status"]) == ("request", expected[0])
        if problem["instance"] != CANARY:
            assert CANARY not in server.log.read_text().lower().replace(f'"request_id": "{CANARY}"', "")
        responses.append(response)
    first, second = responses
    assert first.nameless() == second.nameless()


def test_what_is_no_request_is_counted(server: Running) -> None:
    """Bytes that are no request are counted as 400 under the route `unknown`."""

    def counted() -> float:
        text = server.request("GET", "/metrics").body.decode()
        line = 'twinserve_requests_total{method="OTHER",route="unknown",status="400"} '
        return sum(float(found.removeprefix(line)) for found in text.splitlines() if found.startswith(line))

    before = counted()
    server.send(b"nonsense\r\n\r\n")
    assert counted() == before + 1


def test_a_good_answer_comes_before_the_refusal_behind_it(server: Running, artifacts: Path) -> None:
    """In one packet, a valid request is answered before the invalid one behind it is refused."""
    good = request("POST", "/predict", golden(artifacts))
    responses = server.send(good + good + b"garbage\r\n\r\n" + good, responses=4)
    assert [response.status for response in responses] == [200, 200, 400]


@pytest.mark.parametrize(("line", "kind", "status"), [("POST /nowhere", "json", 404), ("PUT /model", "json", 405)])
def test_nobody_is_asked_to_send_what_is_refused(server: Running, line: str, kind: str, status: int) -> None:
    """A refusal replaces `100 Continue`; the connection is closed, as the client may or may not send the body."""
    head = f"{line} HTTP/1.1\r\nHost: h\r\nContent-Type: application/{kind}\r\nExpect: 100-continue\r\n"
    (response,) = server.send(f"{head}Content-Length: 2\r\n\r\n".encode(), responses=2)
    assert (response.status, response.headers["connection"].lower()) == (status, "close")


def test_nobody_is_asked_to_send_what_is_of_the_wrong_type(server: Running) -> None:
    """A 415 replaces `100 Continue`, too."""
    head = "POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n"
    assert [it.status for it in server.send(f"{head}Content-Length: 2\r\n\r\n".encode(), responses=2)] == [415]


REFUSED = {
    401: ("POST", "/predict", JSON),
    404: ("POST", "/nowhere", JSON),
    405: ("PUT", "/predict", JSON),
    413: ("POST", "/predict", {**JSON, "X-API-Key": "KEY"}),
    415: ("POST", "/predict", {"Content-Type": "text/plain", "X-API-Key": "KEY"}),
}


def with_http_client(server: Running, method: str, path: str, headers: dict[str, str]) -> int:
    """The standard library's client, which sends the whole request before it reads."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path, BODY, headers)
        return connection.getresponse().status


def with_requests(server: Running, method: str, path: str, headers: dict[str, str]) -> int:
    """The client `requests`."""
    return requests.request(method, f"http://127.0.0.1:{server.port}{path}", data=BODY, headers=headers).status_code


def with_requests_in_chunks(server: Running, method: str, path: str, headers: dict[str, str]) -> int:
    """The client `requests` with a chunked body."""
    pieces = (BODY[place : place + 65536] for place in range(0, len(BODY), 65536))
    return requests.request(method, f"http://127.0.0.1:{server.port}{path}", data=pieces, headers=headers).status_code


def with_httpx(server: Running, method: str, path: str, headers: dict[str, str]) -> int:
    """The client `httpx`."""
    return httpx2.request(method, f"http://127.0.0.1:{server.port}{path}", content=BODY, headers=headers).status_code


def with_aiohttp(server: Running, method: str, path: str, headers: dict[str, str]) -> int:
    """The client `aiohttp`, which leaves its connection to the loop while some of the body is still to be sent."""
    opened: list[socket.socket] = []

    def connection(address: tuple[Any, ...]) -> socket.socket:
        opened.append(socket.socket(*address[:3]))
        return opened[-1]

    async def send() -> int:
        connector = aiohttp.TCPConnector(socket_factory=connection)
        async with aiohttp.ClientSession(connector=connector) as session:
            url = f"http://127.0.0.1:{server.port}{path}"
            async with session.request(method, url, data=BytesIO(BODY), headers=headers) as response:
                status = response.status
        while any(one.fileno() >= 0 for one in opened):
            await asyncio.sleep(0.01)
        return status

    return asyncio.run(send())


@pytest.mark.parametrize("client", [with_http_client, with_requests, with_requests_in_chunks, with_httpx, with_aiohttp])
@pytest.mark.parametrize("status", REFUSED)
def test_a_refusal_reaches_a_client_that_sends_before_it_reads(
    guard: Running, key: tuple[Path, str], status: int, client: Callable[..., int]
) -> None:
    """The rest of the body is read and dropped, so that the client gets the refusal."""
    method, path, headers = REFUSED[status]
    sent = {name: value.replace("KEY", key[1]) for name, value in headers.items()}
    assert [client(guard, method, path, sent) for _ in range(3)] == [status] * 3


@pytest.mark.parametrize("door", DOORS)
def test_too_much_and_too_often_are_told_before_the_body(door: str, artifacts: Path, tmp_path: Path) -> None:
    """A client that sends 7 MB before it reads gets 503 while another request holds the only place, then 429."""
    settings: dict[str, Any] = {"max_concurrent": 1, "rate": 0.001, "burst": 2, "max_body": LIMIT}
    with running(door, tmp_path, artifacts, **settings) as server, server.connect() as half:
        half.sendall(request("POST", "/predict", b"{}")[:-1])
        assert server.request("GET", "/health/live").status == 200  # By now it is in flight.
        assert with_http_client(server, "POST", "/predict", JSON) == 503
        assert with_http_client(server, "POST", "/predict", JSON) == 429
        half.sendall(b"}")
        assert [response.status for response in read(half, 1)] == [422]


@pytest.mark.parametrize("path", ["/nowhere", "/health/live"])
def test_a_connection_is_kept_behind_a_body_that_nobody_wanted(guard: Running, path: str) -> None:
    """The connection is kept if the dropped body is no larger than `max_body`."""
    with guard.connect() as connection:
        for _ in range(3):
            connection.sendall(request("POST", path, b" " * (LIMIT // 2)))
            (response,) = read(connection, 1)
            assert response.status in (404, 405)
        connection.sendall(request("GET", "/health/live"))
        assert [response.status for response in read(connection, 1)] == [200]


def megabytes(server: Running) -> float:
    """The memory of the server's processes."""
    resident = [Path(f"/proc/{process.number}/statm").read_text().split()[1] for process in family(server.process.pid)]
    return max(int(pages) * 4096 for pages in resident) / 1e6


@pytest.mark.parametrize("line", ["POST /predict", "POST /nowhere", "GET /health/live"])
def test_nobody_s_bodies_are_held(guard: Running, line: str) -> None:
    """Sixty unauthenticated clients send half a body of 3 MB each; the server drops them and answers others."""
    head = f"{line} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {LIMIT}\r\n\r\n".encode()
    guard.request("GET", "/health/live")
    before = megabytes(guard)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(guard.connect()) for _ in range(60)]
        for client in clients:
            client.sendall(head + BODY[: LIMIT // 2])
        answers = [read(client, 1)[0].status for client in clients]
        assert guard.request("GET", "/health/live").status == 200
        assert megabytes(guard) < before + 40
    assert set(answers) <= {200, 401, 404}


def answers(clients: list[socket.socket], number: int) -> list[Response]:
    """Wait for this many answers on any of these connections."""
    responses: list[Response] = []
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
        while len(responses) < number and (ready := selector.select(DEADLINE)):
            for key, _ in ready:
                client = cast("socket.socket", key.fileobj)
                responses += read(client, 1)
                selector.unregister(client)
    return responses


def test_all_bodies_that_arrive_have_room_for_so_many_bytes(guard: Running, key: tuple[Path, str]) -> None:
    """Of twelve callers that send 3 of 6 MB each, those beyond 8 MB in all get 503 with Retry-After."""
    head = f"POST /predict HTTP/1.1\r\nHost: h\r\nX-API-Key: {key[1]}\r\nContent-Type: application/json\r\n"
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(guard.connect()) for _ in range(12)]
        for client in clients:
            client.sendall(f"{head}Content-Length: {LIMIT}\r\n\r\n".encode())
            client.sendall(BODY[: LIMIT // 2])
        refused = answers(clients, 9)
        assert {response.status for response in refused} == {503}
        assert all(int(response.headers["retry-after"]) >= 1 for response in refused)
        assert guard.request("GET", "/health/live").status == 200
        small = request("POST", "/predict", b"{}", headers=f"X-API-Key: {key[1]}\r\n")
        assert [response.status for response in guard.send(small)] == [422]


def test_many_bodies_that_come_at_once_are_read_in_time(server: Running) -> None:
    """Of forty clients none is told that it was too slow."""
    statuses: list[int] = []

    def send() -> None:
        statuses.append(with_http_client(server, "POST", "/predict", JSON))

    clients = [threading.Thread(target=send) for _ in range(40)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert len(statuses) == 40
    assert set(statuses) <= {400, 503}


def test_heads_have_room_for_so_many_bytes_too(guard: Running) -> None:
    """Of three hundred clients that send an incomplete head of 60 kB, those beyond 8 MB in all are refused."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(guard.connect()) for _ in range(300)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 60_000)
        assert {response.status for response in answers(clients, 150)} == {503}
    wait_for(guard.process, lambda: guard.request("GET", "/nowhere", BODY[:100_000]).status == 404)


def test_what_nobody_reads_takes_time_by_its_size(guard: Running) -> None:
    """Dropping bodies of 6 MB to an unknown path does not hold up health."""
    stop, sent = threading.Event(), [0]

    def send() -> None:
        while not stop.is_set():
            guard.send(request("POST", "/nowhere", BODY[:LIMIT]))
            sent[0] += 1

    sender = threading.Thread(target=send)
    sender.start()
    began = time.monotonic()
    try:
        while time.monotonic() < began + 2:
            assert guard.request("GET", "/health/live").status == 200
    finally:
        stop.set()
        sender.join()
    assert sent[0] > 5  # It was one in seven seconds.


def test_a_request_refused_by_its_head_counts_once(
    artifacts: Path, tmp_path_factory: pytest.TempPathFactory, key: tuple[Path, str]
) -> None:
    """A request counts once for the rate and has one line in the log, even if its body comes later."""
    for door in DOORS:
        folder = tmp_path_factory.mktemp(door)
        with running(door, folder, artifacts, auth="keys", keys=key[0], rate=0.001, burst=3) as server:
            statuses = []
            for _ in range(4):
                whole = request("POST", "/predict", b"{}", headers=f"X-API-Key: {key[1]}\r\n")
                with server.connect() as connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    connection.sendall(whole[:-1])
                    wait_for(server.process, lambda: server.request("GET", "/health/live").status == 200)
                    connection.sendall(whole[-1:])
                    statuses += [response.status for response in read(connection, 1)]
            assert statuses == [422, 422, 422, 429]
            assert server.log.read_text().count('"path": "/predict"') == 4

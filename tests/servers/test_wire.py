"""The wire protocol between a client and a real server, alike at both doors."""

from __future__ import annotations

import contextlib
import json
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.running import DOORS, Response, Running, golden, read, request, running, wait_for
from twinserve.service.http.chunks import MOST_FRAMING

pytestmark = [pytest.mark.slow, pytest.mark.long]

RECEIVE_TIMEOUT = 1.0
SEND_TIMEOUT = 2.0
MAX_BODY = 200_000
MAX_HEAD = 20_000
KEEP_ALIVE = 2.0


@pytest.fixture(scope="module")
def instance(artifacts: Path) -> bytes:
    """A valid body."""
    return golden(artifacts)


@pytest.fixture(scope="module")
def servers(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    """One worker of each door, with short timeouts and small limits."""
    with contextlib.ExitStack() as stack:
        yield {
            door: stack.enter_context(
                running(
                    door,
                    tmp_path_factory.mktemp(door),
                    artifacts,
                    receive_timeout=RECEIVE_TIMEOUT,
                    send_timeout=SEND_TIMEOUT,
                    keep_alive=KEEP_ALIVE,
                    max_body=MAX_BODY,
                    max_head=MAX_HEAD,
                )
            )
            for door in DOORS
        }


@pytest.fixture(params=DOORS)
def server(request: pytest.FixtureRequest, servers: dict[str, Running]) -> Running:
    """Each of `servers`."""
    return servers[request.param]


def test_predictions_are_the_same_bytes(servers: dict[str, Running], instance: bytes) -> None:
    """Both doors answer an instance, and an array of it, with the same bytes."""
    for body in (instance, b"[" + instance + b"]", b"{}", b"{", b"[]"):
        first, second = (server.request("POST", "/predict", body) for server in servers.values())
        assert first.comparable() == second.comparable()
        assert first.headers["x-request-id"] == "a-fixed-request-id"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT", "FOO", "PROPFIND", "TRACE", "get", "A-B"])
@pytest.mark.parametrize(
    "target",
    ["/", "/predict", "/model", "/predict/", "//predict", "/nothing", "/health/live?x=1", "/%ff", "/%0a", "/a%2fb"],
)
def test_any_method_and_path_is_answered_with_the_same_bytes(
    servers: dict[str, Running], method: str, target: str
) -> None:
    """Both doors send the same reply, also where a server or framework would send its own."""
    data = request(method, target, headers="Connection: close\r\n")
    (first,), (second,) = (server.send(data, responses=2, head=method == "HEAD") for server in servers.values())
    assert first.nameless() == second.nameless()


def test_a_declared_length_over_the_limit_is_refused_unsent(server: Running) -> None:
    """A Content-Length over the limit is 413 before the body is sent; the connection is closed."""
    head = f"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {MAX_BODY + 1}"
    with server.connect() as connection:
        connection.sendall(head.encode() + b"\r\n\r\n")
        (response,) = read(connection, 2)
    assert response.status == 413
    assert response.headers["connection"].lower() == "close"


def test_a_body_over_the_limit_is_refused(server: Running) -> None:
    """A body over the limit that is sent completely is 413; the connection takes no second request."""
    (response,) = server.send(request("POST", "/predict", b" " * (MAX_BODY + 1)), responses=2)
    assert response.status == 413


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """A request with a chunked body."""
    head = (
        b"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def test_a_chunked_body_is_put_together(server: Running, instance: bytes) -> None:
    """A chunked body is read however it is cut, with and without trailers."""
    for data in (
        chunked(instance),
        chunked(instance[:1], instance[1:100], instance[100:]),
        chunked(*(instance[place : place + 7] for place in range(0, len(instance), 7))),
        chunked(instance, end=b"0\r\nX-Trailer: 1\r\n\r\n"),
    ):
        (response,) = server.send(data)
        assert response.status == 200


def test_a_chunked_body_is_counted(server: Running) -> None:
    """A chunked body is 413 as soon as it exceeds the limit, before its end."""
    (response,) = server.send(chunked(*[b" " * 30_000] * 10, end=b""), responses=2)
    assert response.status == 413
    assert response.headers["connection"].lower() == "close"


@pytest.mark.parametrize(
    "data",
    [
        b"P",
        b"POST /predict HTTP/1.1\r\nHost: here\r\nContent-",
        b"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
        chunked(b"{", end=b""),
        chunked(b"{", end=b"5\r\n12"),
    ],
    ids=["method", "head", "no body", "body", "chunk", "half a chunk"],
)
def test_a_request_that_does_not_arrive_in_time_is_408(server: Running, data: bytes) -> None:
    """A request with any part missing is 408 after the timeout; the connection is closed."""
    before = time.monotonic()
    (response,) = server.send(data, responses=2)
    assert response.status == 408
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(response.body)["type"] == "urn:twinserve:problem:request-timeout"
    assert RECEIVE_TIMEOUT * 0.9 < time.monotonic() - before < RECEIVE_TIMEOUT + 5


def test_a_connection_that_sends_nothing_is_closed(server: Running) -> None:
    """An idle connection is closed without a reply."""
    assert server.send(b"") == []


@pytest.mark.parametrize("before", [b"", request("GET", "/health/live")], ids=["new", "used"])
def test_an_empty_line_leaves_a_connection_idle(server: Running, before: bytes) -> None:
    """An empty line may follow a body (RFC 9112 section 2.2): the connection stays idle and is closed silently."""
    for apart in (False, True):
        with server.connect() as connection:
            connection.sendall(before if apart else before + b"\r\n")
            responses = read(connection, 1) if before else []
            if apart:
                connection.sendall(b"\r\n")
            assert [response.status for response in [*responses, *read(connection, 1)]] == ([200] if before else [])


@pytest.mark.parametrize("before", [b"", request("GET", "/health/live")], ids=["new", "used"])
def test_a_request_behind_an_empty_line_is_one(server: Running, instance: bytes, before: bytes) -> None:
    """A request behind an empty line is answered, with its own receive timeout, in one piece or in two."""
    whole = request("POST", "/predict", instance)
    for apart in (False, True):
        with server.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(before + b"\r\n" + (b"" if apart else whole))
            expected = [200, 200] if before else [200]
            if apart:
                expected = expected[len(read(connection, len(expected) - 1)) :]
                assert server.request("GET", "/health/live").status == 200  # By then it has read the first piece.
                connection.sendall(whole[:100])
                assert server.request("GET", "/health/live").status == 200
                connection.sendall(whole[100:])
            assert [response.status for response in read(connection, len(expected))] == expected
            connection.sendall(b"\r\nGET / HT")
            assert [response.status for response in read(connection, 2)] == [408]


@pytest.mark.parametrize("before", [b"", request("GET", "/health/live")], ids=["new", "used"])
def test_empty_lines_one_after_the_other_are_no_request(server: Running, before: bytes) -> None:
    """A second empty line is 400; otherwise empty lines could keep a connection open for ever."""
    for gap in (0, 1, 2, 3):
        with server.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(before + b"\r\n\r\n"[:gap])
            responses = read(connection, 1) if before else []
            assert server.request("GET", "/health/live").status == 200
            connection.sendall(b"\r\n\r\n"[gap:] * 100)
            statuses = [response.status for response in [*responses, *read(connection, 2)]]
            assert statuses == [*([200] if before else []), 400]


def test_slow_clients_do_not_silence_the_server(server: Running) -> None:
    """While two hundred clients send slowly, health answers."""
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(server.connect()).sendall(b"POST /predict HTTP/1.1\r\nHost: h")
        assert server.request("GET", "/health/live").status == 200


def test_clients_that_do_not_read_do_not_silence_the_server(server: Running) -> None:
    """While a hundred clients do not read large answers, health answers; then they are disconnected."""
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(server.connect()) for _ in range(100)]
        for reader in readers:
            reader.sendall(request("GET", "/docs"))
        assert server.request("GET", "/health/live").status == 200
        wait_for(server.process, lambda: server.open_sockets() < len(readers))
    assert server.request("GET", "/docs").status == 200


def test_a_slow_reader_gets_all_of_its_answer(server: Running) -> None:
    """A client that reads slowly gets the whole answer in pieces."""
    with server.connect() as connection:
        connection.sendall(request("GET", "/docs"))
        first = connection.recv(1000)
        time.sleep(0.2)  # The reader is slow: what does not fit the kernel's buffers waits in the server.
        (response,) = read(connection, 1, data=first)
    assert response.body == server.request("GET", "/docs").body


def test_a_client_that_keeps_a_closed_connection_open_delays_nobody(server: Running) -> None:
    """The server closes its side and waits for the client's without blocking others."""
    before = time.monotonic()
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(server.connect())
            connection.sendall(request("GET", "/health/live", headers="Connection: close\r\n"))
            assert [response.status for response in read(connection, 1)] == [200]
    assert time.monotonic() - before < 20


@pytest.mark.parametrize(
    "unfinished",
    [
        b"GET /health/live HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 99999999\r\n\r\n",
        chunked(b"{", end=b"00000000000000005\r\n"),
        chunked(b"{", end=b"f" * 17 + b"\r\n"),
    ],
    ids=["no body wanted", "refused by its head", "a long size", "a huge chunk"],
)
def test_a_body_that_never_comes_delays_nobody(server: Running, unfinished: bytes) -> None:
    """A body that is announced and not sent does not block others, whether it is accepted or refused."""
    before = time.monotonic()
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(server.connect()).sendall(unfinished)
        assert server.request("GET", "/health/live").status == 200
    assert time.monotonic() - before < 4


def test_what_follows_a_body_that_is_too_long_is_no_request(server: Running) -> None:
    """Bytes behind a head with a Content-Length over the limit belong to its body, not to a next request."""
    first = b"GET /health/live HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n"
    assert len(server.send(first + request("GET", "/model"), responses=2)) == 1


@pytest.mark.parametrize(
    ("line", "fields", "status"),
    [
        ("POST /nothing", "", 404),
        ("PUT /predict", "", 405),
        ("POST /predict", "Content-Type: text/plain\r\n", 415),
        ("GET /health/live", "", 200),
        ("HEAD /health/live", "", 200),
    ],
)
def test_the_connection_is_closed_behind_a_body_that_is_too_long(
    server: Running, line: str, fields: str, status: int
) -> None:
    """The reply has `Connection: close`, whatever its status; a body at the limit keeps the connection."""
    for body, length, connection in ((b"", MAX_BODY + 1, "close"), (b" " * MAX_BODY, MAX_BODY, "keep-alive")):
        data = f"{line} HTTP/1.1\r\nHost: here\r\n{fields}Content-Length: {length}\r\n\r\n".encode()
        (response,) = server.send(data + body, head=line.startswith("HEAD"))
        assert response.status == status
        assert response.headers.get("connection", "keep-alive").lower() == connection


def test_nothing_behind_a_chunked_body_that_is_too_long_is_a_request(server: Running) -> None:
    """A too large chunked body is refused before its end, and its rest is never read as a request."""
    hidden = request("GET", "/health/live").replace(b"a-fixed-request-id", b"hidden")
    head = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head + b"%x\r\n" % (MAX_BODY + 1 + len(hidden)) + b" " * (MAX_BODY + 1))
        (refused,) = read(connection, 1)
        with contextlib.suppress(OSError):  # It may be closed already.
            connection.sendall(hidden + b"\r\n0\r\n\r\n" + request("GET", "/model", headers="Connection: close\r\n"))
        others = read(connection, 2)
    assert refused.status == 415
    assert "hidden" not in {other.headers["x-request-id"] for other in others}


def test_two_types_of_a_body_are_none(server: Running, instance: bytes) -> None:
    """Two Content-Type headers are refused."""
    types = "Content-Type: text/plain\r\n"
    (response,) = server.send(request("POST", "/predict", instance, headers=types))
    assert response.status == 400


def test_a_whole_body_that_nobody_read_holds_up_no_request(server: Running) -> None:
    """The request behind an unread body of any allowed length is answered over the same connection."""
    unread = request("POST", "/predict", b" " * (MAX_BODY // 2)).replace(b"application/json", b"text/plain")
    refused, answered = server.send(unread + request("GET", "/health/live"), responses=2)
    assert (refused.status, refused.headers.get("connection", "keep-alive").lower()) == (415, "keep-alive")
    assert answered.status == 200


def test_a_refusal_waits_for_the_answers_before_it(server: Running, instance: bytes) -> None:
    """A refused head or an incomplete body is answered after the pipelined requests before it."""
    fields = "".join(f"X-{number}: 1\r\n" for number in range(101))
    good, large = request("POST", "/predict", instance), request("POST", "/predict", instance, headers=fields)
    assert [response.status for response in server.send(good + good + large + good, responses=4)] == [200, 200, 431]
    long = request("GET", "/health/live", headers="X-Large: " + "a" * MAX_HEAD + "\r\n")
    assert [response.status for response in server.send(good + long + good, responses=3)] == [200, 431]
    with server.connect() as connection:
        connection.sendall(good + good[:-2])
        connection.shutdown(socket.SHUT_WR)
        assert [response.status for response in read(connection, 3)] == [200, 400]


def test_many_requests_in_one_piece_are_all_answered(server: Running) -> None:
    """Very many pipelined requests are answered without recursion."""
    count = 3000
    assert len(server.send(b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n" * count, responses=count)) == count


def test_a_client_that_has_closed_its_side_is_answered(server: Running, instance: bytes) -> None:
    """A client that half-closes the connection after its request is answered, and then the connection ends."""
    with server.connect() as connection:
        began = time.monotonic()
        connection.sendall(request("POST", "/predict", instance))
        connection.shutdown(socket.SHUT_WR)
        (response,) = read(connection, 2)
        assert time.monotonic() - began < KEEP_ALIVE / 2
    assert response.status == 200


def test_a_client_that_goes_away_early_harms_nobody(server: Running, instance: bytes) -> None:
    """A client may disconnect in the head, in the body, or before the answer."""
    whole = request("POST", "/predict", instance)
    for cut in (1, 30, len(whole) - 10, len(whole)):
        with server.connect() as connection:
            connection.sendall(whole[:cut])
    assert server.request("POST", "/predict", instance).status == 200


def test_100_continue_is_sent_to_who_expects_it(server: Running, instance: bytes) -> None:
    """`Expect: 100-continue` is answered with 100, then with the reply to the body."""
    head = request("POST", "/predict", instance, "Expect: 100-continue\r\n").removesuffix(instance)
    with server.connect() as connection:
        connection.sendall(head)
        (interim,) = read(connection, 1)
        connection.sendall(instance)
        (response,) = read(connection, 1)
    assert (interim.status, response.status) == (100, 200)


def test_nobody_is_asked_to_send_an_empty_body(server: Running) -> None:
    """`Expect: 100-continue` without a body is answered at once (RFC 9110 section 10.1.1)."""
    (response,) = server.send(request("POST", "/predict", headers="Expect: 100-continue\r\nContent-Length: 0\r\n"))
    assert response.status == 415


@pytest.mark.parametrize("blanks", [" ", "\t", " \t "])
def test_blanks_around_a_value_are_no_part_of_it(server: Running, instance: bytes, blanks: str) -> None:
    """Behind it, too (RFC 9110 section 5.5), so that ids, credentials and origins count as they are."""
    headers = f"X-Request-Id:{blanks}my-id{blanks}\r\nContent-Type:{blanks}application/json{blanks}\r\n"
    head = f"POST /predict HTTP/1.1\r\nHost: h\r\n{headers}Content-Length: {len(instance)}\r\n\r\n"
    (response,) = server.send(head.encode() + instance)
    assert (response.status, response.headers["x-request-id"]) == (200, "my-id")


def test_nobody_is_asked_to_send_what_is_too_large(server: Running) -> None:
    """A too large Content-Length is 413 instead of 100."""
    head = (
        "POST /predict HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        f"Content-Length: {MAX_BODY + 1}\r\nExpect: 100-continue\r\n\r\n"
    )
    assert [response.status for response in server.send(head.encode(), responses=2)] == [413]


def test_pipelined_requests_are_answered_in_order(server: Running, instance: bytes) -> None:
    """Three requests in one packet get three answers in order."""
    data = request("POST", "/predict", instance) + request("GET", "/nothing") + request("GET", "/health/live")
    assert [response.status for response in server.send(data, responses=3)] == [200, 404, 200]


def test_a_repeated_head_changes_no_answer(server: Running, instance: bytes) -> None:
    """Requests that repeat the head of the one before, or nearly do, are answered as over connections of their own."""
    other = instance[:-1].replace(b"1", b"2") + b"}"
    post, get = request("POST", "/predict", instance), request("GET", "/model")
    near = post.replace(b"a-fixed-request-id", b"a-fixed-request-jd")
    wrong = request("POST", "/predict", b"{" + instance[1:-1] + b"]")
    requests = [
        post,
        post,
        request("POST", "/predict", other),
        wrong,
        wrong,
        post,
        get,
        get,
        near,
        post,
        b"\r\n" + post,
    ]
    with server.connect() as connection:
        for sent in requests:
            connection.sendall(sent)
            (together,) = read(connection, 1)
            (alone,) = server.send(sent)
            assert together.comparable() == alone.comparable()
            assert together.headers["x-request-id"] == alone.headers["x-request-id"]


@pytest.mark.parametrize(
    ("headers", "version", "answers"),
    [
        ("Connection: close\r\n", "1.1", 1),
        ("Connection: keep-alive, close\r\n", "1.1", 1),
        ("", "1.0", 1),
        ("Connection: keep-alive\r\n", "1.0", 1),
        ("Connection: Keep-Alive, TE\r\nKeep-Alive: timeout=9\r\n", "1.0", 1),
        ("Connection: Upgrade\r\nUpgrade: h2c\r\n", "1.1", 3),
        ("X-Tag: 1\r\nX-Tag: 2\r\n", "1.1", 3),
    ],
)
def test_a_repeated_head_keeps_or_ends_a_connection(
    server: Running, instance: bytes, headers: str, version: str, answers: int
) -> None:
    """As it does the first time; each request is sent after the answer to the one before."""
    sent = request("POST", "/predict", instance, headers).replace(b"HTTP/1.1", f"HTTP/{version}".encode())
    statuses: list[int] = []
    with server.connect() as connection, contextlib.suppress(ConnectionError):
        for _ in range(3):
            connection.sendall(sent)
            statuses += [response.status for response in read(connection, 1)]
    assert statuses == [200] * answers


@pytest.mark.parametrize("headers", ["", "Connection: keep-alive\r\n"])
def test_http_1_0_is_answered_in_http_1_1_and_closed(server: Running, headers: str) -> None:
    """Whatever the client asks for, in the framework's answers as in the server's own refusals."""
    for target, status in (("/health/live", b"200"), ("no-slash", b"400")):
        with server.connect() as connection:
            connection.sendall(f"GET {target} HTTP/1.0\r\n{headers}\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b"\r\nconnection: close\r\n" in answer.lower()


def test_a_connection_is_kept_and_prompt(server: Running, instance: bytes) -> None:
    """Fifty predictions over one connection: the median is far below a delayed acknowledgement (40 ms)."""
    seconds = []
    with server.connect() as connection:
        for _ in range(50):
            before = time.perf_counter()
            connection.sendall(request("POST", "/predict", instance))
            (response,) = read(connection, 1)
            seconds.append(time.perf_counter() - before)
            assert response.status == 200
    assert statistics.median(seconds) < 0.02


def test_a_head_that_is_too_large_is_431(server: Running) -> None:
    """A head with too many bytes or fields is 431; the connection is closed."""
    almost = server.request("GET", "/health/live", headers="X-Large: " + "a" * (MAX_HEAD - 1000) + "\r\n")
    assert almost.status == 200
    for headers in ("X-Large: " + "a" * MAX_HEAD + "\r\n", "".join(f"X-{number}: 1\r\n" for number in range(150))):
        (response,) = server.send(request("GET", "/health/live", headers=headers), responses=2)
        assert response.status == 431


@pytest.mark.parametrize("protocol", ["websocket", "h2c"])
def test_an_upgrade_that_is_not_taken_up_changes_nothing(server: Running, instance: bytes, protocol: str) -> None:
    """An `Upgrade` is ignored, as RFC 9110 allows; HTTP/2 clients may send one with each request, in any number of
    pieces."""
    headers = f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\nHTTP2-Settings: AAMAAABk\r\n"
    data = request("POST", "/predict", instance, headers)
    place = data.index(b"\r\nUpgrade: ")
    for cut in (0, place + 1, place + 2, place + 5, place + 9, place + 10):
        with server.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(data[:cut])
            connection.sendall(data[cut:])
            (response,) = read(connection, 1)
            assert (response.status, response.body) == (200, server.request("POST", "/predict", instance).body)
    assert server.request("GET", "/health/live", headers=headers).status == 200
    assert [response.status for response in server.send(data + data, responses=2)] == [200, 200]


def test_no_server_names_itself(server: Running, instance: bytes) -> None:
    """No answer and no refusal has a Server header."""
    for data in (request("POST", "/predict", instance), request("GET", "/nothing"), b"GET / HTTP/9.9\r\n\r\n"):
        assert ["server" in response.headers for response in server.send(data)] in ([False], [])


def test_bytes_that_are_no_http_are_no_fault(server: Running) -> None:
    """Bytes that are no HTTP are refused or dropped, and the server goes on."""
    for data in (b"\x16\x03\x01\x02\x00", b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 100):
        with server.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            assert all(400 <= response.status < 500 for response in read(connection, 2))
    assert server.request("GET", "/health/live").status == 200
    assert "Traceback" not in server.log.read_text()


def test_header_values_of_any_byte_are_no_fault(servers: dict[str, Running], instance: bytes) -> None:
    """Header values with any byte that HTTP allows, also beyond ASCII, are accepted alike at both doors."""
    for value in ("application/json; x=\xe9", "\xff\xfe", "application/\x80json", "application/json;charset=\xfc"):
        head = f"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: {value}\r\nContent-Length: {len(instance)}\r\n"
        data = f"{head}X-Request-Id: \xe9\r\n\r\n".encode("latin-1") + instance
        (first,), (second,) = (server.send(data) for server in servers.values())
        assert first.status == second.status
        assert first.status in (200, 415)


@pytest.mark.parametrize("form", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("chunks", [b"-6\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}x\r\n0\r\n\r\n", b"zz\r\n\r\n"])
def test_a_faulty_framing_is_the_callers_fault(server: Running, chunks: bytes, form: str) -> None:
    """Invalid framing is 400 at once; the connection is closed, because the next request cannot be found."""
    fields = f"Host: x\r\nContent-Type: {form}\r\nTransfer-Encoding: chunked\r\n"
    head = f"POST /predict HTTP/1.1\r\n{fields}\r\n".encode()
    with server.connect() as connection:
        connection.sendall(head + chunks)
        (response,) = read(connection, 2)
    assert (response.status, response.headers["connection"]) == (400, "close")
    assert b"chunk" in response.body
    assert server.request("GET", "/health/live").status == 200


def test_a_trailer_is_no_header(server: Running, instance: bytes) -> None:
    """A Content-Type in the trailers does not count."""
    head = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"%x\r\n%s\r\n0\r\nContent-Type: application/json\r\n\r\n" % (len(instance), instance)
    with server.connect() as connection:
        connection.sendall(head.encode() + body)
        (response,) = read(connection, 1)
    assert response.status == 415


def test_a_body_that_ends_early_is_400(server: Running) -> None:
    """A client that closes its side within a body, chunked or not, gets 400."""
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
    for data in (head + b"{", chunked(b"{", end=b""), chunked(b"{", end=b"5\r\n12")):
        with server.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            (response,) = read(connection, 1)
        assert (response.status, b"incomplete-body" in response.body) == (400, True)
        assert response.headers["connection"] == "close"
        assert {"server-timing", "cache-control", "x-content-type-options"} <= response.headers.keys()


@pytest.mark.parametrize("field", ["X-Request-Id: abc", "x-request-id: a.b-c_1"])
def test_a_body_that_ends_early_is_refused_under_the_callers_id(server: Running, field: str) -> None:
    """The header and the problem have the request id that was sent."""
    with server.connect() as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + f"{field}\r\nContent-Length: 100\r\n\r\n{{}}".encode()
        )
        connection.shutdown(socket.SHUT_WR)
        (response,) = read(connection, 1)
    given = field.partition(": ")[2]
    assert response.status == 400
    assert (response.headers["x-request-id"], json.loads(response.body)["instance"]) == (given, given)


def test_a_body_of_very_many_chunks_costs_no_more_than_its_size(server: Running) -> None:
    """The time grows linearly. A body of blanks is 400; one byte over the limit is 413."""
    (response,) = server.send(chunked(*[b" "] * 10_000))
    assert (response.status, kind_of(response)) == (400, "malformed-json")
    (response,) = server.send(chunked(*[b" " * 5] * (MAX_BODY // 5 + 1)), responses=2)
    assert response.status == 413


def test_a_body_that_is_mostly_framing_is_refused(server: Running) -> None:
    """A large body in chunks of one byte is refused; the connection is closed."""
    for number in (MOST_FRAMING // 4 + 1, MAX_BODY):
        (response,) = server.send(chunked(*[b" "] * number) + request("GET", "/health/live"), responses=2)
        assert (response.status, kind_of(response)) == (400, "bad-request")


def kind_of(response: Response) -> str:
    """The kind of a problem: the last part of its type."""
    return str(json.loads(response.body)["type"].rpartition(":")[2])

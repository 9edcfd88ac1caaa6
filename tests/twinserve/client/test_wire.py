"""What networks and proxies do, on real connections: each ends with an answer or with an error in our words."""

from __future__ import annotations

import gzip
import json
import pickle
import re
import socket
import ssl
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness.ports import free_port
from tests.twinserve.client.conftest import Open
from tests.twinserve.client.scripted import http, problem, scripted
from twinserve.client import (
    AskedWrongly,
    ConnectionFailed,
    InvalidInput,
    NotFound,
    Problem,
    Retries,
    TimedOut,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
)
from twinserve.service.http.problem import no_such_path

ANSWER = b'{"model":"m","version":"1","label":"a","probabilities":null,"warnings":[]}'
GOOD = http(200, ANSWER)
QUICK = Retries(first=0.01, longest=0.02, total=10)
HTML = b"<html><body>secret stack of a proxy</body></html>"


def test_a_connection_that_breaks_is_made_again(opened: Open) -> None:
    """Before an answer, within its head, and within its body."""
    cut = http(200, ANSWER, length=len(ANSWER) + 10)
    with scripted(b"", b"HTTP/1.1 200 OK\r\nConte", cut, GOOD) as server:
        assert opened(server.url, retries=QUICK).predict({"x": 1})["label"] == "a"
        assert len(server.asked) == 4
        assert len({line for one in server.asked for line in one.split(b"\r\n") if b"equest-" in line}) == 1


def test_a_body_that_is_cut_off_each_time_is_an_error(opened: Open) -> None:
    with scripted(http(200, ANSWER, length=len(ANSWER) + 10)) as server:
        with pytest.raises(ConnectionFailed, match="before its answer was complete") as caught:
            opened(server.url, retries=1).predict({"x": 1})
        assert caught.value.was_sent
        assert len(server.asked) == 2


def test_nobody_listens(opened: Open) -> None:
    client = opened(f"http://127.0.0.1:{free_port()}", retries=Retries(most=2, first=0.01))
    with pytest.raises(ConnectionFailed, match="nobody listens") as caught:
        client.predict({"x": 1})
    assert not caught.value.was_sent
    assert client.ready() is False


def test_a_server_that_says_when_is_asked_then(opened: Open) -> None:
    with scripted(problem("too-many-requests", 429, "Retry-After: 1"), GOOD) as server:
        began = time.monotonic()
        assert opened(server.url, retries=QUICK).predict({"x": 1})["label"] == "a"
        assert time.monotonic() - began >= 1


def test_the_refusal_is_told_when_patience_ends(opened: Open) -> None:
    with scripted(problem("too-many-requests", 429, "Retry-After: 30", "X-Request-Id: one")) as server:
        with pytest.raises(TooManyRequests, match="429 too-many-requests: Told") as caught:
            opened(server.url, retries=QUICK).predict({"x": 1})
        assert (caught.value.retry_after, caught.value.request_id, len(server.asked)) == (30.0, "one", 1)
    with scripted(problem("unavailable", 503, "Retry-After: 1")) as server, pytest.raises(Unavailable):
        opened(server.url, retries=None).predict({"x": 1})


def test_a_proxy_s_page_is_no_answer(opened: Open) -> None:
    """Its text is not in the sentence. What a proxy says of a server that restarts may pass."""
    with scripted(http(502, HTML, "text/html"), GOOD) as server:
        assert opened(server.url, retries=QUICK).predict({"x": 1})["label"] == "a"
    for status in (200, 403, 404, 500, 502):
        with scripted(http(status, HTML, "text/html")) as server:
            with pytest.raises(UnexpectedAnswer, match=rf"/predict answered {status} \(text/html\)") as caught:
                opened(server.url, retries=None).predict({"x": 1})
            assert "secret" not in str(caught.value)
            assert (caught.value.status, caught.value.body) == (status, HTML)


@pytest.mark.parametrize(
    "reply",
    [
        problem("not-found", 404, detail=str(no_such_path())),
        http(404, HTML, "text/html"),
        http(404, b"{}", "application/problem+json"),
    ],
)
def test_a_404_says_what_was_asked(opened: Open, reply: bytes) -> None:
    """Without the query and credentials, and that a prefix may be missing; also after a pickle."""
    with scripted(reply) as server, pytest.raises((NotFound, Problem, UnexpectedAnswer)) as caught:
        opened(server.url + "/ml", key="hidden").predict({"x": 1}, coverage=0.5)
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert f"{server.url}/ml/predict " in str(error)
        assert str(error).endswith("with its prefix?")
        assert not {"coverage", "hidden", "secret"} & set(re.findall(r"\w+", str(error)))


def test_a_404_of_a_model_asks_for_no_prefix(opened: Open) -> None:
    """The service has just answered."""
    with scripted(problem("not-found", 404, detail="There is no model of this name.")) as server:
        with pytest.raises(NotFound) as caught:
            opened(server.url, model="nope").predict({"x": 1})
        assert str(caught.value).endswith(f"\n  {server.url}/models/nope/predict was asked.")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"model":"m"', b"[]", b"null", b'{"a":1}', b'{"model":"m","version":"1"}', b"\xff", b"[" * 100_000],
)
def test_json_that_is_no_answer_is_none(opened: Open, body: bytes) -> None:
    for kind in ("application/json", "application/problem+json"):
        with scripted(http(200, body, kind)) as server, pytest.raises(UnexpectedAnswer):
            opened(server.url).predict({"x": 1})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000])
def test_a_problem_that_is_no_document_is_none(opened: Open, body: bytes) -> None:
    with scripted(http(422, body, "application/problem+json")) as server, pytest.raises(UnexpectedAnswer):
        opened(server.url).predict({"x": 1})


@pytest.mark.parametrize("document", [{}, {"type": 5, "detail": None, "errors": "x"}, {"errors": [1, {"pointer": 7}]}])
def test_another_server_s_problem_is_a_problem(opened: Open, document: object) -> None:
    """Every member of a problem document is optional (RFC 9457)."""
    with scripted(http(418, json.dumps(document).encode(), "application/problem+json; charset=utf-8")) as server:
        with pytest.raises(Problem) as caught:
            opened(server.url).predict({"x": 1})
        assert caught.value.status == 418
        assert str(caught.value)


def test_an_error_that_never_ends_is_cut(opened: Open) -> None:
    """A problem document has a hundred errors at most."""
    with scripted(http(500, b"x" * (8 << 20), "text/html")) as server:
        with pytest.raises(UnexpectedAnswer) as caught:
            opened(server.url).predict({"x": 1})
        assert len(caught.value.body) == 64 * 1024


def test_a_compressed_answer_is_unpacked(opened: Open) -> None:
    with scripted(http(200, gzip.compress(ANSWER), "application/json", "Content-Encoding: gzip")) as server:
        assert opened(server.url).predict({"x": 1})["label"] == "a"
    broken = http(200, b"no gzip", "application/json", "Content-Encoding: gzip")
    with scripted(broken) as server, pytest.raises(UnexpectedAnswer, match="unpacked"):
        opened(server.url).predict({"x": 1})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(opened: Open, status: int) -> None:
    """A key would go wherever it leads; the sentence says where."""
    with scripted(GOOD) as other, scripted(http(status, b"", "text/html", f"Location: {other.url}/predict")) as server:
        with pytest.raises(UnexpectedAnswer, match=f"redirect to '{other.url}/predict'"):
            opened(server.url, key="secret-key").predict({"x": 1})
        assert other.asked == []


def test_a_server_that_is_silent_or_trickles_is_left(opened: Open) -> None:
    """After the timeout, however slowly bytes arrive."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = opened(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3)
        with pytest.raises(TimedOut):
            client.predict({"x": 1})
    assert client.ready() is False


def test_an_ipv6_address(opened: Open) -> None:
    with scripted(GOOD, host="::1") as server:
        assert opened(server.url + "/some/prefix/").predict({"x": 1})["label"] == "a"
        assert server.asked[0].startswith(b"POST /some/prefix/predict HTTP/1.1\r\n")


def test_what_is_sent(opened: Open) -> None:
    """The name of the client, an id, and the key, which is in no sentence and no repr."""
    with scripted(GOOD) as server:
        client = opened(server.url, key="tw.alice.secret")
        client.predict({"ü": 1.5, "at": None}, request_id="one")
        head, _, body = server.asked[0].partition(b"\r\n\r\n")
        lines = {line.lower() for line in head.decode().split("\r\n")}
        assert {"x-api-key: tw.alice.secret", "x-request-id: one", "content-type: application/json"} <= lines
        assert any(line.startswith("user-agent: twinserve-client/") for line in lines)
        assert body == '{"ü":1.5,"at":null}'.encode()
        assert "secret" not in repr(client.client)


@pytest.mark.parametrize("bad", ["", "a b", "a\nb", "ä", 5, b"x"])
def test_a_key_that_no_header_holds_is_refused_and_not_shown(opened: Open, bad: object) -> None:
    for name in ("key", "token"):
        with pytest.raises(AskedWrongly, match=f"{name} is text of visible"):
            opened("http://host", **{name: bad})
    with pytest.raises(AskedWrongly, match="Give one of"):
        opened("http://host", key="a", token="b")


def test_a_certificate_that_is_not_trusted_is_refused_at_once(opened: Open, tmp_path: Path) -> None:
    context = self_signed(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        count = []

        def serve() -> None:
            listener.settimeout(10)
            try:
                while True:
                    connection, _ = listener.accept()
                    count.append(1)
                    try:
                        context.wrap_socket(connection, server_side=True).close()
                    except OSError:
                        connection.close()
            except OSError:
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with pytest.raises(ConnectionFailed, match="certificate is not trusted"):
                opened(f"https://127.0.0.1:{listener.getsockname()[1]}", retries=QUICK).predict({"x": 1})
            assert len(count) == 1
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_door_without_tls_is_told_as_that(opened: Open) -> None:
    """At once, as it would have none at the next attempt."""

    def serve(listener: socket.socket, count: list[int]) -> None:
        listener.settimeout(10)
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                count.append(1)
                with connection, suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(http(400, HTML, "text/html"))

    count: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, count))
        thread.start()
        try:
            with pytest.raises(ConnectionFailed, match=r"the TLS handshake failed \(is it http") as caught:
                opened(f"https://127.0.0.1:{listener.getsockname()[1]}", retries=QUICK).predict({"x": 1})
            assert (len(count), caught.value.is_final) == (1, True)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_handshake_that_takes_too_long_is_tried_again(opened: Open) -> None:
    """A server that is slow may be quicker then, and does speak TLS."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        client = opened(url, timeout=0.2, retries=Retries(most=2, first=0.01, longest=0.02))
        with pytest.raises((ConnectionFailed, TimedOut)) as caught:
            client.predict({"x": 1})
        silent.settimeout(0)
        count = 0
        with suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                count += 1
    assert (count, getattr(caught.value, "is_final", False)) == (3, False)
    assert "http, not" not in str(caught.value)


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate that nobody trusts."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    certificate = made.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "pem").write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pem")
    return context


def test_a_server_that_takes_little_is_sent_little(opened: Open) -> None:
    """A proxy's 413 of no form halves what is sent at once; what a client has learned, it keeps."""

    def reply(request: bytes) -> bytes:
        body = request.partition(b"\r\n\r\n")[2]
        if len(body) > 1000:
            return http(413, HTML, "text/html")
        rows = len(json.loads(body))
        row: dict[str, Any] = {"label": "a", "probabilities": None, "warnings": []}
        return http(200, json.dumps({"model": "m", "version": "1", "predictions": [row] * rows}).encode())

    with scripted(reply) as server:
        client = opened(server.url, at_once=1)
        assert len(client.predict([{"x": "y" * 50}] * 100)["predictions"]) == 100
        refused = len(server.asked)
        assert len(client.predict([{"x": "y" * 50}] * 100)["predictions"]) == 100
        assert len(server.asked) - refused < refused
        with pytest.raises(UnexpectedAnswer, match="413"):
            client.predict([{"x": "y" * 2000}])


def test_the_findings_of_a_hostile_pointer_stay_findings(opened: Open) -> None:
    """Of a list: a pointer into no row, a row of 5,000 digits, no pointer."""
    listed = [
        {"pointer": pointer, "code": "type", "detail": "D"}
        for pointer in ("/x", "//", "", "/٣/a", "/0/a~1b~0", "/" + "9" * 5000)
    ]
    body = {"type": "urn:twinserve:problem:invalid-input", "detail": "6 errors in the input.", "errors": listed}
    with scripted(http(422, json.dumps(body).encode(), "application/problem+json")) as server:
        with pytest.raises(InvalidInput) as caught:
            opened(server.url).predict([{"x": 1}])
        assert [(one.column, one.row) for one in caught.value.findings] == [
            ("x", None),
            (".", None),
            (None, None),
            ("٣.a", None),
            ("a/b~", 0),
            ("9" * 5000, None),
        ]


@pytest.mark.parametrize(
    ("detail", "error"),
    [
        ("9" * 5000 + " errors in the input.", {"pointer": "/0/x", "code": "type"}),
        ("Told.", {"pointer": "", "code": "length", "detail": f"A batch may hold {'9' * 5000} instances at most."}),
    ],
)
def test_numbers_in_sentences_may_have_any_number_of_digits(opened: Open, detail: str, error: object) -> None:
    body = {"type": "urn:twinserve:problem:invalid-input", "detail": detail, "errors": [error]}
    with scripted(http(422, json.dumps(body).encode(), "application/problem+json")) as server:
        with pytest.raises(InvalidInput) as caught:
            opened(server.url).predict([{"x": 1}])
        assert caught.value.total == 1

"""A host app under each server that people run: the same answers, whatever the client does."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness.running import DEADLINE, Running, read, request, wait_for
from harness.swapping import BODY
from tests.hosts.hosting import ENVIRONMENT, JSON, MAX_BODY, SERVERS, STOPS, Answer, Host, app_of, asked, hosting
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.environments]
NAMES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            name.startswith("uwsgi") and ENVIRONMENT.exists() and not (ENVIRONMENT / "uwsgi").exists(),
            reason="uWSGI is not installed: building it needs a C compiler",
        ),
    )
    for name in SERVERS
]
CUTS = {"waitress", "hypercorn"}
"""Servers that cut requests in flight off: waitress does not handle SIGTERM, hypercorn ends its workers by it."""
FOLLOWS = 4.0
"""Seconds: the two of the contract, and as many for a busy machine."""


@pytest.fixture(scope="module", params=NAMES)
def server(request: pytest.FixtureRequest) -> str:
    """The name of a server."""
    return str(request.param)


@pytest.fixture(scope="module")
def own_store(server: str, store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001  # For each.
    """A copy of the store, to promote in."""
    return Path(shutil.copytree(store, tmp_path_factory.mktemp("store") / "copy"))


@pytest.fixture(scope="module")
def host(server: str, own_store: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host with a compiled model."""
    with hosting(server, app_of(server), tmp_path_factory.mktemp("host"), wheel, own_store) as host:
        yield host


def comparable(answer: Answer) -> tuple[int, str, bytes]:
    """What must not depend on the server."""
    return answer.status, answer.type, answer.body


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (BODY, 200),
        (b"[" + BODY + b"," + BODY + b"]", 200),
        (b'{"weight": -1}', 422),
        (b"{", 400),
        (b"", 400),
        (BODY.ljust(MAX_BODY), 200),
        (BODY.ljust(MAX_BODY + 1), 413),
    ],
    ids=["valid", "batch", "invalid", "malformed", "empty", "as large as allowed", "too large"],
)
def test_predictions_are_those_of_our_own_server(host: Host, own_door: Running, body: bytes, status: int) -> None:
    """The same status, type and bytes, the request's id included."""
    ours = Host(own_door).predict(body, "/predict", X_Request_Id="mine")
    theirs = host.predict(body, X_Request_Id="mine")
    assert comparable(theirs) == comparable(ours)
    assert (theirs.status, theirs.one("x-request-id")) == (status, "mine")
    assert theirs.all("content-length") == [str(len(theirs.body))]


def test_the_hosts_own_pages_and_errors_stay_its_own(host: Host) -> None:
    assert json.loads(host.ask("GET", "/own").body) == {"app": "mine"}
    assert json.loads(host.ask("GET", "/ml/nothing").body) == {"mine": "nothing here"}
    assert host.ask("PUT", "/ml/predict").is_problem()


def test_a_body_in_chunks_is_read(host: Host, own_door: Running) -> None:
    """No length is known before."""
    whole = Host(own_door).predict(BODY, "/predict")
    assert comparable(host.predict(iter([BODY[:20], BODY[20:]]))) == comparable(whole)
    assert host.predict(iter([BODY, b" " * MAX_BODY])).status == 413


def test_a_client_that_waits_for_100_continue_gets_it(host: Host) -> None:
    """As curl does with a large body."""
    head = request("POST", "/ml/predict", BODY, "Expect: 100-continue\r\n").removesuffix(BODY)
    with host.server.connect() as connection:
        connection.sendall(head)
        (first,) = read(connection, 1)
        assert first.status == 100
        connection.sendall(BODY)
        (second,) = read(connection, 1)
        assert second.status == 200


def test_head_and_options(host: Host, own_door: Running) -> None:
    """HEAD has the headers of GET and no body; OPTIONS names the methods."""
    head, get = host.ask("HEAD", "/ml/model"), host.ask("GET", "/ml/model")
    assert (head.status, head.body, head.type) == (200, b"", get.type)
    assert head.all("content-length") in ([], get.all("content-length"))
    options, ours = host.ask("OPTIONS", "/ml/predict"), Host(own_door).ask("OPTIONS", "/predict")
    assert (options.status, options.one("allow")) == (204, ours.one("allow"))


def test_a_client_that_leaves_early_harms_nobody(host: Host) -> None:
    """In the middle of its body, ten times; the next is answered."""
    for _ in range(10):
        with host.server.connect() as connection:
            connection.sendall(request("POST", "/ml/predict", BODY)[:-10])
    assert host.predict(BODY).status == 200
    assert "Traceback" not in host.server.log.read_text()


def test_a_connection_is_kept_over_many_requests(host: Host) -> None:
    """Fifty answers, in order, mistakes among them; where the server keeps connections at all."""
    connection = http.client.HTTPConnection("127.0.0.1", host.server.port, timeout=DEADLINE)
    for number in range(50):
        body, status = ((BODY, 200), (b"{", 400), (b"{}", 422))[number % 3]
        answer = asked(connection, "POST", "/ml/predict", body, {**JSON, "X-Request-Id": str(number)})
        assert (answer.status, answer.one("x-request-id")) == (status, str(number))
    connection.close()


def versions(host: Host, requests: int = 12) -> set[Any]:
    """The versions that answer new connections."""
    return {json.loads(host.predict(BODY, Connection="close").body).get("version") for _ in range(requests)}


def test_every_worker_follows_a_promotion(host: Host, own_store: Path) -> None:
    """Within seconds, and without a request that fails."""
    assert versions(host) == {"1"}
    Registry(own_store, "fruit").promote(2)
    wait_for(host.server.process, lambda: versions(host) == {"2"}, FOLLOWS)


def test_sigterm_answers_what_is_in_flight_and_ends(server: str, host: Host) -> None:
    """A request whose body is still arriving is answered, where the server waits. The last test of a server."""
    whole = request("POST", "/ml/predict", BODY, "Connection: close\r\n")
    with host.server.connect() as connection:
        connection.sendall(whole[:-10])
        host.ask("GET", "/own")  # The server has had time to take the first request.
        host.server.process.terminate()
        time.sleep(0.3)  # Nothing tells that the signal has arrived.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(whole[-10:])
        answers = read(connection, 1)
    assert server in CUTS or [answer.status for answer in answers] == [200]
    assert host.server.process.wait(STOPS) in (0, -signal.SIGTERM)

"""Scenarios of a lost issuer and of all faults at once."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

from faults.scenario import Outcome, all_of, scenario
from faults.stage import Stage
from harness import clients, swapping
from harness.accounts import workers
from harness.clients import LOST, REFUSED, Clients, ms, until
from harness.credentials import write_keys, write_signing_key
from harness.fake_issuer import FakeIssuer, issuing
from harness.running import Running, request
from twinserve.service.inference.models.opening import open_model_version
from twinserve.service.telemetry.metrics import Metrics
from twinserve.store.registry import Registry
from twinserve.testing.fakes import body_of, settings_of

SECONDS: Final = 30
EVERY: Final = 1.5
ASKING: Final = 8


@scenario(
    "F23",
    "an issuer that takes a connection and never answers, and one that is not there",
    "the server starts; a token of its own is served as ever; a token of that issuer is 503 within a second",
)
def lost_issuer(stage: Stage) -> Outcome:
    """Only a thread of its own waits for the issuer, no request."""
    with issuing() as issuer:
        issuer.url = issuer.url.replace("127.0.0.1", "localhost")  # So that the log names one port of 127.0.0.1.
        issuer.publish("k")
        issuer.may_answer.clear()
        hanging = _with_issuer(stage, issuer)
    away = _with_issuer(stage, issuer)
    return all_of(*hanging, *away)


def _with_issuer(stage: Stage, issuer: FakeIssuer) -> list[tuple[bool, str]]:
    secret = write_keys(stage.folder / "keys.json", alice="predict")["alice"]
    files = {"keys": stage.folder / "keys.json", "signing_key": write_signing_key(stage.folder)}
    with stage.server(auth="oauth", issuer=issuer.url, access_log=False, **files) as server:
        form = f"grant_type=client_credentials&client_id=alice&client_secret={secret}".encode()
        head = f"POST /oauth/token HTTP/1.1\r\nHost: here\r\nContent-Length: {len(form)}\r\n"
        (given,) = server.send(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + form)
        own = given.body.decode().split('"access_token": "')[1].split('"')[0]
        answers = [(*_ask(server, own, stage.body), 200), (*_ask(server, issuer.token("k"), stage.body), 503)]
    return [(status == wanted and seconds < 1, f"{status} after {ms(seconds)}") for status, seconds, wanted in answers]


def _ask(server: Running, token: str, body: bytes) -> tuple[int, float]:
    began = time.monotonic()
    status = server.request("POST", "/predict", body, f"Authorization: Bearer {token}\r\n").status
    return status, time.monotonic() - began


@scenario(
    "F24",
    f"{SECONDS} s of load on two workers, and every {EVERY:g} s one of: SIGKILL of a worker, SIGSTOP for a second, "
    "a swap, a swap to a damaged version, 100 clients that send half a request",
    "each answer is whole and of a version that was promoted; only requests of a killed worker are lost; afterwards "
    "two workers serve the last champion, and the exit code is 0",
)
def everything(stage: Stage) -> Outcome:
    """Faults in random order, from a fixed seed."""
    registry = stage.copy(stage.models.fruit, swapping.NAME)
    settings = settings_of(artifacts=registry.folder.parent, model=registry.name)
    whole = {body_of(open_model_version(registry, version, settings, Metrics()), swapping.BODY) for version in (1, 2)}
    quiet = {"model": registry.name, "workers": 2, "access_log": False, "receive_timeout": 3}
    with stage.server(settings.artifacts, **quiet) as server:
        asking = Clients(server.port, swapping.BODY, ASKING, lambda status, body: status == 200 and body in whole)
        with clients.asking(asking):
            done = _misfortunes(server, registry)
        registry.promote(2)
        last = body_of(open_model_version(registry, 2, settings, Metrics()), swapping.BODY)
        settled = until(lambda: len(workers(server.process.pid)) == 2 and _all_say(server, last), 20)
        code, log = server.stop(), server.log.read_text()
    seen, kills = asking.seen, done.count("kill")
    lost = seen[LOST] + seen[REFUSED]
    return all_of(
        (seen["wrong"] == 0, f"{seen['200']:,} answers, {seen['wrong']} wrong, in {len(done)} misfortunes"),
        (lost <= kills * ASKING, f"{lost} lost by {kills} kills"),
        (settled is not None, "two workers of the last champion" if settled is not None else "not as before"),
        (code == 0 and "Traceback" not in log, f"exit code {code}, {log.count('Traceback')} tracebacks"),
    )


def _misfortunes(server: Running, registry: Registry) -> list[str]:
    """Inject random faults until the time is over; their names in order."""
    rng, end, idle = random.Random(24), time.monotonic() + SECONDS, list[socket.socket]()  # noqa: S311  # Any will do.

    def kill() -> None:
        if len(running := workers(server.process.pid)) > 1:
            os.kill(rng.choice(running), signal.SIGKILL)

    def stop() -> None:
        number = rng.choice(workers(server.process.pid))
        os.kill(number, signal.SIGSTOP)
        threading.Event().wait(1)
        os.kill(number, signal.SIGCONT)

    def slow() -> None:
        for _ in range(100):
            idle.append(server.connect())
            idle[-1].sendall(request("POST", "/predict", swapping.BODY)[:-3])

    things: dict[str, Callable[[], None]] = {
        "kill": kill,
        "stop": stop,
        "swap": lambda: registry.promote(rng.choice((1, 2))),
        "bad swap": lambda: registry.promote(swapping.DAMAGED),
        "slow": slow,
    }
    done = []
    while time.monotonic() < end:
        done.append(rng.choice([*things]))
        things[done[-1]]()
        threading.Event().wait(EVERY)
    for connection in idle:
        connection.close()
    return done


def _all_say(server: Running, body: bytes) -> bool:
    """Do twenty predictions agree, each over a new connection, so that both workers take some?"""
    try:
        return all(server.request("POST", "/predict", swapping.BODY).body == body for _ in range(20))
    except (OSError, ValueError):
        return False


SCENES: Final = (lost_issuer, everything)
